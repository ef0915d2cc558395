// Package view is the live window: package scene's picture of a network, shown during or
// after training, with mouse and keys. It is built with the tag viewer and then needs the
// X11 headers (Linux); without the tag, every function says so.
//
// Everything here runs on the main thread except what training calls: its engine, which
// [Window.Open] creates, and its observer. Training never waits for the window, except
// while its weights are copied (or, on the window's own device, replaced), and nothing that
// the window does affects its results.
package view

import (
	"errors"

	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/view/scene"
)

// ErrNotBuilt means that the program has no live window.
var ErrNotBuilt = errors.New("this program was built without the live window: make viewer builds it with one")

// Options choose how a window is opened.
type Options struct {
	Title         string
	Width, Height int           // points; 0 stands for 1280 and 860
	Device        engine.Choice // the network's device: it also draws if it can
	CacheDir      string        // folder of compiled pipelines; empty for nowhere
	PictureDir    string        // folder that pictures are saved in; empty for the working directory
	Validation    bool          // load the Vulkan validation layer: see [Window.Messages]
	Note          func(string)  // is given messages for the user; nil for nobody
}

// Finished is a trained network.
type Finished struct {
	Network *network.Network
	Weights [][]float32 // in the order of [network.Network.Weights]
	Source  data.Source
	Part    string // what its samples are called: "test"
	Seed    uint32
	History *scene.History // nil if it is not known
	Note    string         // on the first line, at the right
}
