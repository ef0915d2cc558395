package engine

import (
	"strings"

	"spikegrad/gpu"
)

// Compiled is what a driver reports of a compiled kernel, such as registers and local memory.
type Compiled struct {
	Kernel     string          `json:"kernel"`
	Statistics []gpu.Statistic `json:"statistics"`
}

// String lists the statistics, without hashes.
func (c Compiled) String() string {
	var list []string
	for _, s := range c.Statistics {
		if !strings.Contains(strings.ToLower(s.Name), "hash") {
			list = append(list, s.Name+" "+s.Value)
		}
	}
	return strings.Join(list, ", ")
}

// Compiled returns what the driver reports of the kernels of the device, for an engine opened with
// Profile; drivers without VK_KHR_pipeline_executable_properties report nothing.
func (e *Vulkan) Compiled() ([]Compiled, error) {
	var list []Compiled
	for _, p := range e.device.Pipelines() {
		statistics, err := p.Statistics()
		if err != nil {
			return nil, err
		}
		if len(statistics) > 0 {
			list = append(list, Compiled{p.Name(), statistics})
		}
	}
	return list, nil
}
