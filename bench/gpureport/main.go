// Command gpureport compiles every pipeline with the compiler of a GPU that need not be
// present, and writes a table of the results: registers, spills, occupancy, and a
// prediction from bytes and operations. Mesa's radv offers such a device: with
// RADV_FORCE_FAMILY it pretends to drive a GPU of that family, and compiles for it.
//
//	gpureport OUTPUT.md
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

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

// child compiles; the driver writes its numbers to standard error, between our markers.
func child() error {
	device, err := gpu.Open(0, gpu.Options{CompileOnly: true})
	if err != nil {
		return err
	}
	return compile(device, bench.Shapes(), os.Stderr)
}

// report runs a child that compiles, and writes the page.
func report(path string) error {
	manifests, err := filepath.Glob("/usr/share/vulkan/icd.d/radeon_icd*.json")
	if err != nil || len(manifests) == 0 {
		return fmt.Errorf("no /usr/share/vulkan/icd.d/radeon_icd*.json: the report needs Mesa's radv; on Debian and Ubuntu apt install mesa-vulkan-drivers")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), childVariable+"=1", "RADV_FORCE_FAMILY="+family, "RADV_DEBUG=shaderstats,nocache",
		"VK_DRIVER_FILES="+manifests[0], "VK_ICD_FILENAMES="+manifests[0])
	var log bytes.Buffer
	command.Stderr = &log
	command.Stdout = &log
	if err := command.Run(); err != nil {
		return fmt.Errorf("compiling: %w: %s", err, last(log.String()))
	}
	compiled, err := parse(log.String())
	if err != nil {
		return err
	}
	predictions, err := predict()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(page(compiled, predictions)), 0o644); err != nil {
		return err
	}
	for _, c := range compiled {
		if c.spills() > 0 {
			return fmt.Errorf("%s (%s) spills %d registers: see %s", c.kernel, c.about, c.spills(), path)
		}
	}
	fmt.Printf("%d pipelines, none of which spills: %s\n", len(compiled), path)
	return nil
}
