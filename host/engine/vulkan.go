package engine

import (
	"fmt"
	"sync"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/network"
	"spikegrad/kernels"
)

// Vulkan runs a network on a Vulkan device. A batch goes through the device in passes of as many
// samples as fit; the command streams of a pass are recorded once for each number of samples and
// resubmitted.
type Vulkan struct {
	plan    *plan[float32]
	device  *gpu.Device
	lent    bool // the caller owns the device
	kernels *kernelSet
	limits  limits
	cut     segmentation
	augment augmentSize // the largest so far

	weights    []*gpu.Buffer   // packed
	constants  []*gpu.Buffer   // [layer]: kernels.NeuronConstants
	varied     []*gpu.Buffer   // [layer]: cpuref.LearnedConstants; nil where none are learned
	geometries []*gpu.Buffer   // [weight array]: kernels.WindowNumbers
	transposed []*gpu.Buffer   // packed transposes; nil where no error flows through
	states     [][]*gpu.Buffer // [weight array][state]
	partial    []*gpu.Buffer   // [weight array]: partial gradients of the chunks of a pass
	sums       []*gpu.Buffer   // [weight array]: gradients of the passes, if there are several
	norms      staged          // partial sums of the gradients' squared norms; see normOf
	update     staged          // [weight array]: parameters of an update, updateStride bytes apart

	passes  map[int]int // [samples of a batch]: samples per pass; see passSamples
	pass    *pass       // arrays for the samples of a pass; nil before the first batch
	streams map[streamKey]*gpu.Stream
	running []*gpu.Stream // started and not yet waited for

	staging sync.Mutex // guards input rooms, and changes of passes and pass, which Prepare reads
	brought uint64     // number of passes whose events were uploaded ahead
	room    int        // of the last pass's input

	replicas  *Vulkan    // the engine that runs replicas; nil before the first
	presented *presented // where replicas begin; nil in other engines

	samples int // of the last gradient; 0 if there is none
	summed  int // passes whose gradients are in sums; 0 if the gradient is in partial

	loss        []float32
	regularizer []float32
	predicted   []uint32
	totals      [][]uint32
}

// streamKey identifies a recorded stream.
type streamKey struct {
	purpose   purpose
	room      int  // of the input
	samples   int  // of the pass; passes for purposeReduce; chunks for purposeNode; unused for an update
	segment   int  // for purposeSegment and purposeRest; the first chunk for purposeNode
	lowest    int  // layer that runs first, for purposeRest
	augmented bool // the input spikes are varied first
	dropping  bool // layers drop spikes that they hand up
}

type purpose int

const (
	purposeEvaluate purpose = iota
	purposeGradient
	purposeRest    // evaluates from a segment on, after the copies of present
	purposeSegment // recomputes the membranes of a segment
	purposeSave    // copies the gradient of a pass; samples is the pass's number
	purposeReduce  // adds up the gradients of the passes
	purposePartial // like purposeGradient, but without summing the gradients of the chunks
	purposeNode    // sums those of some chunks
	purposeUpdate
	purposeUpdateSums // the same from sums
	purposeDerive
	purposeNorm
	purposeNormSums // the same from sums
)

var _ Engine = (*Vulkan)(nil)

// OpenVulkan opens the Vulkan device with an index and makes an engine on it whose weights are
// zero. The network must not change while the engine is in use.
func OpenVulkan(n *network.Network, index int, options Options) (*Vulkan, error) {
	p, err := newPlan[float32](n, options)
	if err != nil {
		return nil, err
	}
	device, err := gpu.Open(index, gpu.Options{
		Validation: options.Validation, Profile: options.Profile, CacheDir: options.CacheDir, Tuning: options.Tuning,
	})
	if err != nil {
		return nil, err
	}
	e := newVulkan(p, device)
	if err := e.open(); err != nil {
		device.Close()
		return nil, fmt.Errorf("device %s: %w", device.Info().Name, err)
	}
	return e, nil
}

func newVulkan(p *plan[float32], device *gpu.Device) *Vulkan {
	if kernels.HasForm(device, kernels.FormSumsApart) {
		p.sumApart()
	}
	e := sizedVulkan(p, device.Info())
	e.device = device
	return e
}

// sizedVulkan makes an engine that knows its sizes and has no device yet.
func sizedVulkan(p *plan[float32], info gpu.DeviceInfo) *Vulkan {
	e := &Vulkan{
		plan: p, limits: limitsOf(info),
		streams: map[streamKey]*gpu.Stream{}, passes: map[int]int{}, totals: make([][]uint32, len(p.layers)),
	}
	e.chooseCut()
	return e
}

