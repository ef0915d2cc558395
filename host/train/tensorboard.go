package train

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"math/bits"
	"strings"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/figure"
	"spikegrad/host/tensorboard"
)

// board writes what a run measures as events for TensorBoard; a nil one writes nothing. The step
// of an event is the number of updates made. Events that the folder's files already have are not
// written again: after a resume they would be the same, because the run is.
type board struct {
	folder string
	warn   func(string)
	writer *tensorboard.Writer // nil until opened, and after a failure
	last   map[string]int64    // [tag]: step of the newest event in the folder
}

// configurationTag is the tag of the configuration, with its hash, by which a run recognizes its
// own events.
const configurationTag = "configuration/text_summary"

// newBoard reads which events a folder has; it writes nothing. A new run needs a folder without
// events, a resumed one its own.
func newBoard(folder string, config *Config, resumed bool, warn func(string)) (*board, error) {
	if folder == "" {
		return nil, nil
	}
	files, err := tensorboard.Files(folder)
	if err != nil {
		return nil, err
	}
	b, own := &board{folder: folder, warn: warn, last: map[string]int64{}}, false
	for _, path := range files {
		err := tensorboard.Read(path, func(e tensorboard.Event) {
			for _, v := range e.Values {
				b.last[v.Tag] = max(b.last[v.Tag], e.Step)
				text, _ := v.Content.(tensorboard.Text)
				own = own || v.Tag == configurationTag && strings.Contains(string(text), config.Hash())
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if len(files) > 0 && !(resumed && own) {
		return nil, fmt.Errorf("the folder %s for TensorBoard holds events of another run: choose a new one, such as %s/NAME; TensorBoard shows all folders below a common parent", folder, strings.TrimRight(folder, "/"))
	}
	return b, nil
}

// open starts an event file with what is known about the run so far.
func (b *board) open(r *run) error {
	if b == nil {
		return nil
	}
	var err error
	if b.writer, err = tensorboard.Create(b.folder); err != nil {
		return err
	}
	if _, there := b.last[configurationTag]; !there {
		text := "    " + strings.ReplaceAll(strings.TrimSpace(r.config.Commented()), "\n", "\n    ")
		b.write(0, tensorboard.Value{Tag: configurationTag, Content: tensorboard.Text("Hash: `" + r.config.Hash() + "`\n\n" + text)})
	}
	for i := range r.progress.History {
		b.epoch(&r.progress.History[i])
	}
	if r.progress.Position == 0 && len(r.progress.History) > 0 { // it may have been killed in between
		b.state(r)
	}
	return nil
}

func (b *board) close() {
	if b != nil && b.writer != nil {
		if err := b.writer.Close(); err != nil {
			b.warn(err.Error())
		}
		b.writer = nil
	}
}

// sync makes sure that a checkpoint never has more updates than the event files.
func (b *board) sync() {
	if b != nil && b.writer != nil {
		b.keep(b.writer.Sync())
	}
}

// keep disables events after a failure: a full disk is no reason to abort a run.
func (b *board) keep(err error) {
	if err == nil {
		return
	}
	b.warn(fmt.Sprintf("TensorBoard events are no longer written: %v", err))
	b.writer.Close()
	b.writer = nil
}

// wanted reports whether a tag has no event yet at a step or later.
func (b *board) wanted(tag string, step int) bool {
	last, there := b.last[tag]
	return !there || int64(step) > last
}

// write writes the values that are wanted.
func (b *board) write(step int, values ...tensorboard.Value) {
	var kept []tensorboard.Value
	for _, v := range values {
		if b.wanted(v.Tag, step) {
			kept = append(kept, v)
		}
	}
	if b.writer == nil || len(kept) == 0 {
		return
	}
	b.keep(b.writer.Write(int64(step), kept...))
	for _, v := range kept {
		b.last[v.Tag] = int64(step)
	}
}

// scalars collects numbers; unknown ones are left out.
type scalars []tensorboard.Value

func (s *scalars) add(tag string, value float64) {
	*s = append(*s, tensorboard.Value{Tag: tag, Content: tensorboard.Scalar(value)})
}

func (s *scalars) known(tag string, value *float64) {
	if value != nil {
		s.add(tag, *value)
	}
}

// update writes the measurements of an update.
func (b *board) update(r *run, outcome engine.Outcome, learningRate float64) {
	if b == nil || b.writer == nil {
		return
	}
	var t totals
	t.add(outcome)
	spikes, _ := t.spikesPerNeuron(r.network)
	var s scalars
	s.add("loss/update", t.loss())
	s.add("accuracy/update", t.accuracy())
	s.add("regularizer/update", t.Regularizer/float64(max(t.Samples, 1)))
	s.add("spikes_per_neuron/update", spikes)
	s.add("learning_rate", learningRate)
	b.write(r.progress.Updates, s...)
}

// epoch writes the numbers of an epoch.
func (b *board) epoch(e *Epoch) {
	var s scalars
	s.add("epoch", float64(e.Epoch))
	s.add("loss/train", e.TrainLoss)
	s.add("accuracy/train", e.TrainAccuracy)
	s.add("regularizer/train", e.Regularizer)
	s.known("loss/validation", e.ValidationLoss)
	s.known("accuracy/validation", e.ValidationAccuracy)
	s.add("spikes_per_neuron/train", e.SpikesPerNeuron)
	for l, spikes := range e.LayerSpikes {
		s.add(fmt.Sprintf("spikes_per_neuron/layer%d", l), spikes)
	}
	s.add("samples_per_second", e.SamplesPerSecond)
	b.write(e.Updates, s...)
}

// state writes the newest epoch and the state of the network after it: histograms of weights and
// firing rates, and its activity for a test sample. An engine that fails here fails again in
// training, which then ends.
func (b *board) state(r *run) {
	if b == nil || b.writer == nil {
		return
	}
	e := &r.progress.History[len(r.progress.History)-1]
	b.epoch(e)
	if err := b.network(r, e); err != nil {
		b.warn(fmt.Sprintf("some TensorBoard events of epoch %d are missing: %v", e.Epoch, err))
	}
}

func (b *board) network(r *run, e *Epoch) error {
	weights, err := r.engine.Weights()
	if err != nil {
		return err
	}
	var values []tensorboard.Value
	for i, name := range r.network.WeightNames() {
		values = append(values, tensorboard.Value{Tag: "weights/" + name, Content: tensorboard.NewHistogram(weights[i])})
	}
	b.write(e.Updates, values...)
	if r.split.Test.Len() == 0 {
		return nil
	}
	rates, err := r.firingRates()
	if err != nil {
		return err
	}
	values = nil
	for l := range rates {
		values = append(values, tensorboard.Value{Tag: fmt.Sprintf("firing_rates_hz/layer%d", l), Content: tensorboard.NewHistogram(rates[l])})
	}
	b.write(e.Updates, values...)
	if !pictured(e.Epoch) && !r.ended() || !b.wanted("raster", e.Updates) {
		return nil
	}
	drawing, err := SampleRaster(engine.Local(r.engine), r.network, r.split.Test, 0)
	if err != nil {
		return err
	}
	picture, err := imageOf(drawing)
	if err != nil {
		return err
	}
	b.write(e.Updates, tensorboard.Value{Tag: "raster", Content: picture})
	return nil
}

// pictured reports whether a raster is drawn after an epoch, besides the last: 1 to 10, 20 to 100
// by tens, and so on. By default, TensorBoard keeps ten per tag.
func pictured(epoch int) bool {
	every := math.Pow(10, math.Floor(math.Log10(float64(max(epoch-1, 1)))))
	return epoch%int(every) == 0
}

// imageOf renders a drawing.
func imageOf(drawing figure.Drawing) (picture tensorboard.Image, err error) {
	laid, err := drawing.Picture()
	if err != nil {
		return picture, err
	}
	var file bytes.Buffer
	if err := laid.Write(&file, figure.PNG); err != nil {
		return picture, err
	}
	about, err := png.DecodeConfig(bytes.NewReader(file.Bytes()))
	return tensorboard.Image{Width: about.Width, Height: about.Height, PNG: file.Bytes()}, err
}

// The largest number of samples, and of bytes of their spikes, for measuring firing rates.
const (
	firingSamples = 100
	firingBytes   = 64 << 20
)

// firingRates returns spikes per second, [layer][neuron], over the first test samples, with the
// same noise as in [Evaluate].
func (r *run) firingRates() ([][]float32, error) {
	n, bytesOfOne := r.network, 0
	for _, layer := range n.Layers {
		bytesOfOne += 4 * n.Steps * cpuref.Words(layer.Neurons)
	}
	samples := min(firingSamples, r.split.Test.Len(), r.config.Training.EvaluationBatch, max(1, firingBytes/max(1, bytesOfOne)))
	numbers, chosen := make([]uint32, samples), make([]int, samples)
	for i := range chosen {
		numbers[i], chosen[i] = uint32(i), i
	}
	var batch engine.Batch
	if err := data.Fill(&batch, r.split.Test, chosen, numbers); err != nil {
		return nil, err
	}
	record := &engine.Record{}
	for _, layer := range n.Layers {
		record.Spikes = append(record.Spikes, make([]uint32, samples*n.Steps*cpuref.Words(layer.Neurons)))
	}
	if _, err := engine.Local(r.engine).Evaluate(&batch, cpuref.StreamEvaluation, record); err != nil {
		return nil, err
	}
	seconds := float64(samples) * float64(n.Steps) * n.StepLength
	rates := make([][]float32, len(n.Layers))
	for l, layer := range n.Layers {
		counts, words := make([]int, layer.Neurons), cpuref.Words(layer.Neurons)
		for i, word := range record.Spikes[l] {
			for ; word != 0; word &= word - 1 {
				counts[i%words*32+bits.TrailingZeros32(word)]++
			}
		}
		for _, count := range counts {
			rates[l] = append(rates[l], float32(float64(count)/seconds))
		}
	}
	return rates, nil
}

// summary writes how the run ended.
func (b *board) summary(s *Summary) {
	if b == nil {
		return
	}
	var values scalars
	values.known("loss/test", s.TestLoss)
	values.known("accuracy/test", s.TestAccuracy)
	values.known("loss/test_other_mode", s.TestLossOtherMode)
	values.known("accuracy/test_other_mode", s.TestAccuracyOtherMode)
	b.write(s.Steps, values...)
}
