//go:build viewer

package view

import (
	"cmp"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-gl/glfw/v3.3/glfw"

	"spikegrad/host/atomicfile"
	"spikegrad/host/view/scene"
)

// controls are the user's current choices.
type controls struct {
	choice scene.Choice
	frozen bool
	saved  string // message about the last saved picture, while it is shown
}

// action is the effect of a key.
type action int

const (
	nothing action = iota
	nextSample
	previousSample
	freshNoise
	switchMode
	nextWeights
	letGo
	freeze
	faster
	slower
	savePicture
	toggleHelp
	quit
)

// actionOfChar is the action of a letter, wherever it is on the keyboard.
func actionOfChar(char rune) action {
	switch char {
	case 'n', 'N':
		return nextSample
	case 'p', 'P':
		return previousSample
	case 't', 'T':
		return freshNoise
	case 'x', 'X':
		return switchMode
	case 'w', 'W':
		return nextWeights
	case ' ':
		return freeze
	case '+', '=':
		return faster
	case '-', '−':
		return slower
	case 's', 'S':
		return savePicture
	case 'h', 'H', '?':
		return toggleHelp
	case 'q', 'Q':
		return quit
	}
	return nothing
}

// actionOfKey is the action of a key without a letter.
func actionOfKey(key glfw.Key) action {
	switch key {
	case glfw.KeyRight:
		return nextSample
	case glfw.KeyLeft:
		return previousSample
	case glfw.KeyEscape:
		return letGo
	case glfw.KeyF1:
		return toggleHelp
	}
	return nothing
}

// rates are the available numbers of pictures per second.
var rates = []float64{0.5, 1, 2, 5, 10, 20}

// act performs the action of a key.
func (w *Window) act(a action) {
	c := &w.controls.choice
	w.controls.saved = ""
	w.stale = w.stale || a != nothing
	switch a {
	case nextSample:
		c.Sample, c.Trial = c.Sample+1, 0
	case previousSample:
		c.Sample, c.Trial = c.Sample-1, 0
	case freshNoise:
		c.Trial++
	case switchMode:
		c.OtherMode = !c.OtherMode
	case nextWeights:
		c.Weights++
	case letGo:
		c.IsPicked, c.Help = false, false
	case freeze:
		w.controls.frozen = !w.controls.frozen
	case faster:
		w.changeRate(1)
	case slower:
		w.changeRate(-1)
	case savePicture:
		w.save()
	case toggleHelp:
		c.Help = !c.Help
	case quit:
		w.glfw.SetShouldClose(true)
	}
}

func (w *Window) changeRate(by int) {
	at, _ := slices.BinarySearch(rates, cmp.Or(w.pace.rate, 10))
	w.pace.rate = rates[min(max(at+by, 0), len(rates)-1)]
}

// click picks the neuron under the mouse.
func (w *Window) click() {
	if w.scene == nil {
		return
	}
	x, y := w.glfw.GetCursorPos()
	width, height := w.glfw.GetSize()
	pixelsX, pixelsY := w.glfw.GetFramebufferSize()
	if width == 0 || height == 0 {
		return
	}
	neuron, found := w.scene.At(int(x*float64(pixelsX)/float64(width)), int(y*float64(pixelsY)/float64(height)))
	if found {
		w.controls.choice.IsPicked, w.controls.choice.Picked = true, neuron
		w.stale = true
	}
}

// save writes the picture to the first free file name.
func (w *Window) save() {
	if w.scene == nil {
		return
	}
	for number := 1; ; number++ {
		path := filepath.Join(w.options.PictureDir, fmt.Sprintf("spikegrad-view-%d.png", number))
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		picture, err := w.scene.Picture()
		if err == nil {
			err = atomicfile.Write(path, func(file io.Writer) error { return png.Encode(file, picture) })
		}
		if err != nil {
			w.controls.saved = "the picture was not saved: " + err.Error()
		} else {
			w.controls.saved = "saved " + path
		}
		return
	}
}
