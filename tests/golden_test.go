package tests

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu/gputest"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

const ownGolden = "testdata/golden"

var goldenDirectory = flag.String("golden", ownGolden, "directory of golden files to run")

// golden is one forward and backward pass computed by another program in float64. Files of
// two-dimensional networks are written by scripts/golden_conv2d.py.
type golden struct {
	Name            string
	Dt              float64
	TauMembrane     float64 `json:"tau_mem"`
	TauSynapse      float64 `json:"tau_syn"`
	TauReadout      float64 `json:"tau_readout"`
	ReadoutInitial  float64 `json:"readout_initial"`
	Batch, Steps    int
	Inputs, Classes int
	InputShape      []int `json:"input_shape"`
	Kind            string
	Hidden          []json.RawMessage
	Recurrent       bool
	Surrogate       string
	SurrogateParams map[string]float64 `json:"surrogate_params"`
	DiffReset       bool               `json:"diff_reset"`
	Regularizers    []struct {
		Type                string
		Strength, Threshold float64
		Dims                any
	}
	InputSpikes     goldenSpikes   `json:"input_spikes"`
	Spikes          []goldenSpikes `json:"spikes"`
	Membrane        []goldenArray  `json:"membrane_after_step"`
	Readout         goldenArray
	Labels          []uint32
	Loss            float64
	RegularizerLoss float64 `json:"regularizer_loss"`
	Weights         map[string]goldenArray
	Gradients       map[string]goldenArray
	Optimizer       *struct {
		Kind         string
		LearningRate float64 `json:"lr"`
		Steps        int
		Losses       []float64
		WeightsAfter map[string]goldenArray `json:"weights_after"`
	}
}

type goldenSpikes struct{ Shape, Ones []int }

type goldenArray struct {
	Shape []int
	Data  []float64
}

// TestGolden runs every golden file of a directory on every engine. Software drivers take ten seconds
// to compile the kernels of a two-dimensional network, so the project's own files run on them only in
// the long form; TestCheck compares drivers with the CPU engine bit for bit in any case.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(*goldenDirectory, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files in %s (%v)", *goldenDirectory, err)
	}
	for _, file := range files {
		var g golden
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &g)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		net, err := g.network()
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		options := engine.Options{Optimizer: cpuref.OptimizerSMORMS3}
		t.Run(g.Name+"/cpu64", func(t *testing.T) {
			e, err := engine.NewCPU[float64](net, options)
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, &g, net, e, 1e-10, 0)
		})
		t.Run(g.Name+"/cpu", func(t *testing.T) {
			e, err := engine.NewCPU[float32](net, options)
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, &g, net, e, 1e-4, 1e-5)
		})
		if g.Kind == "conv2d" && *goldenDirectory == ownGolden && os.Getenv("SPIKEGRAD_FULL") == "" {
			continue
		}
		for _, info := range gputest.Devices(t) {
			t.Run(g.Name+"/"+info.Name, func(t *testing.T) {
				checkGolden(t, &g, net, openVulkan(t, net, info, options), 1e-4, 1e-5)
			})
		}
	}
}

