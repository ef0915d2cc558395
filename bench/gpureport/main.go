// Command gpureport compiles every pipeline with the compiler of a GPU that need not be
// present, and writes a table of the results: registers, spills, occupancy, and a
// prediction from bytes and operations. Mesa's radv offers such a device: with
// RADV_FORCE_FAMILY it pretends to drive a GPU of that family, and compiles for it.
//
//	gpureport OUTPUT.md
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"spikegrad/bench"
	"spikegrad/gpu"
)

// family is the GPU family that radv compiles for; see [navi21] for the GPU of the
// predictions.
const family = "NAVI21"

// childVariable is set in the process that compiles.
const childVariable = "SPIKEGRAD_COMPILE_ONLY"

func main() {
	var err error
	switch {
	case os.Getenv(childVariable) != "":
		err = child()
	case len(os.Args) == 2:
		err = report(os.Args[1])
	default:
		fmt.Fprintln(os.Stderr, "usage: gpureport OUTPUT.md")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gpureport:", err)
		os.Exit(1)
	}
	os.Exit(0) // leaves the device open: without hardware it cannot be closed
}

// child compiles, and writes what it found to standard output.
func child() error {
	device, err := gpu.Open(0, gpu.Options{CompileOnly: true, Profile: true})
	if err != nil {
		return err
	}
	all, err := compile(device, bench.Shapes())
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(all)
}

// compileInChild runs this program, or its test, once more with radv as the only driver.
func compileInChild() ([]compiled, error) {
	manifests, err := filepath.Glob("/usr/share/vulkan/icd.d/radeon_icd*.json")
	if err != nil || len(manifests) == 0 {
		return nil, fmt.Errorf("no /usr/share/vulkan/icd.d/radeon_icd*.json: the report needs Mesa's radv; on Debian and Ubuntu apt install mesa-vulkan-drivers")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), childVariable+"=1", "RADV_FORCE_FAMILY="+family, "RADV_DEBUG=nocache",
		"VK_DRIVER_FILES="+manifests[0], "VK_ICD_FILENAMES="+manifests[0])
	var errors bytes.Buffer
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("compiling: %w: %s", err, strings.TrimSpace(errors.String()))
	}
	var all []compiled
	return all, json.Unmarshal(out, &all)
}

// report has a child compile, and writes the page.
func report(path string) error {
	all, err := compileInChild()
	if err != nil {
		return err
	}
	predictions, err := predict()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(page(all, predictions)), 0o644); err != nil {
		return err
	}
	for _, c := range all {
		if c.spills() > 0 {
			return fmt.Errorf("%s (%s) spills %d registers: see %s", c.Kernel, c.About, c.spills(), path)
		}
	}
	fmt.Printf("%d pipelines, none of which spills: %s\n", len(all), path)
	return nil
}
