package report

import (
	"fmt"

	"spikegrad/host/figure"
)

// comparison shows several runs side by side.
type comparison struct {
	Rows        []row // one per measure
	Differences []row // one per configuration key
	Curves      *chart
}

// row is a row of a table with a cell for every run.
type row struct {
	Name  string
	Cells []string
}

// absent is shown if a run has no such value.
const absent = "–"

// compare compares runs.
func compare(runs []*section) (*comparison, error) {
	c := &comparison{Rows: measures(runs), Differences: differences(runs)}
	curves := figure.Curves{}
	for _, s := range runs {
		if len(s.Epochs) == 0 {
			continue
		}
		curve := s.curve()
		curve.Name = s.Name
		curves.Runs = append(curves.Runs, curve)
	}
	// If an unfinished run were left out, the colours would not match the names.
	if len(curves.Runs) < len(runs) {
		return c, nil
	}
	drawn, err := draw("Learning curves of all runs", func(width float64) figure.Drawing {
		curves.Stacked, curves.Width = width > 0, width
		return curves
	})
	c.Curves = &drawn
	return c, err
}

// measures returns a row for each number that at least one run has.
func measures(runs []*section) []row {
	var rows []row
	add := func(name string, value func(s *section) string) {
		r, any := row{Name: name}, false
		for _, s := range runs {
			text := value(s)
			any = any || text != ""
			if text == "" {
				text = absent
			}
			r.Cells = append(r.Cells, text)
		}
		if any {
			rows = append(rows, r)
		}
	}
	summary := func(name string, value func(s *section) string) {
		add(name, func(s *section) string {
			if s.Summary == nil {
				return ""
			}
			return value(s)
		})
	}
	share := func(value *float64) string {
		if value == nil {
			return ""
		}
		return percent(*value)
	}
	add("data", func(s *section) string { return s.Config.Data.Name })
	summary("test accuracy", func(s *section) string { return share(s.Summary.TestAccuracy) })
	summary("noise toggled", func(s *section) string { return share(s.Summary.TestAccuracyOtherMode) })
	add("over trials", func(s *section) string {
		if s.Evaluation == nil {
			return ""
		}
		p := s.Evaluation.Trained.Performance
		return fmt.Sprintf("%s ± %.2f", percent(p.Accuracy), 100*p.AccuracySpread)
	})
	summary("validation accuracy", func(s *section) string { return share(s.Summary.ValidationAccuracy) })
	summary("training accuracy", func(s *section) string { return percent(s.Summary.TrainAccuracy) })
	summary("spikes per neuron", func(s *section) string { return fmt.Sprintf("%.3g", s.Summary.SpikesPerNeuron) })
	layers := 0
	for _, s := range runs {
		layers = max(layers, len(s.Config.Network.Layers))
	}
	for l := range layers {
		add(fmt.Sprintf("Fano factor, layer %d", l), func(s *section) string {
			if s.Evaluation == nil || l >= len(s.Config.Network.Layers) {
				return ""
			}
			return fanoText(s.Evaluation.Trained.Fano, l)
		})
		add(fmt.Sprintf("audit: cosine, layer %d", l), func(s *section) string {
			if s.Run.Audit == nil || l >= len(s.Run.Audit.Layers) {
				return ""
			}
			return s.Run.Audit.Layers[l].Parts[0].Surrogates[0].Cosine.String()
		})
	}
	summary("weights", func(s *section) string { return fmt.Sprint(s.Summary.Weights) })
	summary("epochs", func(s *section) string { return fmt.Sprint(s.Summary.Epochs) })
	summary("samples/s in training", func(s *section) string { return fmt.Sprintf("%.0f", s.Summary.SamplesPerSecond) })
	summary("device", func(s *section) string { return s.Summary.Device })
	return rows
}

// differences returns a row for each configuration key that is not equal in all runs.
func differences(runs []*section) []row {
	var keys []string
	values := map[string][]string{}
	for i, s := range runs {
		for _, v := range s.Config.Values() {
			if values[v.Key] == nil {
				keys = append(keys, v.Key)
				values[v.Key] = make([]string, len(runs))
			}
			values[v.Key][i] = v.Text
		}
	}
	var rows []row
	for _, key := range keys {
		r, different := row{Name: key}, false
		for _, text := range values[key] {
			different = different || text != values[key][0]
			if text == "" {
				text = absent
			}
			r.Cells = append(r.Cells, text)
		}
		if different {
			rows = append(rows, r)
		}
	}
	return rows
}
