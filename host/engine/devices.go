package engine

import (
	"fmt"
	"strconv"
	"strings"

	"spikegrad/gpu"
	"spikegrad/host/network"
)

// Choice is the device that a name stands for.
type Choice struct {
	Vulkan bool           // false: the CPU engine
	Info   gpu.DeviceInfo // of the Vulkan device
	Reason string         // why this device was taken
}

// Choose finds the device that a name stands for: auto, cpu, vulkan:N (the number
// that Enumerate gives) or vulkan:NAME (part of the name of device or driver, in any
// case). Auto takes a discrete GPU, then an integrated or virtual one, else the CPU
// engine; a software driver is taken only when it is named.
func Choose(device string) (Choice, error) {
	if device == "cpu" {
		return Choice{Reason: "it was named"}, nil
	}
	wanted, named := strings.CutPrefix(device, "vulkan:")
	if device != "auto" && (!named || wanted == "") {
		return Choice{}, fmt.Errorf("device %q is unknown: there are auto, cpu, vulkan:N and vulkan:NAME (see spikegrad devices)", device)
	}
	infos, err := gpu.Enumerate()
	if named {
		if err != nil {
			return Choice{}, fmt.Errorf("device %q needs Vulkan: %w", device, err)
		}
		return find(wanted, infos)
	}
	if err != nil {
		return Choice{Reason: "no Vulkan device: " + err.Error()}, nil
	}
	for _, kind := range []gpu.DeviceType{gpu.Discrete, gpu.Integrated, gpu.Virtual} {
		for _, info := range infos {
			if info.Type == kind {
				return Choice{Vulkan: true, Info: info, Reason: fmt.Sprintf("the first %s GPU", kind)}, nil
			}
		}
	}
	return Choice{Reason: "no GPU; software Vulkan drivers are slower than the CPU engine and are taken only when named"}, nil
}

// find looks for a device by number or by part of its name.
func find(wanted string, infos []gpu.DeviceInfo) (Choice, error) {
	number, err := strconv.Atoi(wanted)
	var list []string
	for _, info := range infos {
		byName := strings.Contains(strings.ToLower(info.Name+" "+info.Driver), strings.ToLower(wanted))
		if err == nil && number == info.Index || err != nil && byName {
			return Choice{Vulkan: true, Info: info, Reason: "it was named"}, nil
		}
		list = append(list, fmt.Sprintf("vulkan:%d %s", info.Index, info.Name))
	}
	return Choice{}, fmt.Errorf("device \"vulkan:%s\" was not found: there are %s", wanted, strings.Join(list, "; "))
}

// Open makes an engine for a network on a named device; see [Choose].
func Open(n *network.Network, device string, options Options) (Engine, error) {
	choice, err := Choose(device)
	if err != nil {
		return nil, err
	}
	if !choice.Vulkan {
		return NewCPU[float32](n, options)
	}
	return OpenVulkan(n, choice.Info.Index, options)
}

// OpenBy makes an engine by a function, or the CPU engine if that is nil.
func OpenBy(open func(n *network.Network, options Options) (Engine, error), n *network.Network, options Options) (Engine, error) {
	if open == nil {
		return NewCPU[float32](n, options)
	}
	return open(n, options)
}
