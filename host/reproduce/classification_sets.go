package reproduce

import (
	"fmt"
	"slices"
	"strings"
)

// Method is a way to train a spiking network. Noise is the kind of its escape noise, or
// threshold if it has none; Surrogate is the kind of its surrogate derivative. Both have
// steepness 10, or otherwise the kind's default parameters.
type Method struct {
	Key          string `json:"key"`  // in names of files
	Name         string `json:"name"` // in tables and pictures
	Noise        string `json:"noise"`
	Surrogate    string `json:"surrogate"`
	ThroughReset bool   `json:"differentiate_reset"` // errors flow back through the reset too
}

// Stochastic reports whether the network has escape noise. A network without it is tested
// under sigmoid noise too.
func (m Method) Stochastic() bool { return m.Noise != "threshold" }

// Set is a set of methods to compare, each with the first.
type Set struct {
	Key     string
	Methods []Method
}

// Methods are the four that Gygax & Zenke 2025 compare, the deterministic one first. The
// stochastic ones have the same noise, so they differ only in the surrogate derivative.
func Methods() []Method {
	return []Method{
		{"deterministic-superspike", "deterministic SuperSpike", "threshold", "superspike", false},
		{"stochastic-superspike", "stochastic SuperSpike", "sigmoid", "superspike", false},
		matchedSigmoid,
		{"multilayerspiker", "MultilayerSpiker", "sigmoid", "multilayerspiker", false},
	}
}

// matchedSigmoid is the method that other sets are compared with.
var matchedSigmoid = Method{"stochastic-matched", "stochastic matched sigmoid", "sigmoid", "matched", false}

// Sets are the sets that can be compared:
//   - methods: [Methods];
//   - sigmoid: the derivative of a sigmoid as surrogate, deterministic and stochastic, with the
//     factor β and without it (which its authors call scaled);
//   - reset: that derivative with and without the factor, and with or without errors flowing back
//     through the reset;
//   - noises: escape noise other than the sigmoid, each with the surrogate that matches it.
func Sets() []Set {
	unscaled := Method{"stochastic-unscaled", "stochastic unscaled sigmoid", "sigmoid", "unscaled_sigmoid", false}
	throughReset := func(m Method) Method {
		return Method{m.Key + "-reset", m.Name + ", through the reset", m.Noise, m.Surrogate, true}
	}
	return []Set{
		{"methods", Methods()},
		{"sigmoid", []Method{
			{"deterministic-sigmoid", "deterministic sigmoid", "threshold", "sigmoid", false}, matchedSigmoid, unscaled,
		}},
		{"reset", []Method{matchedSigmoid, throughReset(matchedSigmoid), unscaled, throughReset(unscaled)}},
		{"noises", []Method{
			matchedSigmoid,
			{"stochastic-exponential", "stochastic exponential", "exponential", "matched", false},
			{"stochastic-hazard", "stochastic hazard", "hazard", "matched", false},
			{"stochastic-superspike-noise", "stochastic, noise as SuperSpike's integral", "superspike", "matched", false},
		}},
	}
}

// chooseSet finds a set (the first if no name is given) and the chosen methods of it (all if
// no keys are given).
func chooseSet(name string, keys []string) (*Set, error) {
	sets, names := Sets(), []string{}
	set := &sets[0]
	for i := range sets {
		names = append(names, sets[i].Key)
		if sets[i].Key == name {
			set = &sets[i]
		}
	}
	if name != "" && set.Key != name {
		return nil, fmt.Errorf("unknown set of methods %q; want one of %s", name, strings.Join(names, ", "))
	}
	var chosen []Method
	for i, key := range keys {
		if slices.Contains(keys[:i], key) {
			return nil, fmt.Errorf("method %q was named twice", key)
		}
		found := slices.IndexFunc(set.Methods, func(m Method) bool { return m.Key == key })
		if found < 0 {
			var known []string
			for _, m := range set.Methods {
				known = append(known, m.Key)
			}
			return nil, fmt.Errorf("unknown method %q in the set %s; want one of %s", key, set.Key, strings.Join(known, ", "))
		}
		chosen = append(chosen, set.Methods[found])
	}
	if len(keys) > 0 {
		set.Methods = chosen
	}
	return set, nil
}
