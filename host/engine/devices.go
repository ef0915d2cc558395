package engine

import (
	"fmt"
	"strconv"
	"strings"

	"spikegrad/gpu"
	"spikegrad/host/network"
)

// Choice is the device, or the devices, that a name stands for.
type Choice struct {
	Vulkan  bool           // false: the CPU engine
	Info    gpu.DeviceInfo // of the Vulkan device
	Reason  string         // why this device was chosen
	Members []Choice       // of a [Group]; if set, the other fields are ignored
	// Tuning is the default of [Options.Tuning] for the device.
	Tuning gpu.Tuning
}

// CPU reports whether the choice is the CPU engine alone.
func (c *Choice) CPU() bool { return !c.Vulkan && len(c.Members) == 0 }

// Software reports whether the device is a driver that computes on the processor.
func (c *Choice) Software() bool { return c.Vulkan && c.Info.Type == gpu.Software }

// Name is the name by which [Choose] finds the choice.
func (c *Choice) Name() string {
	switch {
	case len(c.Members) > 0:
		var names []string
		for i := range c.Members {
			names = append(names, c.Members[i].Name())
		}
		return strings.Join(names, "+")
	case c.Vulkan:
		return fmt.Sprintf("vulkan:%d", c.Info.Index)
	}
	return "cpu"
}

// Choose finds the device that a name stands for: auto, cpu, vulkan:N (the number that Enumerate
// gives), vulkan:NAME (part of the name of the device or driver, in any case), or several of these
// joined by +. Auto takes a discrete GPU, then an integrated or virtual one, else the CPU engine; a
// software driver is only used if named.
func Choose(device string) (Choice, error) {
	if names := strings.Split(device, "+"); len(names) > 1 {
		return chooseGroup(device, names)
	}
	if device == "cpu" {
		return Choice{Reason: "it was named"}, nil
	}
	wanted, named := strings.CutPrefix(device, "vulkan:")
	if device != "auto" && (!named || wanted == "") {
		return Choice{}, fmt.Errorf("device %q is unknown; want auto, cpu, vulkan:N or vulkan:NAME, or several joined by + (see spikegrad devices)", device)
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

// chooseGroup finds the devices of a group, each once.
func chooseGroup(device string, names []string) (Choice, error) {
	group := Choice{Reason: "they were named"}
	for _, name := range names {
		if name == "auto" {
			return Choice{}, fmt.Errorf("device %q: auto chooses one device; name each of a group", device)
		}
		choice, err := Choose(name)
		if err != nil {
			return Choice{}, err
		}
		for i := range group.Members {
			if group.Members[i].Name() == choice.Name() {
				return Choice{}, fmt.Errorf("device %q names %s twice: name each device once", device, choice.Name())
			}
		}
		group.Members = append(group.Members, choice)
	}
	return group, nil
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
	return Choice{}, fmt.Errorf("device \"vulkan:%s\" not found; this machine has %s", wanted, strings.Join(list, "; "))
}

// Open makes an engine for a network on a named device; see [Choose].
func Open(n *network.Network, device string, options Options) (Engine, error) {
	choice, err := Choose(device)
	if err != nil {
		return nil, err
	}
	return choice.Open(n, options)
}

// Open makes an engine for a network on the device, or a [Group] on the devices.
func (c *Choice) Open(n *network.Network, options Options) (Engine, error) {
	if len(c.Members) > 0 {
		var engines []Engine
		for i := range c.Members {
			e, err := c.Members[i].Open(n, options)
			if err != nil {
				for _, opened := range engines {
					_ = opened.Close()
				}
				return nil, err
			}
			engines = append(engines, e)
		}
		return NewGroup(n, engines), nil
	}
	if !c.Vulkan {
		return NewCPU[float32](n, options)
	}
	if options.Tuning.None() {
		options.Tuning = c.Tuning
	}
	return OpenVulkan(n, c.Info.Index, options)
}

// OpenBy makes an engine with the given function, or the CPU engine if it is nil.
func OpenBy(open func(n *network.Network, options Options) (Engine, error), n *network.Network, options Options) (Engine, error) {
	if open == nil {
		return NewCPU[float32](n, options)
	}
	return open(n, options)
}
