package network

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Kind is a row of a table: one of the noises, surrogates, resets, losses, optimizers,
// regularizers or initialisations. Checks, KIND:VALUE, comments in configurations, reports, the
// reference pages and shaders/kinds.glsl are generated from the rows. N is the kind's number in
// kernels, S the part of a configuration that names it.
type Kind[N ~uint32, S any] struct {
	Name       string
	Number     N
	Formula    string
	Sentence   string
	Parameters []Parameter
	// Prepare turns the parameters into those of the kernels, so that these need no divisions;
	// nil: none. The step length is in seconds.
	Prepare func(s S, stepLength float64) [3]float64
	// Peak returns, for a surrogate, a potential relative to the threshold at which it is
	// largest, approximately if it jumps there; it decreases to both sides.
	Peak func(s S, stepLength float64) float64
	// Matched is, for a noise, the name of the surrogate that is its derivative, with
	// parameters of the same keys.
	Matched string
	// Spikes means that a loss uses spikes, Targets that it compares them with target spikes.
	Spikes, Targets bool
}

// Kinds is a table of kinds, in the order of their numbers.
type Kinds[N ~uint32, S any] []Kind[N, S]

// Parameter is a numeric parameter of a kind.
type Parameter struct {
	Key     string // in configurations
	Symbol  string // in formulas and reports
	Unit    string // empty: none
	Meaning string
	Default float64
	Bounds  Bounds
	Zero    float64 // what 0 stands for, which the bounds then need not allow; 0: itself
}

// Bounds limit a parameter.
type Bounds struct {
	From, To     float64
	Above, Below bool // From is excluded, To is excluded
}

func (b Bounds) String() string {
	switch {
	case b.Above:
		return fmt.Sprintf("above %g and up to %g", b.From, b.To)
	case b.Below:
		return fmt.Sprintf("from %g to below %g", b.From, b.To)
	}
	return fmt.Sprintf("from %g to %g", b.From, b.To)
}

// Check returns an error if a value is out of bounds.
func (p *Parameter) Check(value float64) error {
	b := &p.Bounds
	if value >= b.From && value <= b.To && !(b.Above && value == b.From) && !(b.Below && value == b.To) {
		return nil
	}
	switch {
	case p.Zero == 0:
		return fmt.Errorf("%s = %g: must be %s", p.Key, value, b)
	case value == 0:
		return nil
	}
	return fmt.Errorf("%s = %g: must be %s, or 0 for the kind's default", p.Key, value, b)
}

// Find returns the kind with a name, nil if there is none.
func (kinds Kinds[N, S]) Find(name string) *Kind[N, S] {
	for i := range kinds {
		if kinds[i].Name == name {
			return &kinds[i]
		}
	}
	return nil
}

// Number returns the number of a kind in kernels; it must exist.
func (kinds Kinds[N, S]) Number(name string) N { return kinds.Find(name).Number }

// List returns the names in the order of numbers.
func (kinds Kinds[N, S]) List() []string {
	names := make([]string, len(kinds))
	for i := range kinds {
		names[i] = kinds[i].Name
	}
	return names
}

// Names lists the names, sorted, for messages and help.
func (kinds Kinds[N, S]) Names() string {
	return strings.Join(slices.Sorted(slices.Values(kinds.List())), ", ")
}

// known returns an error if a key names no kind.
func (kinds Kinds[N, S]) known(key, name string) error {
	if kinds.Find(name) == nil {
		return fmt.Errorf("%s = %q is unknown; want one of %s", key, name, kinds.Names())
	}
	return nil
}

// Validate checks the kind that a part of a configuration names, and its parameters.
func (kinds Kinds[N, S]) Validate(name string, s *S) error {
	if err := kinds.known("kind", name); err != nil {
		return err
	}
	return checkAll(kinds.Find(name).Parameters, s)
}

