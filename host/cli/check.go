package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"spikegrad/host/check"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// checkCommand is spikegrad check.
type checkCommand struct {
	Device     string `default:"all" help:"Device to check: all (in turn), cpu, vulkan:N or vulkan:NAME (see 'spikegrad devices'). Several joined by + share each batch."`
	Quick      bool   `help:"Check fewer and smaller networks."`
	Random     int    `help:"Check N random networks instead of the fixed ones." placeholder:"N"`
	Seed       uint32 `default:"1" help:"With --random: seed of the networks." placeholder:"S"`
	Network    string `help:"Check the network in this file instead, as printed by --random." placeholder:"FILE"`
	Validation bool   `help:"Load the Vulkan validation layer; any message from it counts as a failure."`
	JSON       bool   `name:"json" help:"Print JSON."`
}

// Help returns the detailed help.
func (checkCommand) Help() string {
	return `Trains a set of small networks, covering every kind and awkward sizes, on the CPU engine and on each
device, and compares their spikes, membrane potentials, losses, gradients, weights and optimizer states bit for bit.
The CPU engine is itself checked with several worker counts. Exits with status 1 if anything differs.

With --random, networks of all kinds are drawn at random, with up to 3 layers of 130 neurons, 70 inputs,
33 classes, 70 steps and 40 samples, and split into random passes and segments. If one differs, the smallest
network found that shows the difference is printed as TOML; --network runs it again.

Examples:

    spikegrad check
    spikegrad check --random 100 --seed 7
    spikegrad check --quick --device vulkan:0
    spikegrad check --validation --json`
}

// checkResult is what --json prints.
type checkResult struct {
	Devices []checkedDevice `json:"devices"`
	Skipped int             `json:"skipped,omitempty"` // random networks in which numbers overflow
	OK      bool            `json:"ok"`
}

type checkedDevice struct {
	Device    string            `json:"device"` // as --device takes it
	Name      string            `json:"name"`
	Driver    string            `json:"driver"`
	Cases     int               `json:"cases"`
	Values    int               `json:"values"`
	Different int               `json:"different"`
	Seconds   float64           `json:"seconds"`
	First     *check.Difference `json:"first_difference"`
	Smallest  string            `json:"smallest,omitempty"` // random network that shows a difference, as TOML
	Error     string            `json:"error"`              // what stopped the check of this device early
}

// Run runs the comparison.
func (c *checkCommand) Run(a *app) error {
	if err := c.valid(); err != nil {
		return usageError{err}
	}
	choices, err := c.choices(a)
	if err != nil {
		return err
	}
	var candidates []check.Candidate
	for _, choice := range choices {
		candidates = append(candidates, c.candidate(choice))
	}
	found, err := c.compare(a, candidates)
	if err != nil {
		return err
	}
	result := checkResult{OK: true, Skipped: found.Skipped}
	for i := range found.Reports {
		r := &found.Reports[i]
		result.OK = result.OK && r.OK()
		device := checkedDevice{
			Device: choices[i].Name(), Name: r.Device.Device, Driver: r.Device.Driver,
			Cases: r.Cases, Values: r.Values, Different: r.Different, Seconds: r.Seconds, First: r.First,
		}
		if device.Name == "" {
			device.Name, device.Driver = choices[i].Info.Name, choices[i].Info.Driver
		}
		if r.Err != nil {
			device.Error = oneLine(r.Err)
		}
		if found.Smallest[i] != nil {
			device.Smallest = found.Smallest[i].TOML()
		}
		result.Devices = append(result.Devices, device)
	}
	if err := result.write(a, c.JSON); err != nil {
		return err
	}
	if !result.OK {
		return errDifferent
	}
	return nil
}

// valid rejects flags that do not go together.
func (c *checkCommand) valid() error {
	switch {
	case c.Random < 0:
		return fmt.Errorf("--random %d: at least 1 network is needed", c.Random)
	case c.Random > 0 && c.Network != "", c.Quick && (c.Random > 0 || c.Network != ""):
		return errors.New("give only one of --quick, --random and --network")
	}
	return nil
}

