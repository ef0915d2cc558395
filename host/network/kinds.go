package network

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Kind is a row of a table: one of the noises, surrogates, resets, losses, optimizers,
// regularizers or initialisations. Checks, KIND:VALUE, comments of configurations,
// reports, the reference pages and shaders/kinds.glsl are made of the rows. N is what
// kernels know the kind by, S the part of a configuration that names it.
type Kind[N ~uint32, S any] struct {
	Name       string
	Number     N
	Formula    string
	Sentence   string
	Parameters []Parameter
	// Prepare makes of the parameters what kernels take, so that no division is left for
	// them; nil: nothing. The step length is in seconds.
	Prepare func(s S, stepLength float64) [3]float64
	// Peak is, of a surrogate, a potential relative to the threshold at which it is largest,
	// or about so where it jumps; from there it falls to both sides.
	Peak func(s S, stepLength float64) float64
	// Matched is, of a noise, the name of the surrogate that is its derivative, with the
	// parameters of the same keys.
	Matched string
	// Spikes says of a loss that it looks at spikes, Targets that it compares them with others.
	Spikes, Targets bool
}

// Kinds is a table of kinds, in the order of their numbers.
type Kinds[N ~uint32, S any] []Kind[N, S]

// Parameter is a number that a kind takes.
type Parameter struct {
	Key     string // in configurations
	Symbol  string // in formulas and reports
	Unit    string // empty: none
	Meaning string
	Default float64
	Bounds  Bounds
	Zero    float64 // what 0 stands for, which the bounds then need not allow; 0: itself
}

// Bounds are between what a parameter may lie.
type Bounds struct {
	From, To     float64
	Above, Below bool // without From itself, without To itself
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

// Check says why a value is out of bounds; nil if it is not.
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

// Find is the kind of a name, nil if there is none.
func (kinds Kinds[N, S]) Find(name string) *Kind[N, S] {
	for i := range kinds {
		if kinds[i].Name == name {
			return &kinds[i]
		}
	}
	return nil
}

// Number is what kernels know a kind by; it has to exist.
func (kinds Kinds[N, S]) Number(name string) N { return kinds.Find(name).Number }

// List is the names in the order of numbers.
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

// known says that a key names no kind; nil if it does.
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

// checkAll checks the values that a struct, behind a pointer, has of parameters.
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

// Set makes a surrogate the one of a name: KIND with the parameters that it has, or
// KIND:VALUE with another value of the kind's only parameter.
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

// Describe names a kind with the values of its parameters, for reports.
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

// Meanings says of every parameter, by its key, what it is in which kinds.
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

// meanings says of one parameter what it is: KIND, KIND: meaning; KIND: another. Without
// kinds where all have it as the same.
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

// value is where a struct, behind a pointer, has the number of a key.
func value(s any, key string) *float64 {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("toml") == key {
			return v.Field(i).Addr().Interface().(*float64)
		}
	}
	panic(fmt.Sprintf("network: %T has no number %s", s, key)) // a row of a table is wrong: TestKinds
}