// network describes the golden network.
func (g *golden) network() (*network.Network, error) {
	n := &network.Network{
		Inputs: g.Inputs, InputShape: g.InputShape, Classes: g.Classes, Steps: g.Steps, StepLength: g.Dt,
		Readout: network.DefaultReadout(),
	}
	n.Readout.Tau, n.Readout.TauSynapse, n.Readout.Initial = g.TauReadout, g.TauSynapse, g.ReadoutInitial
	for _, hidden := range g.Hidden {
		layer := network.DefaultLayer()
		if err := g.size(&layer, hidden); err != nil {
			return nil, fmt.Errorf("hidden layer %s: %w", hidden, err)
		}
		layer.Recurrent, layer.DifferentiateReset = g.Recurrent, g.DiffReset
		layer.TauMembrane, layer.TauSynapse = g.TauMembrane, g.TauSynapse
		layer.Noise.Kind = "threshold"
		switch g.Surrogate {
		case "SuperSpike":
			layer.Surrogate = network.Surrogate{Kind: "superspike", Beta: g.SurrogateParams["beta"]}
		case "sigmoid":
			layer.Surrogate = network.Surrogate{Kind: "sigmoid", Beta: g.SurrogateParams["beta"]}
		case "exponential":
			layer.Surrogate = network.Surrogate{Kind: "exponential", P0: g.SurrogateParams["p0"], DeltaU: g.SurrogateParams["delta_u"]}
		default:
			return nil, fmt.Errorf("surrogate %q is unknown", g.Surrogate)
		}
		for _, r := range g.Regularizers {
			regularizer := network.Regularizer{Kind: "upper", Power: 2, Strength: r.Strength, Threshold: r.Threshold, Average: "layer"}
			if off, isFlag := r.Dims.(bool); isFlag && !off {
				regularizer.Average = "none"
			}
			switch r.Type {
			case "UpperBoundL2":
			case "UpperBoundL1":
				regularizer.Power = 1
			case "LowerBoundL2":
				regularizer.Kind = "lower"
			case "LowerBoundL1":
				regularizer.Kind, regularizer.Power = "lower", 1
			default:
				return nil, fmt.Errorf("regularizer %q is unknown", r.Type)
			}
			layer.Regularizers = append(layer.Regularizers, regularizer)
		}
		n.Layers = append(n.Layers, layer)
	}
	return n, n.Validate()
}

// size reads the size of a hidden layer: a number of neurons, or a convolution whose sizes
// are single numbers in one dimension, and pairs of rows and columns in two.
func (g *golden) size(layer *network.Layer, hidden json.RawMessage) error {
	if json.Unmarshal(hidden, &layer.Neurons) == nil {
		return nil
	}
	layer.Kind = g.Kind + "1d"
	if g.Kind == "conv2d" {
		return plane2d(layer, hidden)
	}
	var conv struct{ K, S, P, F, RK int }
	if err := json.Unmarshal(hidden, &conv); err != nil {
		return err
	}
	layer.Filters, layer.Kernel = conv.F, conv.K
	layer.Stride, layer.Padding, layer.RecurrentKernel = conv.S, conv.P, conv.RK
	return nil
}

// plane2d reads a convolution over rows and columns.
func plane2d(layer *network.Layer, hidden json.RawMessage) error {
	var conv struct {
		Kernel, Stride, Padding [2]int
		Filters                 int
		RecurrentKernel         int `json:"recurrent_kernel"`
		Pool                    struct {
			Kind string
			Size [2]int
		}
	}
	if err := json.Unmarshal(hidden, &conv); err != nil {
		return err
	}
	layer.Kind, layer.Filters, layer.RecurrentKernel = "conv2d", conv.Filters, conv.RecurrentKernel
	layer.KernelHeight, layer.Kernel = conv.Kernel[0], conv.Kernel[1]
	layer.StrideHeight, layer.Stride = conv.Stride[0], conv.Stride[1]
	layer.PaddingHeight, layer.Padding = conv.Padding[0], conv.Padding[1]
	if conv.Pool.Kind != "" {
		layer.PoolKind, layer.PoolHeight, layer.Pool = conv.Pool.Kind, conv.Pool.Size[0], conv.Pool.Size[1]
	}
	return nil
}

// goldenEngine is the engine that a golden file is run on, of either precision.
type goldenEngine[T cpuref.Float] interface {
	SetWeights([][]T) error
	Weights() ([][]T, error)
	Gradient(*engine.Batch, cpuref.Stream, *engine.RecordOf[T]) (engine.OutcomeOf[T], error)
	Gradients() ([][]T, error)
	Update(engine.Update) error
}

