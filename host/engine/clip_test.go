package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// TestClipNorm: with plain gradient steps of rate 1 the weights move by the clipped
// gradient, whose norm is the limit; a gradient below the limit is left alone.
func TestClipNorm(t *testing.T) {
	n := &network.Network{
		Inputs: 3, Classes: 2, Steps: 30, StepLength: 0.002,
		Layers: []network.Layer{network.DefaultLayer()}, Readout: network.DefaultReadout(),
	}
	n.Layers[0].Neurons = 5
	batch := &Batch{Labels: []uint32{0, 1}, Numbers: []uint32{0, 1}}
	for range 2 * n.Steps {
		begin := uint32(len(batch.Index))
		batch.Index = append(batch.Index, 0, 2)
		batch.Rows = append(batch.Rows, [2]uint32{begin, begin + 2})
	}
	moved := func(limit float64) float64 {
		e, err := NewCPU[float64](n, Options{Optimizer: cpuref.OptimizerSGD})
		if err != nil {
			t.Fatal(err)
		}
		var weights [][]float64
		for _, array := range n.Initialise(3) {
			wide := make([]float64, len(array))
			for i, w := range array {
				wide[i] = float64(w)
			}
			weights = append(weights, wide)
		}
		if err := e.SetWeights(weights); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
			t.Fatal(err)
		}
		if err := e.Update(Update{Number: 1, LearningRate: 1, ClipNorm: limit}); err != nil {
			t.Fatal(err)
		}
		after, _ := e.Weights()
		total := 0.0
		for i := range after {
			for j := range after[i] {
				d := after[i][j] - weights[i][j]
				total += d * d
			}
		}
		return math.Sqrt(total)
	}
	free := moved(0)
	if free == 0 {
		t.Fatal("the gradient vanishes: the test needs another network")
	}
	if got := moved(2 * free); math.Abs(got/free-1) > 1e-12 {
		t.Errorf("a limit of twice the norm %g changes the step to %g", free, got)
	}
	if got := moved(free / 3); math.Abs(3*got/free-1) > 1e-6 {
		t.Errorf("with a limit of %g the step is %g", free/3, got)
	}
}

// clipping is an engine with plain gradient steps of rate 1.
type clipping struct {
	*testing.T
	engine  Engine
	weights [][]float32
}