// compare checks the requested networks.
func (c *checkCommand) compare(a *app, candidates []check.Candidate) (found check.RandomReport, err error) {
	if c.Network != "" {
		text, err := os.ReadFile(c.Network)
		if err != nil {
			return found, fmt.Errorf("cannot read the network: %w", err)
		}
		drawn, err := check.ReadDrawn(text, c.Network)
		if err != nil {
			return found, err
		}
		return check.One(a.ctx, drawn, candidates)
	}
	if c.Random > 0 {
		shown := newCaseProgress(a, c.Random)
		defer shown.close()
		return check.RandomFamily(a.ctx, c.Seed, c.Random, candidates, shown.done)
	}
	cases := check.Cases(c.Quick)
	shown := newCaseProgress(a, len(cases))
	defer shown.close()
	found.Reports, err = check.Family(a.ctx, cases, candidates, shown.done)
	found.Smallest = make([]*check.Drawn, len(candidates))
	return found, err
}

// choices returns the devices to check.
func (c *checkCommand) choices(a *app) ([]engine.Choice, error) {
	if c.Device != "all" {
		choice, err := choose(c.Device)
		return []engine.Choice{choice}, err
	}
	found, err := vulkanChoices()
	if err != nil {
		fmt.Fprintln(a.notes, "only the CPU engine is checked:", oneLine(err))
	}
	return append([]engine.Choice{{}}, found...), nil
}

// candidate describes how to open a device and which variants to run on it.
func (c *checkCommand) candidate(choice engine.Choice) check.Candidate {
	if choice.CPU() {
		return check.Candidate{Open: opener(choice), Variants: check.CPUVariants()}
	}
	open := func(n *network.Network, options engine.Options) (engine.Engine, error) {
		options.Validation = c.Validation
		return opener(choice)(n, options)
	}
	return check.Candidate{Open: open, Variants: check.VulkanVariants()}
}

func (r *checkResult) write(a *app, asJSON bool) error {
	if asJSON {
		return writeJSON(a.out, r)
	}
	var t table
	t.row("DEVICE", "NAME", "DRIVER", "CASES", "VALUES", "DIFFERENT", "TIME")
	for _, d := range r.Devices {
		spent := time.Duration(d.Seconds * float64(time.Second)).Round(100 * time.Millisecond)
		t.row(d.Device, d.Name, d.Driver, fmt.Sprint(d.Cases), fmt.Sprint(d.Values), fmt.Sprint(d.Different), spent.String())
	}
	if err := t.write(a.out); err != nil {
		return err
	}
	for _, d := range r.Devices {
		if d.First != nil {
			fmt.Fprintf(a.out, "first difference on %s: %s\n", d.Device, d.First)
		}
		if d.Smallest != "" {
			fmt.Fprintf(a.out, "the smallest network found that shows the difference, as a file for --network:\n\n%s\n", d.Smallest)
		}
		if d.Error != "" {
			fmt.Fprintf(a.out, "not completed on %s: %s\n", d.Device, d.Error)
		}
	}
	return nil
}

// caseProgress counts cases on a terminal.
type caseProgress struct{ bar *progressbar.ProgressBar }

func newCaseProgress(a *app, cases int) *caseProgress {
	if !a.terminal {
		return &caseProgress{}
	}
	return &caseProgress{progressbar.NewOptions(cases,
		progressbar.OptionSetWriter(a.notes), progressbar.OptionSetWidth(20), progressbar.OptionSetDescription("networks"),
		progressbar.OptionShowCount(), progressbar.OptionUseANSICodes(true))}
}

func (p *caseProgress) done(finished int) {
	if p.bar != nil {
		_ = p.bar.Set(finished)
	}
}

func (p *caseProgress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
