package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"spikegrad/bench"
	"spikegrad/host/atomicfile"
	"spikegrad/host/engine"
)

// tuneCommand is spikegrad tune.
type tuneCommand struct {
	Device string `required:"" help:"Device to tune: auto, vulkan:N or vulkan:NAME (see 'spikegrad devices')." placeholder:"DEVICE"`
	Repeat int    `default:"5" help:"Number of measurements of each setting." placeholder:"N"`
	Forget bool   `help:"Remove the stored settings for the device instead."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help returns the detailed help.
func (tuneCommand) Help() string {
	return `Times every kernel on a Vulkan device with several workgroup sizes, and all kernels with and without three
variations: input sums in a separate kernel, recurrent spikes through shared memory, prefetching one step ahead. Settings clearly
faster than the default are stored in your cache folder, where all commands find them. None changes a result: for each setting,
all bits are first compared with the reference. Settings are specific to the driver version; tune again after an update.

Examples:

    spikegrad tune --device vulkan:0
    spikegrad tune --device vulkan:0 --forget`
}

// Run measures and stores the sizes.
func (c *tuneCommand) Run(a *app) error {
	if c.Repeat < 1 {
		return usageError{fmt.Errorf("--repeat %d: must be at least 1", c.Repeat)}
	}
	choice, err := chooseOne(c.Device, "kernels are tuned on one device at a time")
	if err != nil {
		return err
	}
	if !choice.Vulkan {
		return usageError{errors.New("the CPU engine has no workgroups to tune: name a Vulkan device, as 'spikegrad devices' lists them")}
	}
	path := tuningFile(choice)
	if path == "" {
		return errors.New("there is no cache folder to store the settings in: set HOME or XDG_CACHE_HOME")
	}
	if c.Forget {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	tuning, err := bench.Tune(a.ctx, bench.Options{Device: c.Device, Choice: choice, Repeats: c.Repeat, CacheDir: pipelineCache()},
		func(message string) { fmt.Fprintln(a.notes, message) })
	if err != nil {
		return err
	}
	if err := atomicfile.Folder(filepath.Dir(path)); err != nil {
		return err
	}
	if err := atomicfile.WriteJSON(path, tuning); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.out, tuning)
	}
	return writeTuning(a, tuning, path)
}

func writeTuning(a *app, tuning *bench.Tuning, path string) error {
	var t table
	t.row("KERNEL", "MS BY NUMBER OF LANES", "CHOSEN")
	for _, k := range tuning.Kernels {
		list := make([]string, len(k.Lanes))
		for i, lanes := range k.Lanes {
			list[i] = fmt.Sprintf("%s: %.4g", lanesText(lanes), k.MS[i])
		}
		t.row(k.Name, strings.Join(list, "  "), lanesText(k.Group))
	}
	if err := t.write(a.out); err != nil {
		return err
	}
	fmt.Fprintln(a.out)
	var forms table
	forms.row("FORM", "MS WITHOUT", "MS WITH", "CHOSEN")
	for _, f := range tuning.MeasuredForms {
		chosen := "without"
		if f.Taken {
			chosen = "with"
		}
		forms.row(f.Name, fmt.Sprintf("%.4g", f.Without), fmt.Sprintf("%.4g", f.With), chosen)
	}
	if err := forms.write(a.out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "\n%d of %d kernels are faster with a size other than their default\nstored in %s\n", len(tuning.Groups), len(tuning.Kernels), path)
	return err
}

func lanesText(lanes uint32) string {
	if lanes == 0 {
		return "own"
	}
	return fmt.Sprint(lanes)
}

// tuningFile is where the tuning of a device is stored. Its name contains everything that
// would invalidate the tuning; it is empty without a cache folder.
func tuningFile(choice engine.Choice) string {
	folder := pipelineCache()
	if folder == "" {
		return ""
	}
	info := &choice.Info
	return filepath.Join(folder, fmt.Sprintf("%x-%08x-%08x-%08x.tuning.json", info.UUID, info.VendorID, info.DeviceID, info.DriverVersion))
}

// tuned is a choice with what was found for its devices.
func tuned(choice engine.Choice) engine.Choice {
	if choice.Vulkan {
		choice.Tuning = storedTuning(choice).Tuning
	}
	choice.Members = slices.Clone(choice.Members)
	for i, member := range choice.Members {
		choice.Members[i] = tuned(member)
	}
	return choice
}

// storedTuning is what was found for a device. A file that is missing or damaged is no error:
// kernels then choose for themselves.
func storedTuning(choice engine.Choice) (tuning bench.Tuning) {
	path := tuningFile(choice)
	if path == "" {
		return bench.Tuning{}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return bench.Tuning{}
	}
	if json.Unmarshal(text, &tuning) != nil || !tuning.Fits(&choice.Info) {
		return bench.Tuning{}
	}
	return tuning
}