// ValidateAll checks the parameters that all kinds share and those of every kind, including
// kinds that the configuration does not name.
func (kinds Kinds[N, S]) ValidateAll(shared []Parameter, s *S) error {
	err := checkAll(shared, s)
	for i := 0; i < len(kinds) && err == nil; i++ {
		err = checkAll(kinds[i].Parameters, s)
	}
	return err
}

// checkAll checks the values of parameters in a struct, given by pointer.
func checkAll(parameters []Parameter, s any) error {
	for i := range parameters {
		p := &parameters[i]
		if err := p.Check(*value(s, p.Key)); err != nil {
			return err
		}
	}
	return nil
}

// SetDefaults gives all parameters of all kinds their defaults.
func (kinds Kinds[N, S]) SetDefaults(s *S) {
	for i := range kinds {
		for _, p := range kinds[i].Parameters {
			*value(s, p.Key) = p.Default
		}
	}
}

// Set makes a surrogate the one named: KIND, with the current parameters, or KIND:VALUE, with a
// new value of the kind's only parameter.
func (s *Surrogate) Set(name string) error {
	kind, text, valued := strings.Cut(name, ":")
	found := Surrogates.Find(kind)
	if found == nil && kind != Matched {
		return fmt.Errorf("surrogate %q is unknown; want one of %s, %s", name, Matched, Surrogates.Names())
	}
	s.Kind = kind
	if !valued {
		return nil
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("surrogate %q: %q is not a number; give KIND or KIND:VALUE", name, text)
	}
	if found == nil || len(found.Parameters) != 1 {
		return fmt.Errorf("surrogate %q: %s takes no value; leave out :%s", name, kind, text)
	}
	*value(s, found.Parameters[0].Key) = number
	return nil
}

// Takes reports whether a kind has a parameter.
func (k *Kind[N, S]) Takes(key string) bool {
	return slices.ContainsFunc(k.Parameters, func(p Parameter) bool { return p.Key == key })
}

// Describe returns the name of a kind with the values of its parameters, for reports.
func (kinds Kinds[N, S]) Describe(name string, s S) string {
	text, kind := name, kinds.Find(name)
	if kind == nil {
		return text
	}
	for _, p := range kind.Parameters {
		text += fmt.Sprintf(", %s %g", p.Symbol, *value(&s, p.Key))
		if p.Unit != "" {
			text += " " + p.Unit
		}
	}
	return text
}

// Meanings explains every parameter, by its key, for each kind that has it.
func (kinds Kinds[N, S]) Meanings() map[string]string {
	meanings := map[string]string{}
	for i := range kinds {
		for _, p := range kinds[i].Parameters {
			if _, done := meanings[p.Key]; !done {
				meanings[p.Key] = kinds.meanings(p.Key)
			}
		}
	}
	return meanings
}

// meanings explains one parameter: KIND, KIND: meaning; KIND: another. Kinds are omitted if it
// means the same in all.
func (kinds Kinds[N, S]) meanings(key string) string {
	var order []string
	names := map[string][]string{}
	for i := range kinds {
		for _, p := range kinds[i].Parameters {
			if p.Key == key {
				if names[p.Meaning] == nil {
					order = append(order, p.Meaning)
				}
				names[p.Meaning] = append(names[p.Meaning], kinds[i].Name)
			}
		}
	}
	if len(order) == 1 && len(names[order[0]]) == len(kinds) {
		return order[0]
	}
	parts := make([]string, len(order))
	for i, meaning := range order {
		parts[i] = strings.Join(names[meaning], ", ") + ": " + meaning
	}
	return strings.Join(parts, "; ")
}

// value returns a pointer to a key's number in a struct, given by pointer.
func value(s any, key string) *float64 {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("toml") == key {
			return v.Field(i).Addr().Interface().(*float64)
		}
	}
	panic(fmt.Sprintf("network: %T has no number %s", s, key)) // a row of a table is wrong: TestKinds
}
