package cpuref

import "unsafe"

// vectorLoops are inner loops written for the vector instructions of a processor. They give the
// same bits as the plain loops next to their callers, because a vector lane does the same
// operations in the same order for one neuron. Where a loop is nil, the plain one runs.
type vectorLoops struct {
	addRows     func(dst, rows []float32, index []uint32)
	addPatch    func(p *patch[float32])
	addSum      func(dst, rows []float32, index []uint32)
	addLine     func(l *trainLine[float32])
	add         func(dst, src []float32) int
	products    func(p *productArguments[float32])
	drawUniform func(d *decision[float32])
	decide      func(d *decision[float32])
	integrate   func(p *Neuron[float32], s *neuronRows[float32])
	adjoint     func(p *Neuron[float32], s *adjointRows[float32])
	update      func(a *OptimizerArguments[float32], first, last int) int
}

// Instructions is a set of processor instructions that inner loops are written for.
type Instructions string

// The instruction sets. Which of them a program has depends on how it was built (AVX needs
// GOEXPERIMENT=simd, NEON does not) and on the processor.
const (
	PlainInstructions  Instructions = "plain loops"
	AVX2Instructions   Instructions = "AVX2"
	AVX512Instructions Instructions = "AVX-512"
	NEONInstructions   Instructions = "NEON"
)

// vectorSets are the sets of vector instructions, the widest first.
var vectorSets = []Instructions{AVX512Instructions, AVX2Instructions, NEONInstructions}

var (
	// vectors is nil for plain loops.
	vectors, instructions = bestVectors()
)

// UsedInstructions is the instruction set in use, initially the widest available.
func UsedInstructions() Instructions { return instructions }

// UseInstructions changes the instruction set in use, for tests and measurements, but not while
// kernels run. If the program or the processor does not have the set, it changes nothing and
// returns false.
func UseInstructions(wanted Instructions) bool {
	loops, ok := vectorsFor(wanted)
	if ok {
		vectors, instructions = loops, wanted
	}
	return ok
}

// bestVectors is the widest instruction set available.
func bestVectors() (*vectorLoops, Instructions) {
	for _, set := range vectorSets {
		if loops, ok := vectorsFor(set); ok {
			return loops, set
		}
	}
	return nil, PlainInstructions
}

// single views a slice of T as float32; only for T = float32.
func single[T Float](s []T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// singles views arguments over T as arguments over float32; only for T = float32.
func singles[To, From any](arguments *From) *To {
	return (*To)(unsafe.Pointer(arguments))
}
