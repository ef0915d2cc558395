package scene

import (
	"fmt"
	"image/png"
	"os"
	"testing"

	"spikegrad/gpu"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// digitsNetwork is the default network on the embedded digits.
func digitsNetwork(t *testing.T) (*network.Network, data.Split) {
	t.Helper()
	config, err := train.Default("digits")
	if err != nil {
		t.Fatal(err)
	}
	split, n, err := train.Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	return n, split
}

func TestLook(t *testing.T) {
	n, split := digitsNetwork(t)
	infos, err := gpu.Enumerate()
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		device, err := gpu.Open(info.Index, gpu.Options{Validation: true})
		if err != nil {
			t.Fatal(err)
		}
		e, err := engine.OpenVulkanOn(n, device, engine.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.SetWeights(n.Initialise(1)); err != nil {
			t.Fatal(err)
		}
		s, err := New(device, Subject{Network: n, Source: split.Test, Part: "test", Seed: 1, Engine: e})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Resize(1280, 860, 1, false); err != nil {
			t.Fatal(err)
		}
		h := &History{}
		for i := range 300 {
			h.Add(2.3/(1+float64(i)/50), 1)
			if i%60 == 59 {
				h.Validate(i+1, 2.5/(1+float64(i)/50))
			}
		}
		for i, c := range []Choice{{}, {Sample: 3, IsPicked: true, Picked: Neuron{0, 17}, Weights: 1}, {Help: true}} {
			if err := s.Present(c); err != nil {
				t.Fatal(err)
			}
			if err := s.Draw(Status{Title: "digits · seed 1", Progress: "epoch 3/20 · update 300 · 5,400 samples/s · training 93.4 %", Hint: "10 pictures/s · H: help", History: h}); err != nil {
				t.Fatal(err)
			}
			picture, err := s.Picture()
			if err != nil {
				t.Fatal(err)
			}
			f, _ := os.Create(fmt.Sprintf("/tmp/look-%d-%d.png", info.Index, i))
			png.Encode(f, picture)
			f.Close()
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		e.Close()
		device.Close()
		for _, m := range device.Messages() {
			t.Error(m)
		}
	}
}
