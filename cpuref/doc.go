// Package cpuref is the definition of what spikegrad computes: every compute kernel in plain Go,
// one file per kernel, under the same name as its twin in shaders/ and kernels/. It is also the CPU
// engine.
//
// The code is generic over the floating-point type. The float32 instances give
// the same bits as the shaders on every Vulkan driver; the float64 instances
// serve checks of the mathematics (finite differences, dual numbers, golden
// files) where rounding must not get in the way.
//
// # The contract of exactness
//
// Whatever affects a spike, a state, a loss, a gradient or a weight uses only addition,
// subtraction, multiplication, comparison, floor, exact conversions and integer operations: these
// are correctly rounded everywhere. Division, roots, exponentials and logarithms are replaced by
// the fixed sequences of exact.go. Every product that goes into a sum is written T(x*y) + z: the
// conversion keeps the compiler from fusing the two. Sums run in ascending index; sums over samples
// run in chunks of [ChunkSamples] and then in a fixed binary tree, so that neither workers nor
// devices nor the split of a batch can change a bit.
//
// No number on that path is ever subnormal, because a GPU may flush those: weights and factors
// below 2⁻⁴⁰ and states and adjoints below 2⁻⁶⁰ in magnitude are set to zero on both sides (see
// [FlushWeight], [FlushState]). A product is then at least 2⁻¹⁰⁰, its last bit at least 2⁻¹²³, and
// sums and differences of such numbers are zero or at least 2⁻¹²³: normal numbers.
//
// # Vector loops
//
// The inner loops of loops.go and optimizer.go have forms for AVX2 and AVX-512, and some of them for
// NEON, that do the same operations in the same order in every lane: in Go where the compiler
// generates good code for it, in assembly where it does not (dense products, which need more
// registers than it uses, and Philox, whose multiplication it lacks at 512 bits). The plain loops
// are the definition, and every form is compared with them bit for bit.
//
// # Shapes
//
// Arrays are flat and row-major. States are [sample][step][stride], where stride is the number of
// neurons rounded up to [Lane]; weights are [input][stride]. Spikes are bits, 32 per word:
// [sample][step][word]. The same spikes as trains, [neuron][sample][word of 32 steps], serve the
// weight gradient. The padding between the number of neurons and the stride is zero and stays zero.
package cpuref
