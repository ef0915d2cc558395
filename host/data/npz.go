package data

import (
	"fmt"
	"slices"

	"spikegrad/host/numpy"
)

// maxUnlabelled is the largest number of samples of a file without labels: the array shape
// of a list could claim any number.
const maxUnlabelled = 1 << 24

// npzSteps is the number of steps if it cannot be read from the file.
const npzSteps = 100

// defaultNPZ takes the steps of a sample from the file, of which only headers are read. A
// file that cannot be read is an error later, when it is opened.
func defaultNPZ(o *Options) {
	o.Test = 0.2
	o.Steps = npzSteps
	archive, err := numpy.Open(o.Path)
	if err != nil {
		return
	}
	defer archive.Close()
	if shape, err := npzShape(archive); err == nil && shape[1] >= 1 && shape[1] <= maxSteps {
		o.Steps = shape[1]
	}
}

func validateNPZ(*Options) error { return nil }

// openNPZ opens a file of spikes saved by NumPy.
func openNPZ(o *Options) (Split, error) {
	archive, err := numpy.Open(o.Path)
	if err != nil {
		return Split{}, err
	}
	defer archive.Close()
	s, notes, err := readNPZ(archive, o)
	if err != nil {
		return Split{}, err
	}
	return splitNoted(s, o, notes)
}

// readNPZ reads spikes and labels. The spikes are in x:
//
//	dense   [sample][step][channel] or [sample][step][channel][height][width] of 0 and 1
//	listed  [spike][3 or 5]: where the dense array is 1, as numpy.argwhere finds it; then
//	        shape is that of the dense array
//
// and the labels are in y, [sample].
func readNPZ(archive *numpy.Archive, o *Options) (*stored, []string, error) {
	var labels []uint32
	classes := o.Unlabelled
	if o.Unlabelled == 0 {
		found, err := npzLabels(archive)
		if err != nil {
			return nil, nil, err
		}
		labels, classes = found, int(slices.Max(found))+1
	}
	x, err := archive.Array("x")
	if err != nil {
		return nil, nil, err
	}
	values, err := x.Values()
	if err != nil {
		return nil, nil, err
	}
	shape, err := npzShape(archive)
	if err != nil {
		return nil, nil, err
	}
	if o.Unlabelled > 0 && shape[0] > maxUnlabelled {
		return nil, nil, fmt.Errorf("%s: %d samples without labels; at most %d can be read", x.Name(), shape[0], maxUnlabelled)
	}
	if o.Unlabelled > 0 {
		labels = make([]uint32, shape[0])
	}
	if shape[0] != len(labels) {
		return nil, nil, fmt.Errorf("%s: y has %d labels, but x has %d samples", o.Path, len(labels), shape[0])
	}
	about := description{name: o.Name, steps: o.Steps, stepLength: o.StepLength}
	if about.channels, about.shape, err = npzChannels(shape, o); err != nil {
		return nil, nil, err
	}
	r := npzReader{name: x.Name(), values: &values, shape: shape, steps: o.Steps, s: &stored{description: about}}
	r.s.classNames = numberedClasses(classes)
	r.raster = newRaster(o.Steps, about.channels)
	if archive.Has("shape") {
		err = r.readList(x, labels)
	} else {
		err = r.readDense(labels)
	}
	if err != nil {
		return nil, nil, err
	}
	var notes []string
	if r.late > 0 {
		notes = append(notes, fmt.Sprintf("%s: %s after step %d, dropped", o.Path, counted(r.late, "spike"), o.Steps-1))
	}
	if r.merged > 0 {
		notes = append(notes, fmt.Sprintf("%s: %s listed twice, merged", o.Path, counted(r.merged, "spike")))
	}
	notes, err = o.refuse(npzVanished(len(r.s.channels), r.late, o), notes)
	return r.s, notes, err
}

// npzVanished returns an error if almost none of the spikes fall in the steps.
func npzVanished(kept, late int, o *Options) error {
	switch {
	case o.MinKept == 0 || float64(kept) >= o.MinKept*float64(kept+late) && kept > 0:
		return nil
	case late == 0:
		return fmt.Errorf("%s: it has no spikes; set data.min_kept = 0 to use it anyway", o.Path)
	}
	return fmt.Errorf("%s: %d of %s fall in the %d steps of data.steps; x is [sample][step][channel…] (data.min_kept = 0 uses it anyway)",
		o.Path, kept, counted(kept+late, "spike"), o.Steps)
}

// npzLabels reads y.
func npzLabels(archive *numpy.Archive) ([]uint32, error) {
	y, err := archive.Array("y")
	if err != nil {
		return nil, err
	}
	values, err := y.Values()
	if err != nil {
		return nil, err
	}
	if len(y.Shape()) != 1 || y.Len() == 0 {
		return nil, fmt.Errorf("%s: shape %s found; one label for each sample is needed", y.Name(), y.ShapeText())
	}
	labels := make([]uint32, y.Len())
	for i := range labels {
		label, err := values.Integer(i)
		if err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", y.Name(), i, err)
		}
		if label < 0 || label > maxLabel {
			return nil, fmt.Errorf("%s[%d]: label %d found, 0 to %d is allowed", y.Name(), i, label, maxLabel)
		}
		labels[i] = uint32(label)
	}
	return labels, nil
}

