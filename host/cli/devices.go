package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// devicesCommand is spikegrad devices.
type devicesCommand struct {
	Config string `arg:"" optional:"" help:"Configuration file (TOML): also report how much memory its network takes on each device."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help returns the detailed help.
func (devicesCommand) Help() string {
	return `Lists every Vulkan device with its driver and the limits that determine how large a network it can
run, and the CPU engine, which is always available. The last lines show how to train on several devices
at once, and which device --device auto picks.

Given a configuration, it also reports how much memory the network takes: for the weights and the optimizer state, and for
a batch, with the number of samples and time steps held on the device at once.

Examples:

    spikegrad devices
    spikegrad devices network.toml
    spikegrad devices --json`
}

// deviceList lists what networks can run on.
type deviceList struct {
	Devices     []vulkanDevice `json:"devices"`
	VulkanError string         `json:"vulkan_error"` // why there are no Vulkan devices
	CPU         cpuDevice      `json:"cpu"`
	Auto        autoDevice     `json:"auto"`
	Group       string         `json:"group"`            // two devices, as --device takes them, one of them a GPU if there is one; empty without Vulkan
	Memory      []memoryNeed   `json:"memory,omitempty"` // of the given configuration
}

type vulkanDevice struct {
	Device                  string    `json:"device"` // as --device takes it
	Name                    string    `json:"name"`
	Driver                  string    `json:"driver"`
	DriverInfo              string    `json:"driver_info"`
	Vulkan                  string    `json:"vulkan"`
	Type                    string    `json:"type"`
	Memory                  uint64    `json:"memory_bytes"`
	UnifiedMemory           bool      `json:"unified_memory"`
	SubgroupSize            uint32    `json:"subgroup_size"`
	MaxWorkgroupInvocations uint32    `json:"max_workgroup_invocations"`
	MaxWorkgroupCount       [3]uint32 `json:"max_workgroup_count"`
	MaxSharedMemory         uint32    `json:"max_shared_memory_bytes"`
	MaxStorageBuffers       uint32    `json:"max_storage_buffers"`
	MaxStorageRange         uint64    `json:"max_storage_range_bytes"`
	MaxAllocation           uint64    `json:"max_allocation_bytes"`
}

type cpuDevice struct {
	Architecture string `json:"architecture"`
	Processors   int    `json:"processors"`
	Instructions string `json:"instructions"` // of the inner loops
}

type autoDevice struct {
	Device string `json:"device"`
	Reason string `json:"reason"`
}

// Run lists the devices.
func (c *devicesCommand) Run(a *app) error {
	list, err := listDevices()
	if err != nil {
		return err
	}
	if c.Config != "" {
		config, err := readConfig(c.Config, "")
		if err != nil {
			return err
		}
		n, err := train.Sized(&config)
		if err != nil {
			return err
		}
		list.Memory = memoryNeeds(&config, n)
	}
	if c.JSON {
		return writeJSON(a.out, list)
	}
	if err := list.write(a); err != nil || len(list.Memory) == 0 {
		return err
	}
	fmt.Fprintf(a.out, "\nmemory used by the network in %s:\n", c.Config)
	return writeMemory(a.out, list.Memory)
}

func listDevices() (*deviceList, error) {
	list := &deviceList{
		Devices: []vulkanDevice{},
		CPU:     cpuDevice{runtime.GOARCH, runtime.GOMAXPROCS(0), string(cpuref.UsedInstructions())},
	}
	found, err := vulkanChoices()
	if err != nil {
		list.VulkanError = oneLine(err)
	}
	if len(found) > 0 {
		partner := found[max(0, slices.IndexFunc(found, func(c engine.Choice) bool { return !c.Software() }))]
		list.Group = "cpu+" + partner.Name()
	}
	for _, choice := range found {
		info := choice.Info
		list.Devices = append(list.Devices, vulkanDevice{
			Device: choice.Name(), Name: info.Name,
			Driver: info.Driver, DriverInfo: info.DriverInfo, Vulkan: info.VersionString(), Type: info.Type.String(),
			Memory: info.DeviceMemory, UnifiedMemory: info.UnifiedMemory, SubgroupSize: info.SubgroupSize,
			MaxWorkgroupInvocations: info.MaxWorkgroupInvocations, MaxWorkgroupCount: info.MaxWorkgroupCount,
			MaxSharedMemory: info.MaxSharedMemory, MaxStorageBuffers: info.MaxStorageBuffers,
			MaxStorageRange: info.MaxStorageRange, MaxAllocation: info.MaxAllocation,
		})
	}
	choice, err := engine.Choose("auto")
	if err != nil {
		return nil, err
	}
	list.Auto = autoDevice{choice.Name(), choice.Reason}
	return list, nil
}

// vulkanChoices returns all Vulkan devices; the error says why there are none.
func vulkanChoices() ([]engine.Choice, error) {
	var found []engine.Choice
	for {
		choice, err := engine.Choose(fmt.Sprintf("vulkan:%d", len(found)))
		if err != nil && len(found) == 0 {
			return nil, err
		}
		if err != nil {
			return found, nil
		}
		found = append(found, choice)
	}
}

func (l *deviceList) write(a *app) error {
	var t table
	t.row("DEVICE", "NAME", "DRIVER", "TYPE", "MEMORY", "SUBGROUP", "WORKGROUP", "SHARED", "BUFFER", "ALLOCATION")
	for _, d := range l.Devices {
		memory := bytesText(d.Memory)
		if d.UnifiedMemory {
			memory += " unified"
		}
		t.row(d.Device, d.Name, fmt.Sprintf("%s %s, Vulkan %s", d.Driver, d.DriverInfo, d.Vulkan), d.Type, memory,
			fmt.Sprint(d.SubgroupSize), fmt.Sprint(d.MaxWorkgroupInvocations), bytesText(uint64(d.MaxSharedMemory)),
			bytesText(d.MaxStorageRange), bytesText(d.MaxAllocation))
	}
	processors := "processors"
	if l.CPU.Processors == 1 {
		processors = "processor"
	}
	t.row("cpu", fmt.Sprintf("%d %s", l.CPU.Processors, processors), l.CPU.Architecture+" "+l.CPU.Instructions, "cpu", "", "", "", "", "", "")
	if err := t.write(a.out); err != nil {
		return err
	}
	if l.VulkanError != "" {
		fmt.Fprintln(a.out, "no Vulkan device:", l.VulkanError)
	}
	if l.Group != "" {
		fmt.Fprintf(a.out, "to use several devices, with the same results: --device %s\n", l.Group)
	}
	_, err := fmt.Fprintf(a.out, "auto picks %s: %s\n", l.Auto.Device, l.Auto.Reason)
	return err
}

// choose finds the device that a flag names. Everything that runs networks starts here.
func choose(device string) (engine.Choice, error) {
	if err := checkAddresses(engine.AddressLimit()); err != nil {
		return engine.Choice{}, err
	}
	choice, err := engine.Choose(device)
	if err != nil && !isVulkanName(device) {
		return choice, usageError{err}
	}
	return choice, err
}

// isVulkanName reports whether a name refers to a Vulkan device, present or not, or to a group
// with one.
func isVulkanName(device string) bool {
	const prefix = "vulkan:"
	for name := range strings.SplitSeq(device, "+") {
		if len(name) > len(prefix) && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// chooseOne is choose for commands that run on one device only; why says why several will
// not do.
func chooseOne(device, why string) (engine.Choice, error) {
	choice, err := choose(device)
	if err == nil && len(choice.Members) > 0 {
		return choice, usageError{fmt.Errorf("--device %s: %s; name one device", device, why)}
	}
	return choice, err
}

// opener returns a function that opens engines on the chosen device or group of devices.
func opener(choice engine.Choice) func(*network.Network, engine.Options) (engine.Engine, error) {
	choice = tuned(choice)
	return func(n *network.Network, options engine.Options) (engine.Engine, error) {
		options.CacheDir = pipelineCache()
		return choice.Open(n, options)
	}
}

// pipelineCache is the folder of compiled pipelines; empty if the user has no cache folder.
func pipelineCache() string {
	folder, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "spikegrad", "pipelines")
}
