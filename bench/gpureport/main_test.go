package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"spikegrad/gpu"
	"spikegrad/kernels"
)

// TestMain is the child that compiles, too.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		if err := child(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0) // leaves the device open: without hardware it cannot be closed
	}
	os.Exit(m.Run())
}

// TestEveryKernelCompiles compiles all kernels for a GPU that is not there: the driver reports numbers
// of each, and none spills registers.
func TestEveryKernelCompiles(t *testing.T) {
	all, err := compileInChild()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range all {
		names = append(names, c.Kernel)
		if c.Stats[statInstructions] < 10 || c.Stats[statVGPRs] < 1 {
			t.Errorf("%s (%s) has the numbers %v", c.Kernel, c.About, c.Stats)
		}
		if c.spills() > 0 {
			t.Errorf("%s (%s) spills %d registers", c.Kernel, c.About, c.spills())
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); !slices.Equal(names, kernels.Names()) {
		t.Errorf("kernels %v, want all: %v", names, kernels.Names())
	}
}

// TestNewCompiledRefuses leaves out a number that the report needs.
func TestNewCompiledRefuses(t *testing.T) {
	given := []gpu.Statistic{{Name: statVGPRs, Value: "24"}, {Name: statSGPRs, Value: "128"}, {Name: statSpilledSGPRs, Value: "0"},
		{Name: statSpilledVGPRs, Value: "3"}, {Name: statSubgroups, Value: "16"}, {Name: statThroughput, Value: "7"}, {Name: "share", Value: "0.5"}}
	c, err := newCompiled("a", "one", given)
	if err != nil || c.Stats[statVGPRs] != 24 || c.spills() != 3 {
		t.Errorf("%+v, %v", c, err)
	}
	for i := range 6 {
		if _, err := newCompiled("a", "one", slices.Delete(slices.Clone(given), i, i+1)); err == nil || !strings.Contains(err.Error(), given[i].Name) {
			t.Errorf("without %s: error %v", given[i].Name, err)
		}
	}
}
