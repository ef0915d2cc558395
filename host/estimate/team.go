package estimate

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"spikegrad/cpuref"
)

// Team is the processes that share a measurement, such as an engine.Team. All make the same calls
// with the same arguments.
type Team interface {
	// Agree returns an error on all processes if any has one.
	Agree(err error) error
	// First makes only the first process do something, while the others wait for it.
	First(do func() error) error
	// Divide makes each process do pieces first ≤ i < last of count, and passes the results of each
	// to all, in the order of the pieces.
	Divide(ctx context.Context, count int, do func(ctx context.Context, first, last int) ([]byte, error)) ([][]byte, error)
}

// alone is a process on its own.
type alone struct{}

func (alone) Agree(err error) error       { return err }
func (alone) First(do func() error) error { return do() }

func (alone) Divide(ctx context.Context, count int, do func(ctx context.Context, first, last int) ([]byte, error)) ([][]byte, error) {
	made, err := do(ctx, 0, count)
	return [][]byte{made}, err
}

// packed returns numbers as a message.
func packed(numbers ...float64) []byte {
	message := make([]byte, 0, 8*len(numbers))
	for _, x := range numbers {
		message = binary.LittleEndian.AppendUint64(message, math.Float64bits(x))
	}
	return message
}

// unpacked returns the numbers of a message, which must be a head followed by a whole number of
// records.
func unpacked(message []byte, head, record int) ([]float64, error) {
	if count := len(message) / 8; len(message)%8 != 0 || count < head || (count-head)%record != 0 {
		return nil, fmt.Errorf("a message of %d bytes cannot hold records of %d numbers: the processes do not run the same program", len(message), record)
	}
	numbers := make([]float64, len(message)/8)
	for i := range numbers {
		numbers[i] = math.Float64frombits(binary.LittleEndian.Uint64(message[8*i:]))
	}
	return numbers, nil
}

// pack returns the moments of a node of the tree over chunks as numbers.
func (m *Moments) pack(node cpuref.ChunkNode) []float64 {
	numbers := []float64{float64(node.First), float64(node.Last), float64(m.Trials)}
	for _, list := range [][]float64{m.Mean, m.Squares, m.Cubes, m.Fourths} {
		numbers = append(numbers, list...)
	}
	return numbers
}

// momentNumbers returns how many numbers pack makes.
func momentNumbers(parameters int) int { return 3 + 4*parameters }

// unpack is the inverse of pack.
func unpack(numbers []float64) (cpuref.ChunkNode, *Moments) {
	parameters := (len(numbers) - 3) / 4
	list := func(i int) []float64 { return numbers[3+i*parameters:][:parameters:parameters] }
	return cpuref.ChunkNode{First: int(numbers[0]), Last: int(numbers[1])},
		&Moments{Trials: int(numbers[2]), Mean: list(0), Squares: list(1), Cubes: list(2), Fourths: list(3)}
}
