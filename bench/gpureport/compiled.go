package main

import (
	"fmt"
	"strconv"

	"spikegrad/gpu"
)

// compiled is what the compiler reports about one pipeline.
type compiled struct {
	Kernel string
	About  string         // the first shape and layer that use it
	Stats  map[string]int // by the driver's names; whole numbers only
}

// The driver's names that the report needs.
const (
	statVGPRs, statSGPRs               = "VGPRs", "SGPRs"
	statSpilledVGPRs, statSpilledSGPRs = "Spilled VGPRs", "Spilled SGPRs"
	statLDS, statScratch               = "LDS size", "Scratch size"
	statSubgroups                      = "Subgroups per SIMD"
	statInstructions, statCode         = "Instructions", "Code size"
	statLatency, statThroughput        = "Latency", "Inverse Throughput"
)

func (c *compiled) spills() int { return c.Stats[statSpilledVGPRs] + c.Stats[statSpilledSGPRs] }

// newCompiled reads what the driver reports. It fails if a number that the report needs is missing.
func newCompiled(kernel, about string, statistics []gpu.Statistic) (compiled, error) {
	c := compiled{kernel, about, map[string]int{}}
	for _, s := range statistics {
		if number, err := strconv.Atoi(s.Value); err == nil {
			c.Stats[s.Name] = number
		}
	}
	for _, name := range []string{statVGPRs, statSGPRs, statSpilledVGPRs, statSpilledSGPRs, statSubgroups, statThroughput} {
		if _, ok := c.Stats[name]; !ok {
			return c, fmt.Errorf("the driver reports no %q of %s: another version of Mesa may name it differently", name, kernel)
		}
	}
	return c, nil
}