func eachClipping(t *testing.T, check func(c clipping)) {
	n, _ := probed()
	for _, open := range append(vulkanOpeners(t), openCPU) {
		t.Run(open.name, func(t *testing.T) {
			e, _, err := open.open(n, Options{Optimizer: cpuref.OptimizerSGD, CacheDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			check(clipping{t, e, n.Initialise(3)})
		})
	}
}

// step sets a gradient with a norm of about norm, whose elements span seven magnitudes, clips it to
// a norm of 0.5 and returns the weights after an update and how far they moved.
func (c clipping) step(norm float64) (after [][]float32, moved float64, err error) {
	c.Helper()
	var gradients [][]float32
	elements := 0
	for _, array := range c.weights {
		elements += len(array)
	}
	for _, array := range c.weights {
		gradient := make([]float32, len(array))
		for i := range gradient {
			gradient[i] = float32(norm * math.Pow(10, -float64(i%7)) * float64(1-2*(i%2)) / math.Sqrt(float64(elements)/7))
		}
		gradients = append(gradients, gradient)
	}
	for _, err := range []error{c.engine.SetWeights(c.weights), c.engine.SetOptimizer(nil), c.engine.SetGradients(gradients)} {
		if err != nil {
			c.Fatal(err)
		}
	}
	if err := c.engine.Update(Update{Number: 1, LearningRate: 1, ClipNorm: 0.5}); err != nil {
		return nil, 0, err
	}
	if after, err = c.engine.Weights(); err != nil {
		c.Fatal(err)
	}
	for i := range after {
		for j := range after[i] {
			d := float64(after[i][j]) - float64(c.weights[i][j])
			moved += d * d
		}
	}
	return after, math.Sqrt(moved), nil
}

// TestClipNormBits: clipping gives the same bits as before gradients whose squares overflow were
// scaled first.
func TestClipNormBits(t *testing.T) {
	eachClipping(t, func(c clipping) {
		for norm, want := range map[float64]string{
			1e-14: "035f5acafd555156", 0.1: "b49264e1b1b4519f", 3: "530b80515de61da7",
			1e6: "2d72abf86ead3491", 1e12: "e939972585beade2", 9e17: "829e3b8719871ba5",
		} {
			after, _, err := c.step(norm)
			if err != nil {
				c.Fatal(err)
			}
			hash := sha256.New()
			for _, array := range after {
				binary.Write(hash, binary.LittleEndian, array)
			}
			if got := fmt.Sprintf("%x", hash.Sum(nil))[:16]; got != want {
				c.Errorf("norm %g: weights %s, want %s", norm, got, want)
			}
		}
	})
}

// TestClipLargeNorm: a gradient whose squares overflow is clipped like any other as long as the
// factor is a normal number; otherwise, or if an element is infinite, the update is refused and
// changes nothing.
func TestClipLargeNorm(t *testing.T) {
	eachClipping(t, func(c clipping) {
		var want [][]float32
		for _, norm := range []float64{0x1p60, 0x1p63, 0x1p64, 0x1p66, 0x1p100, 0x1p124} {
			after, moved, err := c.step(norm)
			if err != nil {
				c.Fatal(err)
			}
			if math.Abs(moved-0.5) > 1e-6 {
				c.Errorf("norm %g: the step is %g, want 0.5", norm, moved)
			}
			// Powers of two apart, so all bits are the same.
			if want == nil {
				want = after
			}
			for i := range want {
				if !slices.Equal(after[i], want[i]) {
					c.Errorf("norm %g: array %d differs from the one of norm 2⁶⁰", norm, i)
				}
			}
		}
		refuse := func(err error, array string) {
			c.Helper()
			var failure *NotFiniteError
			if !errors.As(err, &failure) || !failure.Gradient || failure.Array != array {
				c.Errorf("the error is %v, want that the gradient of %s overflows", err, array)
			}
			after, err := c.engine.Weights()
			if err != nil {
				c.Fatal(err)
			}
			for i := range after {
				if !slices.Equal(after[i], c.weights[i]) {
					c.Errorf("the refused update changed array %d", i)
				}
			}
		}
		_, _, err := c.step(0x1p130)
		refuse(err, "layer0.input")
		for i, bad := range []float64{math.Inf(1), math.NaN(), math.Inf(-1), math.NaN()} {
			array := 2 * (i / 2)
			if _, _, err := c.step(1); err != nil { // the gradient is kept
				c.Fatal(err)
			}
			if err := c.engine.SetWeights(c.weights); err != nil {
				c.Fatal(err)
			}
			element := []float32{float32(bad)}
			switch e := c.engine.(type) {
			case *CPU[float32]:
				copy(e.partial[array], element)
			case *Vulkan:
				if err := e.partial[array].Upload(0, asBytes(element)); err != nil {
					c.Fatal(err)
				}
			}
			refuse(c.engine.Update(Update{Number: 1, LearningRate: 1, ClipNorm: 0.5}), []string{0: "layer0.input", 2: "layer1.input"}[array])
		}
	})
}

// TestFailedDownloadIsReported: if a loss is not finite and the weights cannot be read, an engine
// reports that failure rather than finite weights.
func TestFailedDownloadIsReported(t *testing.T) {
	lost := errors.New("device lost")
	err := checkFinite([]float32{0, float32(math.NaN())}, make([]weightPlan, 1), func(int) ([]float32, error) { return nil, lost })
	if !errors.Is(err, lost) {
		t.Errorf("the error is %v, want %v", err, lost)
	}
}
