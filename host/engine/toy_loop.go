package engine

import (
	"errors"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// ToyLoop is a closed curve in the space of the toy network's five parameters; see
// [cpuref.ToyLoop].
type ToyLoop struct {
	Angles        [][2]float32 // [point]: sine and cosine
	Directions    []float32    // [4][5]
	Beta          float32
	BetaSurrogate []float32 // one run per value
}

// LoopSums are the sums over all points of gradient times tangent, in the order of
// BetaSurrogate.
type LoopSums struct {
	Surrogate, Truth []float32
}

// Sum runs around the curve on a device in single precision. Every device gives the same bits.
func (l *ToyLoop) Sum(choice Choice, options Options) (LoopSums, Description, error) {
	if choice.Vulkan {
		return l.sumVulkan(choice.Info.Index, options)
	}
	var sums LoopSums
	blocks := l.blocks()
	partial := make([]float32, 4*blocks)
	for _, beta := range l.BetaSurrogate {
		arguments := cpuref.ToyLoopArguments[float32]{
			Partial: partial, Angles: l.Angles, Directions: l.Directions,
			Points: len(l.Angles), Beta: l.Beta, BetaSurrogate: beta,
		}
		parallel(workerCount(options.Workers), blocks, func(_, block int) { cpuref.ToyLoop(&arguments, block, block+1) })
		cpuref.SumChunks(partial, blocks, 4, 0, 4)
		sums.add(partial)
	}
	return sums, describeCPU(options.Workers), nil
}

func (l *ToyLoop) blocks() int {
	return (len(l.Angles) + cpuref.ToyLoopPoints - 1) / cpuref.ToyLoopPoints
}

func (s *LoopSums) add(sum []float32) {
	s.Surrogate, s.Truth = append(s.Surrogate, sum[0]), append(s.Truth, sum[1])
}

func (l *ToyLoop) sumVulkan(index int, options Options) (sums LoopSums, description Description, err error) {
	device, err := gpu.Open(index, gpu.Options{Validation: options.Validation, CacheDir: options.CacheDir})
	if err != nil {
		return sums, description, err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	description = describeVulkan(device.Info())
	loop, err := kernels.NewToyLoop(device)
	if err != nil {
		return sums, description, err
	}
	tree, err := kernels.NewSumChunks(device)
	if err != nil {
		return sums, description, err
	}
	count, first := uint32(l.blocks()), make([]float32, 4)
	buffer := bufferMaker(device, &err)
	partial := buffer("partial sums", 4*int(count))
	angles := buffer("angles", 2*len(l.Angles))
	directions := buffer("directions", len(l.Directions))
	if err != nil {
		return sums, description, err
	}
	if err := errors.Join(angles.Upload(0, asBytes(l.Angles)), directions.Upload(0, asBytes(l.Directions))); err != nil {
		return sums, description, err
	}
	for _, beta := range l.BetaSurrogate {
		stream, err := device.NewStream("loop")
		if err != nil {
			return sums, description, err
		}
		defer stream.Free()
		err = loop.Record(stream, kernels.ToyLoopBuffers{Partial: whole(partial), Angles: whole(angles), Directions: whole(directions)},
			kernels.ToyLoopParameters{Points: uint32(len(l.Angles)), Beta: l.Beta, BetaSurrogate: beta})
		for _, do := range []func() error{
			func() error {
				return tree.Record(stream, kernels.SumChunksBuffers{Partial: whole(partial)}, count, 4)
			},
			stream.Finish, stream.Run,
			func() error { return partial.Download(asBytes(first), 0) },
		} {
			if err == nil {
				err = do()
			}
		}
		if err != nil {
			return sums, description, err
		}
		sums.add(first)
	}
	return sums, description, nil
}