func (e *Vulkan) open() (err error) {
	if err := e.checkRounds(); err != nil {
		return err
	}
	if err := e.checkWeightBytes(); err != nil {
		return err
	}
	if e.kernels, err = newKernelSet(e.device, e.plan); err != nil {
		return err
	}
	e.layWeights(bufferMaker(e.device, &err))
	e.partial = make([]*gpu.Buffer, len(e.plan.weights))
	e.sums = make([]*gpu.Buffer, len(e.plan.weights))
	if err == nil {
		err = stage(e.device, &e.update, &e.norms)
	}
	if err == nil {
		err = e.uploadConstants()
	}
	if err == nil {
		err = e.uploadVaried()
	}
	if err != nil {
		return err
	}
	return e.SetOptimizer(nil)
}

// layWeights makes the arrays that an engine holds regardless of the batch: buffer makes one of the
// given number of 4-byte numbers.
func (e *Vulkan) layWeights(buffer func(name string, values int) *gpu.Buffer) {
	for _, w := range e.plan.weights {
		e.weights = append(e.weights, buffer(w.Name, w.size))
		var transposed *gpu.Buffer
		if w.source >= 0 { // no error flows to the data
			transposed = buffer(w.Name+" transposed", w.transposedSize())
		}
		e.transposed = append(e.transposed, transposed)
		var arrays []*gpu.Buffer
		for s := range states(e.plan.options.Optimizer) {
			arrays = append(arrays, buffer(fmt.Sprintf("%s state %d", w.Name, s), w.size))
		}
		e.states = append(e.states, arrays)
	}
	e.update.Buffer = buffer("update", len(e.plan.weights)*int(e.updateStride()/4))
	e.norms.Buffer = buffer("norms", int(e.normAt(len(e.plan.weights))/4))
}

// uploadConstants uploads the constants of all layers' neurons and the geometry of all connections.
func (e *Vulkan) uploadConstants() (err error) {
	buffer := bufferMaker(e.device, &err)
	for l, layer := range e.plan.layers {
		constants := kernels.NeuronConstants(&layer.neuron)
		e.constants = append(e.constants, buffer(fmt.Sprintf("layer%d constants", l), len(constants)))
		if err == nil {
			err = e.constants[l].Upload(0, asBytes(constants))
		}
	}
	for i, w := range e.plan.weights {
		numbers := kernels.WindowNumbers(w.window)
		e.geometries = append(e.geometries, buffer(w.Name+" geometry", len(numbers)))
		if err == nil {
			err = e.geometries[i].Upload(0, asBytes(numbers))
		}
	}
	return err
}

// uploadVaried makes the arrays of learned constants, with the neurons' values before anything is
// learned.
func (e *Vulkan) uploadVaried() (err error) {
	buffer := bufferMaker(e.device, &err)
	for l := range e.plan.layers {
		var varied *gpu.Buffer
		if rows := e.plan.constantRows(l); rows != nil {
			if varied = buffer(fmt.Sprintf("layer%d learned constants", l), len(rows)); err == nil {
				err = varied.Upload(0, asBytes(rows))
			}
		}
		e.varied = append(e.varied, varied)
	}
	return err
}

// Describe names the device and its driver.
func (e *Vulkan) Describe() Description {
	return describeVulkan(e.device.Info())
}

func describeVulkan(info gpu.DeviceInfo) Description {
	return Description{Device: info.Name, Driver: fmt.Sprintf("%s %s, Vulkan %s", info.Driver, info.DriverInfo, info.VersionString())}
}

// Messages returns what the validation layer has reported so far; see [Options.Validation].
func (e *Vulkan) Messages() []string { return e.device.Messages() }

// PeakMemory is the most device memory that has been in use so far, in bytes.
func (e *Vulkan) PeakMemory() uint64 {
	_, peak := e.device.Memory()
	return peak
}

// Timings returns the time that each kernel took in the last gradient of a pass and the last
// update, in the order of a step; nothing without [Options.Profile].
func (e *Vulkan) Timings() []gpu.Timing {
	if e.settle() != nil {
		return nil
	}
	var timings []gpu.Timing
	for _, wanted := range []purpose{purposeGradient, purposeUpdate, purposeUpdateSums} {
		for key, stream := range e.streams {
			if key.purpose == wanted && (wanted != purposeGradient || key.room == e.room) {
				timings = append(timings, stream.Timings()...)
			}
		}
	}
	return timings
}

// SetWeights implements [Engine].
func (e *Vulkan) SetWeights(weights [][]float32) error {
	if err := checkWeights(e.plan.weights, weights); err != nil {
		return err
	}
	if err := e.plan.checkBounds(weights); err != nil {
		return err
	}
	if err := e.settle(); err != nil {
		return err
	}
	for i, w := range e.plan.weights {
		packed := make([]float32, w.size)
		pack(w, packed, weights[i])
		for j, value := range packed {
			packed[j] = cpuref.FlushWeight(value)
		}
		if err := e.weights[i].Upload(0, asBytes(packed)); err != nil {
			return err
		}
	}
	return e.run(streamKey{purpose: purposeDerive})
}

// Weights implements [Engine].
func (e *Vulkan) Weights() ([][]float32, error) { return e.download(e.weights) }

