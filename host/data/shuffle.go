package data

import (
	"fmt"
	"math/bits"

	"spikegrad/cpuref"
)

// The third word of a shuffle's counter is its purpose.
const (
	shuffleEpoch uint32 = iota
	shuffleTest
	shuffleValidation
)

// Order returns the order in which the n samples of a training set are presented
// in an epoch (numbered from 0) of the run with the given seed.
func Order(n int, seed, epoch uint32) []int {
	order := ascending(n)
	shuffle(order, seed, epoch, shuffleEpoch)
	return order
}

func ascending(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// shuffle permutes values (Fisher and Yates). A position is drawn from 64 random
// bits, so none is preferred by more than n·2⁻⁶⁴.
func shuffle(values []int, seed, epoch, purpose uint32) {
	key := [2]uint32{seed, uint32(cpuref.StreamShuffle)}
	for i := len(values) - 1; i > 0; i-- {
		words := cpuref.Philox(key, [4]uint32{uint32(i), epoch, purpose, 0})
		j, _ := bits.Mul64(uint64(words[0])<<32|uint64(words[1]), uint64(i+1))
		values[i], values[j] = values[j], values[i]
	}
}

// split divides a source in three. The test samples depend only on SplitSeed, so
// that runs with different seeds are tested on the same samples; the validation
// samples are drawn from the others with the seed of the run.
func split(source Source, options *Options) (Split, error) {
	if options.Unlabelled > 0 {
		return Split{Train: source, Validation: source, Test: source}, nil
	}
	train, validation, test, err := partition(source.Len(), options)
	if err != nil {
		return Split{}, fmt.Errorf("%s: %w", source.Name(), err)
	}
	return Split{
		Train:      &subset{source, train},
		Validation: &subset{source, validation},
		Test:       &subset{source, test},
	}, nil
}

// partition divides n samples as [split] does.
func partition(n int, options *Options) (train, validated, tested []int, err error) {
	order := ascending(n)
	shuffle(order, options.SplitSeed, 0, shuffleTest)
	test := wholeShare(n, options.Test)
	rest := order[test:]
	shuffle(rest, options.Seed, 0, shuffleValidation)
	validation := wholeShare(n, options.Validation)
	if test+validation >= n {
		return nil, nil, nil, fmt.Errorf("%d samples, of which %d are for validation and %d for testing, leave none for training; lower validation or test",
			n, validation, test)
	}
	return rest[validation:], rest[:validation], order[:test], nil
}

// wholeShare returns the number of samples nearest to a fraction of n.
func wholeShare(n int, fraction float64) int {
	return int(float64(float64(n)*fraction) + 0.5)
}
