package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"spikegrad/gpu"
	"spikegrad/kernels"
)

// Tuning holds what makes kernels fast on a device, as far as that is other than their own
// choice, and how it was measured. No result depends on it.
type Tuning struct {
	Device string `json:"device"`
	Driver string `json:"driver"`
	gpu.Tuning
	Kernels       []TunedKernel `json:"kernels"`
	MeasuredForms []TunedForm   `json:"measured_forms"`
}

// TunedKernel holds the times of a kernel with each size, summed over its runs in a step.
type TunedKernel struct {
	Name  string    `json:"name"`
	Lanes []uint32  `json:"lanes"` // 0: the kernel's own choice
	MS    []float64 `json:"ms"`    // the median
	Group uint32    `json:"group"` // chosen, of Lanes
}

// TunedForm holds the time of all kernels without and with a form.
type TunedForm struct {
	Name    string  `json:"name"`
	Without float64 `json:"without_ms"` // the median
	With    float64 `json:"with_ms"`
	Taken   bool    `json:"taken"`
}

// worthwhile is the largest share of the time of their own choice that kernels may take with
// another for that to be preferred.
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
	for form := range t.Forms {
		if !slices.Contains(kernels.Forms, form) {
			return false
		}
	}
	return true
}

// tuningShapes are small versions of a feed-forward, a recurrent and a convolutional network.
func tuningShapes() ([]Shape, error) {
	var shapes []Shape
	for _, small := range []struct {
		name           string
		samples, steps int
	}{{"D", 32, 100}, {"E", 32, 64}, {"F", 16, 64}} {
		found, err := Find(small.name, "")
		if err != nil {
			return nil, err
		}
		found[0].Samples, found[0].Network.Steps = small.samples, small.steps
		shapes = append(shapes, found[0])
	}
	return shapes, nil
}

// Tune measures every kernel of a Vulkan device with workgroups of several sizes, and then all
// kernels together without and with each of their forms, after comparing all bits with the
// reference for each of them.
func Tune(ctx context.Context, options Options, note func(string)) (*Tuning, error) {
	if !options.Choice.Vulkan {
		return nil, fmt.Errorf("the CPU engine has no workgroups: name a Vulkan device, vulkan:N")
	}
	shapes, err := tuningShapes()
	if err != nil {
		return nil, err
	}
	info := options.Choice.Info
	t := &Tuning{Device: info.Name, Driver: info.Driver + " " + info.DriverInfo}
	t.Groups, t.Forms = map[string]uint32{}, map[string]bool{}
	sizes := tuningSizes(&info)
	options.Kernels = true
	var variants []tuningVariant
	for _, size := range sizes {
		variants = append(variants, tuningVariant{"workgroups of " + lanesOf(size), gpu.Tuning{Groups: map[string]uint32{"": size}}})
	}
	times, err := measureVariants(ctx, shapes, options, variants, note)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(times)) {
		t.add(name, sizes, times[name])
	}
	for _, form := range kernels.Forms {
		variants := []tuningVariant{{"form " + form + " off", t.withForm(form, false)}, {"form " + form + " on", t.withForm(form, true)}}
		times, err := measureVariants(ctx, shapes, options, variants, note)
		if err != nil {
			return nil, err
		}
		t.addForm(form, kernels.FormsSuit(info), times)
	}
	return t, nil
}

// tuningVariant is one way for kernels to run.
type tuningVariant struct {
	name   string
	tuning gpu.Tuning
}

// withForm is what was found so far, without or with a form.
func (t *Tuning) withForm(form string, taken bool) gpu.Tuning {
	forms := maps.Clone(t.Forms)
	forms[form] = taken
	return gpu.Tuning{Groups: t.Groups, Forms: forms}
}

// measureVariants compares the bits of each variant with the reference, and then measures them.
func measureVariants(ctx context.Context, shapes []Shape, options Options, variants []tuningVariant, note func(string)) (kernelRounds, error) {
	for _, v := range variants {
		note("comparing bits with " + v.name)
		options.Tuning = v.tuning
		for i := range shapes {
			if _, err := compare(&shapes[i], &options); err != nil {
				return nil, fmt.Errorf("%s: %w", v.name, err)
			}
		}
	}
	times := kernelRounds{}
	for round := range options.Repeats {
		note(fmt.Sprintf("round %d of %d", round+1, options.Repeats))
		// The variants take turns, so that a device that slows down slows all of them.
		for i, v := range variants {
			options.Tuning = v.tuning
			if err := times.measure(ctx, shapes, &options, i, round); err != nil {
				return nil, fmt.Errorf("%s: %w", v.name, err)
			}
		}
	}
	return times, nil
}

// kernelRounds are times of kernels, milliseconds, [kernel][variant][round].
type kernelRounds map[string][][]float64

// measure adds a round with one variant, all shapes together.
func (r kernelRounds) measure(ctx context.Context, shapes []Shape, options *Options, variant, round int) error {
	for i := range shapes {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := &shapes[i]
		kernels, _, err := kernelTimes(s, options, s.Network.Initialise(seed), s.Batch(s.Samples))
		if err != nil {
			return err
		}
		for _, k := range kernels {
			r.add(k.Name, variant, round, k.MS)
		}
	}
	return nil
}

// add makes room for what a kernel took, and counts it.
func (r kernelRounds) add(name string, variant, round int, ms float64) {
	for len(r[name]) <= variant {
		r[name] = append(r[name], nil)
	}
	rounds := &r[name][variant]
	for len(*rounds) <= round {
		*rounds = append(*rounds, 0)
	}
	(*rounds)[round] += ms
}

// totals are the times of all kernels together with a variant, [round].
func (r kernelRounds) totals(variant int) (ms []float64) {
	for _, rounds := range r {
		if variant < len(rounds) {
			for round, time := range rounds[variant] {
				for len(ms) <= round {
					ms = append(ms, 0)
				}
				ms[round] += time
			}
		}
	}
	return ms
}

// lanesOf names a size of workgroups.
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

// addForm chooses whether a form is taken, given the kernels' own choice: that, unless the
// opposite is clearly faster. Variant 0 is without the form, variant 1 with it.
func (t *Tuning) addForm(name string, own bool, times kernelRounds) {
	f := TunedForm{Name: name, Taken: own}
	f.Without, _ = middle(times.totals(0))
	f.With, _ = middle(times.totals(1))
	if own {
		f.Taken = f.Without >= worthwhile*f.With
	} else {
		f.Taken = f.With < worthwhile*f.Without
	}
	if f.Taken != own {
		t.Forms[name] = f.Taken
	}
	t.MeasuredForms = append(t.MeasuredForms, f)
}
