package data

import (
	"math"
	"strings"
	"testing"
)

func TestOpenUnknown(t *testing.T) {
	for _, spec := range []string{"mnist", "mnist:there", ":", "Digits"} {
		_, err := Open(spec, Options{})
		wantError(t, err, "digits", "csv:FILE", "randman", "shd:DIR", "ssc:DIR", "spoken:DIR")
		_, err = Defaults(spec)
		wantError(t, err, "csv:FILE")
	}
	if len(Specs()) != len(kinds()) || Specs()[0].Form == "" {
		t.Error("Specs does not list the datasets")
	}
}

func TestDigits(t *testing.T) {
	s := open(t, "digits", defaults(t, "digits"))
	classes := make([]int, 10)
	for _, source := range []Source{s.Train, s.Validation, s.Test} {
		if source.Channels() != 64 || source.Classes() != 10 || source.Steps() != 50 || source.StepLength() != 0.002 || source.ClassNames()[9] != "9" {
			t.Errorf("%s: %d channels, classes %v, %d steps of %g s", source.Name(), source.Channels(), source.ClassNames(), source.Steps(), source.StepLength())
		}
		for sample := range source.Len() {
			classes[source.Label(sample)]++
		}
	}
	for class, count := range classes {
		if count < 170 || count > 185 {
			t.Errorf("class %d has %d samples", class, count)
		}
	}
	checkRows(t, whole(t, s.Test), s.Test)
	if !strings.Contains(Attribution(), "Alpaydin") || !strings.Contains(Attribution(), "CC BY 4.0") {
		t.Error("the attribution is incomplete")
	}
}

func TestDefaultsAreValid(t *testing.T) {
	for _, spec := range []string{"digits", "digits:x", "csv:x", "npz:x", "randman", "moving-digits", "events:x", "shd:x", "ssc:x", "spoken:x"} {
		options := defaults(t, spec)
		if err := options.Validate(); err != nil {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestValidate(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		spec   string
		change func(*Options)
		want   []string
	}{
		{"digits", func(o *Options) { o.Steps = 0 }, []string{"data.steps", "= 0", "1 to 100000"}},
		{"digits", func(o *Options) { o.Steps = -7 }, []string{"data.steps", "-7"}},
		{"digits", func(o *Options) { o.StepLength = 0 }, []string{"data.step_length", "above 0"}},
		{"digits", func(o *Options) { o.StepLength = nan }, []string{"data.step_length", "NaN"}},
		{"digits", func(o *Options) { o.StepLength = math.Inf(1) }, []string{"data.step_length", "Inf"}},
		{"digits", func(o *Options) { o.Validation = -0.1 }, []string{"data.validation", "-0.1"}},
		{"digits", func(o *Options) { o.Validation = nan }, []string{"data.validation", "NaN"}},
		{"digits", func(o *Options) { o.Test = 1 }, []string{"data.test", "below 1"}},
		{"digits", func(o *Options) { o.Test = 0.9 }, []string{"data.test", "0.9", "validation = 0.1"}},
		{"digits", func(o *Options) { o.Maximum = -1 }, []string{"data.maximum", "-1"}},
		{"digits", func(o *Options) { o.Encoder.Kind = "rate" }, []string{"data.encoder.kind", `"rate"`, "latency or poisson"}},
		{"digits", func(o *Options) { o.Encoder.Threshold = 1 }, []string{"data.encoder.threshold", "below 1"}},
		{"digits", func(o *Options) { o.Encoder.Threshold = 0 }, []string{"data.encoder.threshold", "= 0"}},
		{"digits", func(o *Options) { o.Encoder.Tau = 0 }, []string{"data.encoder.tau"}},
		{"digits", func(o *Options) { o.Encoder.Kind, o.Encoder.MaxRate = "poisson", 501 }, []string{"data.encoder.max_rate", "501", "0.002 s"}},
		{"digits", func(o *Options) { o.Encoder.Kind, o.Encoder.MaxRate = "poisson", 0 }, []string{"data.encoder.max_rate"}},
		{"randman", func(o *Options) { o.Path = "x" }, []string{"data.path", `"x"`, "not read from a file"}},
		{"randman", func(o *Options) { o.Randman.Channels = 65536 }, []string{"data.randman.channels", "65535"}},
		{"randman", func(o *Options) { o.Randman.Dimensions = 0 }, []string{"data.randman.dimensions"}},
		{"randman", func(o *Options) { o.Randman.Smoothness = 0 }, []string{"data.randman.smoothness"}},
		{"randman", func(o *Options) { o.Randman.Classes = 0 }, []string{"data.randman.classes"}},
		{"randman", func(o *Options) { o.Randman.SamplesPerClass = 0 }, []string{"data.randman.samples_per_class"}},
		{"randman", func(o *Options) { o.Randman.SamplesPerClass = 1 << 24 }, []string{"data.randman.samples_per_class", "at most"}},
		{"randman", func(o *Options) { o.Randman.StepFraction = 1.1 }, []string{"data.randman.step_fraction", "1.1"}},
		{"randman", func(o *Options) { o.Randman.Spikes = 0 }, []string{"data.randman.spikes"}},
		{"shd", func(*Options) {}, []string{"data.path", "shd:DIR"}},
		{"shd:x", func(o *Options) { o.Test = 0.1 }, []string{"data.test", "its own test file"}},
		{"shd:x", func(o *Options) { o.Events.Units = 0 }, []string{"data.events.units"}},
		{"shd:x", func(o *Options) { o.Events.Binning = "round" }, []string{"data.events.binning", `"round"`}},
		{"shd:x", func(o *Options) { o.Events.Binning, o.StepLength = "float16", 1e-5 }, []string{"data.step_length", "65504"}},
	} {
		options := defaults(t, test.spec)
		test.change(&options)
		wantError(t, options.Validate(), test.want...)
		if _, err := Open("", options); err == nil {
			t.Errorf("%v: opened", test.want)
		}
	}
}