// download copies the packed arrays of all weights, the first in each buffer.
func (e *Vulkan) download(buffers []*gpu.Buffer) ([][]float32, error) {
	var arrays [][]float32
	for i := range e.plan.weights {
		array, err := e.downloadOne(i, buffers[i])
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, array)
	}
	return arrays, nil
}

func (e *Vulkan) downloadOne(i int, buffer *gpu.Buffer) ([]float32, error) {
	packed, err := e.downloadPacked(i, buffer)
	if err != nil {
		return nil, err
	}
	w := e.plan.weights[i]
	array := make([]float32, w.Rows*w.Columns)
	unpack(w, array, packed)
	return array, nil
}

// downloadPacked copies the packed array of weights i, the first in a buffer.
func (e *Vulkan) downloadPacked(i int, buffer *gpu.Buffer) ([]float32, error) {
	if err := e.settle(); err != nil {
		return nil, err
	}
	packed := make([]float32, e.plan.weights[i].size)
	return packed, buffer.Download(asBytes(packed), 0)
}

// Gradients implements [Engine].
func (e *Vulkan) Gradients() ([][]float32, error) {
	if e.samples == 0 {
		return nil, errNoGradient
	}
	gradients, err := e.download(e.gradientBuffers())
	inverse := float32(1 / float64(e.samples))
	for _, gradient := range gradients {
		for j := range gradient {
			gradient[j] *= inverse
		}
	}
	return gradients, err
}

// SetOptimizer implements [Engine].
func (e *Vulkan) SetOptimizer(given [][][]float32) error {
	initial := states(e.plan.options.Optimizer)
	if err := checkStates(e.plan.weights, len(initial), given); err != nil {
		return err
	}
	if err := e.settle(); err != nil {
		return err
	}
	for i, w := range e.plan.weights {
		for s, start := range initial {
			packed := make([]float32, w.size)
			for j := range packed {
				packed[j] = start
			}
			if given != nil {
				pack(w, packed, given[i][s])
			}
			if err := e.states[i][s].Upload(0, asBytes(packed)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Optimizer implements [Engine].
func (e *Vulkan) Optimizer() ([][][]float32, error) {
	var all [][][]float32
	for i := range e.plan.weights {
		var arrays [][]float32
		for _, state := range e.states[i] {
			array, err := e.downloadOne(i, state)
			if err != nil {
				return nil, err
			}
			arrays = append(arrays, array)
		}
		all = append(all, arrays)
	}
	return all, nil
}

// Update implements [Engine]. It returns before the device is done; later calls wait for it.
func (e *Vulkan) Update(update Update) error {
	if e.samples == 0 {
		return errNoGradient
	}
	if err := e.settle(); err != nil { // an update before this one
		return err
	}
	parameters, err := e.plan.updates(update, e.samples, e.normParts)
	if err != nil {
		return err
	}
	for i := range parameters {
		copy(e.update.host.Mapped()[uint64(i)*e.updateStride():], updateBytes(&parameters[i]))
	}
	if e.summed > 0 {
		return e.start(streamKey{purpose: purposeUpdateSums})
	}
	return e.start(streamKey{purpose: purposeUpdate})
}

// normParts returns the partial sums of the squared norm of every weight array's gradient times a
// scale; none for frozen arrays. No stream may be running.
func (e *Vulkan) normParts(scale float32) ([][]float32, error) {
	parameters := cpuref.UpdateParameters[float32]{InverseBatch: scale}
	copy(e.update.host.Mapped(), updateBytes(&parameters))
	key := streamKey{purpose: purposeNorm}
	if e.summed > 0 {
		key.purpose = purposeNormSums
	}
	if err := e.run(key); err != nil {
		return nil, err
	}
	parts := make([][]float32, len(e.plan.weights))
	for i, w := range e.plan.weights {
		if w.frozen {
			continue
		}
		parts[i] = make([]float32, normBlocks(w.size))
		copy(asBytes(parts[i]), asBytes(e.norms.words(e.normAt(i))))
	}
	return parts, nil
}

// normAt is where the partial sums of the squared norm of weight array i's gradient begin, in
// bytes; after the last array, where they end.
func (e *Vulkan) normAt(i int) (at uint64) {
	for _, w := range e.plan.weights[:i] {
		at = aligned(at+4*uint64(normBlocks(w.size)), e.limits.alignment)
	}
	return at
}

// normOf binds the sums at normAt.
func (e *Vulkan) normOf(i int) gpu.Binding {
	return gpu.Binding{Buffer: e.norms.Buffer, Offset: e.normAt(i), Bytes: 4 * uint64(normBlocks(e.plan.weights[i].size))}
}

// Close closes the device; if the caller owns it, it stays open, but the engine's arrays are freed.
func (e *Vulkan) Close() error {
	if !e.lent {
		return e.device.Close()
	}
	e.free()
	return nil
}
