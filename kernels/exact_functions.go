package kernels

import "spikegrad/gpu"

// The functions of [ExactFunctions].
const (
	FunctionExp uint32 = iota
	FunctionLog
	FunctionReciprocal
	FunctionSqrt
)

// ExactFunctionsBuffers are the arrays of [ExactFunctions].
type ExactFunctionsBuffers struct {
	Results gpu.Binding // written; [count] float32
}

// ExactFunctionsParameters are the numbers of [ExactFunctions].
type ExactFunctionsParameters struct {
	Count     uint32 // number of arguments
	First     uint32 // bits of the first argument
	Increment uint32 // between the bits of consecutive arguments
}

// ExactFunctionsChoice is what a pipeline of [ExactFunctions] is built for.
type ExactFunctionsChoice struct {
	Function uint32
}

// ExactFunctions applies an exact function to a run of arguments. Definition:
// Exp, Log, Reciprocal and Sqrt of package cpuref; shader:
// shaders/exact_functions.comp.
type ExactFunctions struct{ kernel }

// NewExactFunctions builds the kernel for a device.
func NewExactFunctions(device *gpu.Device, choice ExactFunctionsChoice) (*ExactFunctions, error) {
	k, err := newKernel(device, "exact_functions", flatGroup(device, "exact_functions"), choice.Function)
	return &ExactFunctions{k}, err
}

// Record records one run.
func (k *ExactFunctions) Record(stream *gpu.Stream, b ExactFunctionsBuffers, p ExactFunctionsParameters) error {
	if err := k.positive(size{"count", p.Count}); err != nil {
		return err
	}
	groups, err := k.flatGrid(uint64(p.Count), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"results", b.Results, gpu.Write, bytes(uint64(p.Count))},
	}, p, groups)
}
