//go:build 386 || arm || mips || mipsle

package cpuref

// Weights and spikes are counted in an int, which has 32 bits here: too few for networks that the
// program allows elsewhere.
var _ = spikegrad_needs_a_64_bit_processor_such_as_amd64_arm64_or_riscv64
