// Package view is the live window: package scene's picture of a network, shown while it
// trains or afterwards, with mouse and keys. It is built with the tag viewer and needs
// then the headers of X11 (Linux); without the tag every function says so.
//
// Everything here runs on the main thread but what a training calls: its engine, which
// [Window.Open] makes, and its observer. The training never waits for the window, except
// while its weights are copied (or, on the window's own device, replaced), and nothing
// that the window does reaches its results.
package view

import (
	"errors"

	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/view/scene"
)

// ErrNotBuilt says that the program has no live window.
var ErrNotBuilt = errors.New("this program was built without the live window: make viewer builds it with one")

// Options choose how a window is opened.
type Options struct {
	Title         string
	Width, Height int           // points; 0 stands for 1280 and 860
	Device        engine.Choice // that the network runs on: it draws if it can
	CacheDir      string        // folder of compiled pipelines; empty for nowhere
	PictureDir    string        // folder that pictures are saved in; empty for the working directory
	Validation    bool          // load the Vulkan validation layer: see [Window.Messages]
	Note          func(string)  // is told what the user should know; nil for nobody
}

// Finished is a network that is trained.
type Finished struct {
	Network *network.Network
	Weights [][]float32 // in the order of [network.Network.Weights]
	Source  data.Source
	Part    string // what its samples are called: "test"
	Seed    uint32
	History *scene.History // nil if it is not known
	Note    string         // on the first line, at the right
}
