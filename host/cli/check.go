package cli

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"

	"spikegrad/host/check"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// checkCommand is spikegrad check.
type checkCommand struct {
	Device     string `default:"all" help:"all, cpu, vulkan:N or vulkan:NAME, as 'spikegrad devices' lists them."`
	Quick      bool   `help:"Fewer and smaller networks."`
	Validation bool   `help:"Load the Vulkan validation layer; what it says counts as failed."`
	JSON       bool   `name:"json" help:"Print JSON."`
}

// Help is the rest of the help.
func (checkCommand) Help() string {
	return `Trains a family of small networks, of every kind and of awkward sizes, on the CPU engine and on each
device, and compares spikes, membranes, losses, gradients, weights and optimizer states bit for bit.
The CPU engine itself is run with several numbers of workers. Exits with 1 if anything differs.

Examples:

    spikegrad check
    spikegrad check --quick --device vulkan:0
    spikegrad check --validation --json`
}

// checkResult is what --json prints.
type checkResult struct {
	Devices []checkedDevice `json:"devices"`
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
	Error     string            `json:"error"` // what ended the check of this device early
}

// Run compares.
func (c *checkCommand) Run(a *app) error {
	choices, err := c.choices(a)
	if err != nil {
		return err
	}
	var candidates []check.Candidate
	for _, choice := range choices {
		candidates = append(candidates, c.candidate(choice))
	}
	cases := check.Cases(c.Quick)
	shown := newCaseProgress(a, len(cases))
	reports, err := check.Family(a.ctx, cases, candidates, shown.done)
	shown.close()
	if err != nil {
		return err
	}
	result := checkResult{OK: true}
	for i := range reports {
		r := &reports[i]
		result.OK = result.OK && r.OK()
		device := checkedDevice{
			Device: deviceName(choices[i]), Name: r.Device.Device, Driver: r.Device.Driver,
			Cases: r.Cases, Values: r.Values, Different: r.Different, Seconds: r.Seconds, First: r.First,
		}
		if device.Name == "" {
			device.Name, device.Driver = choices[i].Info.Name, choices[i].Info.Driver
		}
		if r.Err != nil {
			device.Error = oneLine(r.Err)
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

// choices are the devices to check.
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

// candidate is how a device is opened and in what variants it is run.
func (c *checkCommand) candidate(choice engine.Choice) check.Candidate {
	if !choice.Vulkan {
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
		if d.Error != "" {
			fmt.Fprintf(a.out, "not finished on %s: %s\n", d.Device, d.Error)
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
