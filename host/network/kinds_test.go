package network

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"spikegrad/cpuref"
)

// TestTables: every row of every table is complete and contradicts no other.
func TestTables(t *testing.T) {
	checkTable(t, "noises", Noises)
	checkTable(t, "surrogates", Surrogates, "skip_below")
	checkTable(t, "resets", Resets)
	checkTable(t, "losses", Losses, "tau", "tau_synapse", "initial", "scale")
	checkTable(t, "regularizers", Regularizers)
	checkTable(t, "initials", Initials)
	checkTable(t, "optimizers", Optimizers, "learning_rate", "weight_decay")
	for _, noise := range Noises {
		if noise.Matched == "" && len(noise.Parameters) > 0 {
			t.Errorf("no surrogate is matched to the noise %s", noise.Name)
		} else if noise.Matched != "" && Surrogates.Find(noise.Matched) == nil {
			t.Errorf("the noise %s is matched by %s, which is no surrogate", noise.Name, noise.Matched)
		}
	}
}

// checkTable checks a table; others are the keys of numbers that belong to no kind.
func checkTable[N ~uint32, S any](t *testing.T, table string, kinds Kinds[N, S], others ...string) {
	t.Helper()
	defaults, names := map[string]float64{}, map[string]bool{}
	for i, kind := range kinds {
		switch {
		case kind.Name == "" || kind.Name == Matched || strings.Trim(kind.Name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || names[kind.Name]:
			t.Errorf("%s: row %d has the name %q", table, i, kind.Name)
		case uint32(kind.Number) != uint32(i):
			t.Errorf("%s: %s has number %d and stands in row %d", table, kind.Name, kind.Number, i)
		case kind.Formula == "" || kind.Sentence == "" || !strings.HasSuffix(kind.Sentence, "."):
			t.Errorf("%s: %s has the formula %q and the sentence %q", table, kind.Name, kind.Formula, kind.Sentence)
		}
		names[kind.Name] = true
		for _, p := range kind.Parameters {
			if was, there := defaults[p.Key]; there && was != p.Default {
				t.Errorf("%s: the default of %s is %g and %g: a configuration has one", table, p.Key, was, p.Default)
			}
			defaults[p.Key] = p.Default
			if err := p.Check(p.Default); err != nil {
				t.Errorf("%s: default of %s: %v", table, kind.Name, err)
			}
			if p.Symbol == "" || p.Meaning == "" {
				t.Errorf("%s: parameter %+v of %s", table, p, kind.Name)
			}
			value(new(S), p.Key) // panics if there is none
		}
	}
	for i := range reflect.TypeFor[S]().NumField() {
		field := reflect.TypeFor[S]().Field(i)
		key := field.Tag.Get("toml")
		if _, there := defaults[key]; field.Type.Kind() == reflect.Float64 && key != "-" && there == strings.Contains(" "+strings.Join(others, " ")+" ", " "+key+" ") {
			t.Errorf("%s: %s is a parameter of a kind: %t", table, key, there)
		}
	}
}

// TestPeaks: a surrogate derivative is nowhere larger than at its peak and decreases to
// both sides, and its parameters are prepared.
func TestPeaks(t *testing.T) {
	const stepLength = 0.002
	for i := range Surrogates {
		kind := &Surrogates[i]
		if kind.Peak == nil {
			t.Errorf("%s has no peak", kind.Name)
			continue
		}
		if (kind.Prepare == nil) != (len(kind.Parameters) == 0) {
			t.Errorf("%s has %d parameters and prepares: %t", kind.Name, len(kind.Parameters), kind.Prepare != nil)
			continue
		}
		for _, factor := range []float64{0.3, 1, 4} {
			var s Surrogate
			Surrogates.SetDefaults(&s)
			for _, p := range kind.Parameters {
				*value(&s, p.Key) *= factor
			}
			var parameters [3]float64
			if kind.Prepare != nil {
				parameters = kind.Prepare(s, stepLength)
			}
			g := func(u float64) float64 { return cpuref.SurrogateDerivative(kind.Number, parameters, u, true) }
			top := kind.Peak(s, stepLength)
			if !(g(top) > 0) {
				t.Errorf("%s: the derivative at its peak %g is %g", kind.Name, top, g(top))
			}
			for _, side := range []float64{-1, 1} {
				before := g(top)
				for n := range 4000 {
					u := top + side*float64(n)*0.005
					if now := g(u); now > before*(1+1e-4) {
						t.Fatalf("%s, parameters %v: at %g, on the way from its peak %g, the derivative rises from %g to %g", kind.Name, parameters, u, top, before, now)
					} else {
						before = min(before, now)
					}
				}
			}
		}
	}
}

// TestSetSurrogate reads names with and without a value.
func TestSetSurrogate(t *testing.T) {
	for _, kind := range append(Surrogates.List(), Matched) {
		s := DefaultLayer().Surrogate
		if err := s.Set(kind); err != nil || s.Kind != kind {
			t.Errorf("%s: %+v, %v", kind, s, err)
		}
		err := s.Set(kind + ":0.25")
		row := Surrogates.Find(kind)
		if alone := row != nil && len(row.Parameters) == 1; alone != (err == nil) {
			t.Errorf("%s:0.25: %v", kind, err)
		} else if alone && *value(&s, row.Parameters[0].Key) != 0.25 {
			t.Errorf("%s:0.25 is %+v", kind, s)
		}
	}
	for name, want := range map[string]string{"magic": "want one of matched, ", "sigmoid:x": `"x" is not a number`, "hazard:3": "takes no value"} {
		if err := new(Surrogate).Set(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// TestDescribe: how reports describe noises and surrogates.
func TestDescribe(t *testing.T) {
	noise, surrogate := Noise{Beta: 7, P0: 0.5, DeltaU: 0.25, Rate: 30}, Surrogate{Width: 0.3}
	for want, found := range map[string]string{
		"threshold": Noises.Describe("threshold", noise), "sigmoid, β 7": Noises.Describe("sigmoid", noise),
		"exponential, p0 0.5, Δu 0.25": Noises.Describe("exponential", noise), "hazard, ρ0 30 Hz, Δu 0.25": Noises.Describe("hazard", noise),
		"gaussian, width 0.3": Surrogates.Describe("gaussian", surrogate), "matched": Surrogates.Describe(Matched, surrogate),
	} {
		if found != want {
			t.Errorf("%q, want %q", found, want)
		}
	}
}

func ExampleKinds_Meanings() {
	fmt.Println(Surrogates.Meanings()["width"])
	// Output: gaussian: standard deviation; triangular, rectangular: half-width
}
