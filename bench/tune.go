package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"spikegrad/gpu"
)

// Tuning holds the fastest workgroup sizes of kernels on a device. No result depends on it.
type Tuning struct {
	Device  string            `json:"device"`
	Driver  string            `json:"driver"`
	Groups  map[string]uint32 `json:"groups"` // [kernel]: those that are faster with another size than their own
	Kernels []TunedKernel     `json:"kernels"`
}

// TunedKernel holds the times of a kernel with each size, summed over its runs in a step.
type TunedKernel struct {
	Name  string    `json:"name"`
	Lanes []uint32  `json:"lanes"` // 0: the kernel's own choice
	MS    []float64 `json:"ms"`    // the median
	Group uint32    `json:"group"` // chosen, of Lanes
}

// worthwhile is the fraction of the time with a kernel's own size below which another size
// is preferred.
const worthwhile = 0.95

// tuningSizes are the sizes to try on a device: 0, which leaves the choice to the kernel,
// and others.
func tuningSizes(info *gpu.DeviceInfo) []uint32 {
	sizes := []uint32{0}
	for _, size := range []uint32{32, 64, 128, 256} {
		if size <= min(info.MaxWorkgroupInvocations, info.MaxWorkgroupSize[0]) {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

// Fits reports whether the tuning is valid for a device.
func (t *Tuning) Fits(info *gpu.DeviceInfo) bool {
	sizes := tuningSizes(info)
	for _, group := range t.Groups {
		if group == 0 || !slices.Contains(sizes, group) {
			return false
		}
	}
	return true
}

// tuningShapes are small versions of a dense and a convolutional network.
func tuningShapes() ([]Shape, error) {
	var shapes []Shape
	for _, small := range []struct {
		name           string
		samples, steps int
	}{{"D", 32, 100}, {"F", 16, 64}} {
		found, err := Find(small.name, "")
		if err != nil {
			return nil, err
		}
		found[0].Samples, found[0].Network.Steps = small.samples, small.steps
		shapes = append(shapes, found[0])
	}
	return shapes, nil
}

// Tune measures every kernel of a Vulkan device with several workgroup sizes, after
// comparing all bits with the reference for each of them.
func Tune(ctx context.Context, options Options, note func(string)) (*Tuning, error) {
	if !options.Choice.Vulkan {
		return nil, fmt.Errorf("the CPU engine has no workgroups: name a Vulkan device, vulkan:N")
	}
	shapes, err := tuningShapes()
	if err != nil {
		return nil, err
	}
	info := options.Choice.Info
	t := &Tuning{Device: info.Name, Driver: info.Driver + " " + info.DriverInfo, Groups: map[string]uint32{}}
	sizes := tuningSizes(&info)
	options.Kernels = true
	for _, size := range sizes {
		note("comparing bits with workgroups of " + lanesOf(size))
		options.Groups = map[string]uint32{"": size}
		for i := range shapes {
			if _, err := compare(&shapes[i], &options); err != nil {
				return nil, fmt.Errorf("workgroups of %s: %w", lanesOf(size), err)
			}
		}
	}
	times := kernelRounds{}
	for round := range options.Repeats {
		note(fmt.Sprintf("round %d of %d", round+1, options.Repeats))
		// The sizes alternate, so that a slowdown of the device affects all of them.
		for i, size := range sizes {
			options.Groups = map[string]uint32{"": size}
			if err := times.measure(ctx, shapes, &options, i, round); err != nil {
				return nil, fmt.Errorf("workgroups of %s: %w", lanesOf(size), err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(times)) {
		t.add(name, sizes, times[name])
	}
	return t, nil
}

// kernelRounds are times of kernels in milliseconds, [kernel][size][round].
type kernelRounds map[string][][]float64

// measure adds a round with one size, over all shapes.
func (r kernelRounds) measure(ctx context.Context, shapes []Shape, options *Options, size, round int) error {
	for i := range shapes {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := &shapes[i]
		kernels, err := kernelTimes(s, options, s.Network.Initialise(seed), s.Batch(s.Samples))
		if err != nil {
			return err
		}
		for _, k := range kernels {
			r.add(k.Name, size, round, k.MS)
		}
	}
	return nil
}

// add allocates an entry for a kernel's time if necessary, and adds the time to it.
func (r kernelRounds) add(name string, size, round int, ms float64) {
	for len(r[name]) <= size {
		r[name] = append(r[name], nil)
	}
	rounds := &r[name][size]
	for len(*rounds) <= round {
		*rounds = append(*rounds, 0)
	}
	(*rounds)[round] += ms
}

// lanesOf names a workgroup size.
func lanesOf(size uint32) string {
	if size == 0 {
		return "their own size"
	}
	return fmt.Sprint(size, " lanes")
}

// add chooses the size of a kernel: its own, which is the first, unless another is clearly
// faster.
func (t *Tuning) add(name string, sizes []uint32, rounds [][]float64) {
	k := TunedKernel{Name: name, Lanes: sizes, Group: sizes[0]}
	least := 0.0
	for i, list := range rounds {
		median, _ := middle(list)
		k.MS = append(k.MS, median)
		if i == 0 {
			least = worthwhile * median
		} else if median < least {
			least, k.Group = median, sizes[i]
		}
	}
	if k.Group != sizes[0] {
		t.Groups[name] = k.Group
	}
	t.Kernels = append(t.Kernels, k)
}