// npzShape returns the shape of the dense array: 3 or 5 lengths.
func npzShape(archive *numpy.Archive) ([]int, error) {
	shape, err := archive.Shape("x")
	if err != nil {
		return nil, err
	}
	if archive.Has("shape") {
		listed := shape
		lengths, err := archive.Array("shape")
		if err != nil {
			return nil, err
		}
		values, err := lengths.Values()
		if err != nil {
			return nil, err
		}
		shape = shape[:0:0]
		for i := range min(values.Len(), 6) {
			length, err := values.Integer(i)
			if err != nil || length < 0 || length > maxStoredSpikes {
				return nil, fmt.Errorf("%s[%d] = %g: a length is needed", lengths.Name(), i, values.Float(i))
			}
			shape = append(shape, int(length))
		}
		if len(listed) != 2 || listed[1] != len(shape) {
			return nil, fmt.Errorf("%s: because there is an array shape, x must list spikes, one row of %d numbers each (numpy.argwhere); it has shape %v", lengths.Name(), len(shape), listed)
		}
	}
	if len(shape) != 3 && len(shape) != 5 {
		return nil, fmt.Errorf("%s: x has %d dimensions; [sample][step][channel] or [sample][step][channel][height][width] is needed (numbers other than spikes are read from csv:FILE)",
			archive.Name(), len(shape))
	}
	return shape, nil
}

// npzChannels returns the number of input channels of a dense array, and their shape.
func npzChannels(dense []int, o *Options) (int, Shape, error) {
	channels, shape := 1, Shape{}
	for _, length := range dense[2:] {
		if length < 1 || length > maxChannels || channels > maxChannels/length {
			return 0, Shape{}, fmt.Errorf("%s: x has %v channels; 1 to %d are possible in all", o.Path, dense[2:], maxChannels)
		}
		channels *= length
	}
	if len(dense) == 5 {
		shape = Shape{dense[2], dense[3], dense[4]}
	}
	if dense[0] > maxStoredSpikes/o.Steps {
		return 0, Shape{}, fmt.Errorf("%s: %d samples of %d steps are more than %d steps in all; lower data.steps", o.Path, dense[0], o.Steps, maxStoredSpikes)
	}
	return channels, shape, nil
}

// npzReader sorts spikes into samples.
type npzReader struct {
	name         string // of file and array
	values       *numpy.Column
	shape        []int // of the dense array
	steps        int
	s            *stored
	raster       *raster
	late, merged int
}

// place formats an index of an array as Python does.
func place(shape []int, flat int) string {
	text := ""
	for d := len(shape) - 1; d >= 0; d-- {
		text = fmt.Sprintf(", %d%s", flat%shape[d], text)
		flat /= shape[d]
	}
	return "[" + text[2:] + "]"
}

// readDense reads an array in which 1 is a spike.
func (r *npzReader) readDense(labels []uint32) error {
	channels, steps := r.s.description.channels, r.shape[1]
	for sample, label := range labels {
		for step := range steps {
			for channel := range channels {
				at := (sample*steps+step)*channels + channel
				switch value := r.values.Float(at); {
				case value == 0:
				case value != 1:
					return fmt.Errorf("%s%s: %g found; want 0, or 1 for a spike", r.name, place(r.shape, at), value)
				case step >= r.steps:
					r.late++
				default:
					r.raster.mark(step, channel)
				}
			}
		}
		r.s.add(label, r.raster)
	}
	return nil
}

// readList reads the indices of spikes, in any order.
func (r *npzReader) readList(x *numpy.Array, labels []uint32) error {
	width, rows := len(r.shape), x.Shape()[0]
	channels := r.s.description.channels
	places := make([]uint64, rows) // step·channels + channel
	starts := make([]int, len(labels)+1)
	samples := make([]uint32, rows)
	for row := range rows {
		at := uint64(0)
		for d, length := range r.shape {
			value, err := r.values.Integer(row*width + d)
			if err != nil {
				return fmt.Errorf("%s[%d, %d]: %w", r.name, row, d, err)
			}
			if value < 0 || value >= int64(length) {
				return fmt.Errorf("%s[%d, %d]: %d found; shape allows 0 to %d", r.name, row, d, value, length-1)
			}
			if d == 0 {
				samples[row] = uint32(value)
				starts[value+1]++
				continue
			}
			at = at*uint64(length) + uint64(value)
		}
		places[row] = at
	}
	for sample := range labels {
		starts[sample+1] += starts[sample]
	}
	sorted := make([]uint64, rows)
	next := slices.Clone(starts)
	for row, sample := range samples {
		sorted[next[sample]] = places[row]
		next[sample]++
	}
	for sample, label := range labels {
		for _, at := range sorted[starts[sample]:starts[sample+1]] {
			switch step := at / uint64(channels); {
			case step >= uint64(r.steps):
				r.late++
			case !r.raster.mark(int(step), int(at%uint64(channels))):
				r.merged++
			}
		}
		r.s.add(label, r.raster)
	}
	return nil
}
