package tests

import (
	"go/constant"
	"go/types"
	"strings"
	"testing"

	"spikegrad/host/network"
)

// tableOfKinds returns the tables of kinds by the type of their numbers in cpuref.
func tableOfKinds() map[string]map[string]uint32 {
	return map[string]map[string]uint32{
		"NeuronModel": numbersOf(network.Neurons), "Pool": numbersOf(network.Pools), "Constant": numbersOf(network.Constants), "EscapeNoise": numbersOf(network.Noises),
		"Surrogate": numbersOf(network.Surrogates), "Reset": numbersOf(network.Resets),
		"Loss": numbersOf(network.Losses), "Optimizer": numbersOf(network.Optimizers),
	}
}

// numbersOf returns the numbers of kinds by the name of their Go constants, in lower case.
func numbersOf[N ~uint32, S any](kinds network.Kinds[N, S]) map[string]uint32 {
	numbers := map[string]uint32{}
	for _, kind := range kinds {
		numbers[strings.ReplaceAll(kind.Name, "_", "")] = uint32(kind.Number)
	}
	return numbers
}

// TestKinds: every constant of a kind in cpuref has a row with its number and name, and
// every row has a constant; shaders/kinds.glsl is generated from them.
func TestKinds(t *testing.T) {
	definitions := parsed(t, definitionFolder)
	tables := tableOfKinds()
	for _, name := range definitions.types.Scope().Names() {
		c, ok := definitions.types.Scope().Lookup(name).(*types.Const)
		if !ok || !c.Exported() {
			continue
		}
		named, ok := c.Type().(*types.Named)
		if !ok || tables[named.Obj().Name()] == nil {
			continue
		}
		table := tables[named.Obj().Name()]
		prefix := strings.TrimSuffix(strings.TrimPrefix(named.Obj().Name(), "Escape"), "Model")
		kind := strings.ToLower(strings.TrimPrefix(name, prefix))
		number, there := table[kind]
		if value, _ := constant.Int64Val(c.Val()); !there || int64(number) != value {
			t.Errorf("cpuref.%s is %d; the tables of host/network have %s %d (there: %t)", name, value, kind, number, there)
		}
		delete(table, kind)
	}
	for name, table := range tables {
		for kind, number := range table {
			t.Errorf("%s %s, %d, of host/network has no constant in cpuref", name, kind, number)
		}
	}
	if content(t, shaderFolder, "kinds.glsl") != network.KindsGLSL() {
		t.Error("shaders/kinds.glsl is not what the tables of host/network make: run go generate ./shaders")
	}
}
