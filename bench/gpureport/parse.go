package main

import (
	"fmt"
	"strconv"
	"strings"
)

// compiled is what the compiler reports about one pipeline.
type compiled struct {
	kernel string
	about  string         // shapes and layers that use it
	stats  map[string]int // by the driver's names
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

func (c *compiled) spills() int { return c.stats[statSpilledVGPRs] + c.stats[statSpilledSGPRs] }

// parse reads the driver's output. A pipeline without numbers is identical to an earlier
// one of the same kernel, and was not compiled again.
func parse(log string) ([]compiled, error) {
	var all []compiled
	for _, part := range strings.Split(log, marker)[1:] {
		head, rest, _ := strings.Cut(part, "\n")
		kernel, about, ok := strings.Cut(head, "|")
		if !ok {
			return nil, fmt.Errorf("the mark %q has no |", head)
		}
		stats := map[string]int{}
		for line := range strings.SplitSeq(rest, "\n") {
			name, value, ok := strings.Cut(line, ": ")
			if number, err := strconv.Atoi(strings.TrimSpace(value)); ok && err == nil {
				stats[name] = number
			}
		}
		if len(stats) == 0 {
			continue
		}
		for _, name := range []string{statVGPRs, statSGPRs, statSpilledVGPRs, statSpilledSGPRs, statSubgroups, statThroughput} {
			if _, ok := stats[name]; !ok {
				return nil, fmt.Errorf("the driver says no %q of %s: another version of Mesa names it differently", name, kernel)
			}
		}
		all = append(all, compiled{kernel, about, stats})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the driver said nothing about its pipelines: %s", last(log))
	}
	return all, nil
}

// last returns the last line that is not empty.
func last(log string) string {
	lines := strings.FieldsFunc(log, func(r rune) bool { return r == '\n' })
	if len(lines) == 0 {
		return "no output"
	}
	return lines[len(lines)-1]
}
