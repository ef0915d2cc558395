package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"spikegrad/bench"
	"spikegrad/host/atomicfile"
	"spikegrad/host/figure"
)

// scaling measures how cost grows on one device and adds the results to result. If an
// output folder is given, each picture is drawn as soon as its series is complete.
func (c *benchCommand) scaling(a *app, options bench.Options, result *benchResult) error {
	folder := c.Out
	if folder != "" && len(c.Device) > 1 {
		folder = filepath.Join(folder, strings.ReplaceAll(options.Device, ":", ""))
	}
	if folder != "" {
		if err := atomicfile.Folder(folder); err != nil {
			return err
		}
	}
	return bench.MeasureScaling(a.ctx, options, func(s *bench.Scaling) {
		result.Scaling = append(result.Scaling, s)
		fmt.Fprintf(a.notes, "%s on %s: %d points\n", s.Name, s.Device, len(s.Points))
		if folder == "" {
			return
		}
		if err := figure.SaveBoth(folder, s.Name, s.Picture()); err != nil {
			fmt.Fprintln(a.notes, "no picture:", oneLine(err))
		}
	})
}

func (b *benchResult) writeScaling(a *app) error {
	for i, s := range b.Scaling {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		fmt.Fprintf(a.out, "%s, shape E on %s", s.Title, s.Device)
		if s.Exponent != 0 {
			fmt.Fprintf(a.out, ": grows with the power %.2f", s.Exponent)
		}
		if s.Speedup != 0 {
			fmt.Fprintf(a.out, ": %.2f times as fast", s.Speedup)
		}
		fmt.Fprintln(a.out)
		var t table
		t.row(strings.ToUpper(s.Quantity), "HELD", "STEP", "(LEAST-LARGEST)", "MEMORY")
		for _, p := range s.Points {
			held := "all steps"
			if p.Segments > 0 {
				held = fmt.Sprintf("%d steps", p.Segments)
			}
			t.row(fmt.Sprintf("%g", p.Value), held, ms(p.StepMS), fmt.Sprintf("(%.4g-%.4g)", p.SpreadMS[0], p.SpreadMS[1]), bytesText(p.PeakBytes))
		}
		if err := t.write(a.out); err != nil {
			return err
		}
	}
	return nil
}