// checkGolden compares a run with the file: spikes must be equal, and numbers within
// tolerance relative to their array's largest magnitude. Weights after updates are compared
// where the gradient exceeds significant times the largest of its array.
func checkGolden[T cpuref.Float](t *testing.T, g *golden, n *network.Network, e goldenEngine[T], tolerance, significant float64) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var weights [][]T
	for _, w := range n.Weights() {
		weights = append(weights, convertTo[T](g.Weights[w.Name].Data))
	}
	must(e.SetWeights(weights))
	batch := g.batch()
	record := engine.NewRecord[T](n, g.Batch)
	outcome, err := e.Gradient(batch, cpuref.StreamNoise, record)
	must(err)

	for l := range n.Layers {
		want := map[int]bool{}
		for _, i := range g.Spikes[l].Ones {
			want[i] = true
		}
		for i := range g.Batch * g.Steps * n.Layers[l].Neurons {
			neurons := n.Layers[l].Neurons
			b, step, neuron := i/neurons/g.Steps, i/neurons%g.Steps, i%neurons
			if got := record.Spiked(n, l, b, step, neuron); got != want[i] {
				t.Fatalf("layer %d, sample %d, step %d, neuron %d: spike %v, golden %v", l, b, step, neuron, got, want[i])
			}
		}
		near(t, fmt.Sprintf("membrane of layer %d", l), record.Membrane[l], g.Membrane[l].Data, tolerance)
	}
	near(t, "readout", record.Readout, g.Readout.Data, tolerance)
	near(t, "loss", []T{outcome.Loss}, []float64{g.Loss}, tolerance)
	near(t, "regularizer loss", []T{outcome.Regularizer}, []float64{g.RegularizerLoss}, tolerance)
	gradients, err := e.Gradients()
	must(err)
	for i, w := range n.Weights() {
		near(t, "gradient of "+w.Name, gradients[i], g.Gradients[w.Name].Data, tolerance)
	}
	if g.Optimizer == nil {
		return
	}
	for step, want := range g.Optimizer.Losses {
		outcome, err := e.Gradient(batch, cpuref.StreamNoise, nil)
		must(err)
		near(t, fmt.Sprintf("loss before update %d", step), []T{outcome.Loss + outcome.Regularizer}, []float64{want}, tolerance)
		must(e.Update(engine.Update{Number: step + 1, LearningRate: g.Optimizer.LearningRate, Epsilon: 1e-16}))
	}
	after, err := e.Weights()
	must(err)
	for i, w := range n.Weights() {
		want := g.Optimizer.WeightsAfter[w.Name].Data
		gradient := g.Gradients[w.Name].Data
		limit := significant * largest(gradient)
		for j := range want {
			if math.Abs(gradient[j]) <= limit {
				want[j] = float64(after[i][j])
			}
		}
		near(t, "weights after updates of "+w.Name, after[i], want, tolerance)
	}
}

// batch converts the golden input spikes to a batch of events.
func (g *golden) batch() *engine.Batch {
	batch := &engine.Batch{Labels: g.Labels, Numbers: make([]uint32, g.Batch), Rows: make([][2]uint32, g.Batch*g.Steps)}
	next := 0
	for r := range batch.Rows {
		begin := len(batch.Index)
		for ; next < len(g.InputSpikes.Ones) && g.InputSpikes.Ones[next]/g.Inputs == r; next++ {
			batch.Index = append(batch.Index, uint32(g.InputSpikes.Ones[next]%g.Inputs))
		}
		batch.Rows[r] = [2]uint32{uint32(begin), uint32(len(batch.Index))}
	}
	return batch
}

func convertTo[T cpuref.Float](values []float64) []T {
	out := make([]T, len(values))
	for i, v := range values {
		out[i] = T(v)
	}
	return out
}

func largest(values []float64) float64 {
	most := 0.0
	for _, v := range values {
		most = math.Max(most, math.Abs(v))
	}
	return most
}

// near fails unless got equals want within tolerance relative to want's largest magnitude.
func near[T cpuref.Float](t *testing.T, what string, got []T, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, golden %d", what, len(got), len(want))
	}
	scale := largest(want)
	worst, at := 0.0, 0
	for i := range want {
		if d := math.Abs(float64(got[i]) - want[i]); !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance*scale) {
		t.Errorf("%s differs by %.3g of the largest magnitude at %d: %v, golden %v", what, worst/scale, at, got[at], want[at])
	}
}
