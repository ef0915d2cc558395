//go:build viewer

package view

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/figure"
	"spikegrad/host/network"
	"spikegrad/host/train"
	"spikegrad/host/view/scene"
)

// onMain runs a function on the main goroutine, which owns the windows, and waits for it.
func onMain(do func()) {
	done := make(chan struct{})
	mainWork <- func() { defer close(done); do() }
	<-done
}

var mainWork = make(chan func())

// TestMain reserves the main goroutine, which package view locks to its thread, for
// windows.
func TestMain(m *testing.M) {
	code := make(chan int)
	go func() { code <- m.Run() }()
	for {
		select {
		case work := <-mainWork:
			work()
		case exit := <-code:
			os.Exit(exit)
		}
	}
}

// digits are the embedded digits and an untrained network for them.
func digits(t *testing.T) (train.Config, data.Split, *network.Network) {
	t.Helper()
	config, err := train.Default("digits")
	if err != nil {
		t.Fatal(err)
	}
	config.Training.Epochs = 2
	split, n, err := train.Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	return config, split, n
}

// open opens a window for a test; the validation layer must report nothing until the test
// ends.
func open(t *testing.T, options Options) *Window {
	t.Helper()
	options.Title, options.Validation = "spikegrad test", true
	var w *Window
	var err error
	onMain(func() { w, err = New(options) })
	if err != nil {
		t.Fatalf("%v\nrun this test by make test-viewer", err)
	}
	t.Cleanup(func() {
		onMain(func() {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
		for _, message := range w.Messages() {
			t.Errorf("validation: %s", message)
		}
	})
	return w
}

// turns runs the window's loop until a condition holds.
func turns(t *testing.T, w *Window, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute) // reached only if a window hangs
	for reached := false; !reached; {
		onMain(func() {
			if err := w.turn(); err != nil {
				t.Error(err)
			}
			reached = is() && !w.stale
		})
		if t.Failed() || time.Now().After(deadline) {
			t.Fatalf("%s: it does not come about", what)
		}
	}
}

// tell sends a real event through the X server.
func tell(t *testing.T, arguments ...string) {
	t.Helper()
	if out, err := exec.Command("xdotool", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("xdotool %s: %v %s", strings.Join(arguments, " "), err, out)
	}
}

// screenshot is what the X server shows of the window. It must become what was drawn; the
// server may lag a moment behind.
func screenshot(t *testing.T, w *Window) image.Image {
	t.Helper()
	var drawn *image.NRGBA
	onMain(func() {
		var err error
		if drawn, err = w.scene.Picture(); err != nil {
			t.Error(err)
		}
	})
	var shown *image.NRGBA
	for range 100 {
		if shown = dump(t, w); bytes.Equal(shown.Pix, drawn.Pix) {
			return shown
		}
	}
	t.Errorf("the window (%v) does not show what was drawn (%v)", shown.Rect, drawn.Rect)
	return shown
}

// dump reads the window's pixels using xwd, whose format is a header of 25 big-endian
// numbers, the window's name, a colour table and the pixels.
func dump(t *testing.T, w *Window) *image.NRGBA {
	t.Helper()
	out, err := exec.Command("xwd", "-silent", "-name", w.options.Title).Output()
	if err != nil {
		t.Fatalf("xwd: %v", err)
	}
	field := func(i int) int { return int(binary.BigEndian.Uint32(out[4*i:])) }
	const header, width, height, order, bits, row, colors = 0, 4, 5, 7, 11, 12, 19
	if field(bits) != 32 || field(order) != 0 {
		t.Fatalf("the screen has %d bits a pixel in order %d: 32 bits, lowest byte first, are expected", field(bits), field(order))
	}
	picture := image.NewNRGBA(image.Rect(0, 0, field(width), field(height)))
	pixels := out[field(header)+12*field(colors):]
	for y := range field(height) {
		for x := range field(width) {
			at := pixels[y*field(row)+4*x:]
			picture.SetNRGBA(x, y, color.NRGBA{R: at[2], G: at[1], B: at[0], A: 255})
		}
	}
	return picture
}

// checkLayer compares the raster of layer 0 in a picture with the CPU engine, in whole
// cells.
func checkLayer(t *testing.T, picture image.Image, w *Window, weights [][]float32, otherMode bool, sample, trial int) {
	t.Helper()
	n, source := w.subject.Network, w.subject.Source
	if otherMode {
		n = n.OtherMode()
	}
	e, err := engine.NewCPU[float32](n, engine.Options{Seed: w.subject.Seed})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
	batch := &engine.Batch{}
	if err := data.Fill(batch, source, []int{sample}, []uint32{uint32(sample)}); err != nil {
		t.Fatal(err)
	}
	batch.Numbers[0] = uint32(trial*source.Len() + sample)
	record := engine.NewRecord[float32](n, 1)
	if _, err := e.Evaluate(batch, cpuref.StreamEvaluation, record); err != nil {
		t.Fatal(err)
	}
	lit := figure.SeriesColor(0)
	wrong, spikes := 0, 0
	for _, p := range w.scene.Panels() {
		if p.Kind != scene.Layer {
			continue
		}
		width, height := p.Area.Dx(), p.Area.Dy()
		for x := range width {
			step := x * p.Steps / width // a pixel shows one step, and one neuron or two
			if width < 4*p.Steps || height < p.Rows {
				t.Fatalf("the raster is %v: open a larger window", p.Area)
			}
			for up := range height {
				first, after := up*p.Rows/height, (up+1)*p.Rows/height
				want := record.Spiked(n, p.Layer, 0, step, first)
				for row := first + 1; row < after; row++ {
					want = want || record.Spiked(n, p.Layer, 0, step, row)
				}
				want = want && (x+1)*p.Steps/width == step && (height < 4*p.Rows || after == first)
				r, g, b, _ := picture.At(p.Area.Min.X+x, p.Area.Max.Y-1-up).RGBA()
				got := uint8(r>>8) == lit.R && uint8(g>>8) == lit.G && uint8(b>>8) == lit.B
				if got != want {
					wrong++
				}
				if want {
					spikes++
				}
			}
		}
	}
	if wrong > 0 || spikes == 0 {
		t.Errorf("sample %d, trial %d: %d pixels of the raster differ from the CPU engine's %d", sample, trial, wrong, spikes)
	}
}

// devices are the devices that these tests run networks on: the CPU engine and the Vulkan
// devices, all of which can show windows here.
func devices(t *testing.T) map[string]engine.Choice {
	t.Helper()
	found := map[string]engine.Choice{}
	for _, name := range []string{"cpu", "vulkan:0"} {
		choice, err := engine.Choose(name)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = choice
	}
	return found
}

// TestWindow opens a window on a network, presses keys and mouse buttons through the X
// server, and checks the picture after each.
func TestWindow(t *testing.T) {
	_, split, n := digits(t)
	weights := n.Initialise(4)
	for name, choice := range devices(t) {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			w := open(t, Options{Device: choice, PictureDir: folder, Width: 1280, Height: 860})
			onMain(func() {
				err := w.Show(Finished{Network: n, Weights: weights, Source: split.Test, Part: "test", Seed: 4})
				if err != nil {
					t.Error(err)
				}
				w.controls.frozen = true // no fresh noise unless requested
			})
			if got := w.shares(); got != choice.Vulkan {
				t.Errorf("the network is on the window's device: %v", got)
			}
			turns(t, w, "the first picture", func() bool { return w.chain != nil })
			checkLayer(t, screenshot(t, w), w, weights, false, 0, 0)
			focus(t, w)

			c := &w.controls.choice
			tell(t, "key", "n")
			turns(t, w, "the next sample", func() bool { return c.Sample == 1 })
			checkLayer(t, screenshot(t, w), w, weights, false, 1, 0)
			tell(t, "key", "Right")
			turns(t, w, "the next sample by an arrow", func() bool { return c.Sample == 2 })
			tell(t, "key", "t")
			turns(t, w, "fresh noise", func() bool { return c.Trial == 1 })
			checkLayer(t, screenshot(t, w), w, weights, false, 2, 1)
			tell(t, "key", "x")
			turns(t, w, "the other mode", func() bool { return c.OtherMode })
			checkLayer(t, screenshot(t, w), w, weights, true, 2, 1)
			tell(t, "key", "w")
			turns(t, w, "other weights", func() bool { return c.Weights == 1 })
			tell(t, "key", "plus")
			turns(t, w, "more pictures a second", func() bool { return w.pace.rate == 5 })
			tell(t, "key", "space")
			turns(t, w, "no longer frozen", func() bool { return !w.controls.frozen })

			raster := layerPanel(t, w)
			place := raster.Area.Max.Sub(image.Pt(raster.Area.Dx()/2, 1))
			click(t, w, place)
			turns(t, w, "a neuron", func() bool { return c.IsPicked && c.Picked == scene.Neuron{} })
			tell(t, "key", "h")
			turns(t, w, "help", func() bool { return c.Help })
			tell(t, "key", "Escape")
			turns(t, w, "nothing picked", func() bool { return !c.IsPicked && !c.Help })

			tell(t, "key", "s")
			path := filepath.Join(folder, "spikegrad-view-1.png")
			turns(t, w, "a picture saved", func() bool { return w.controls.saved == "saved "+path })
			checkSaved(t, path, w)

			tell(t, "key", "q")
			onMain(func() {
				if err := w.Loop(context.Background(), nil); err != nil {
					t.Error(err)
				}
				if !w.closed {
					t.Error("the loop ended, and the window is not closed")
				}
			})
		})
	}
}

func focus(t *testing.T, w *Window) {
	t.Helper()
	onMain(func() { w.glfw.Focus() })
	turns(t, w, "the focus", func() bool { return w.glfw.GetAttrib(glfw.Focused) == glfw.True })
}

func layerPanel(t *testing.T, w *Window) scene.Panel {
	t.Helper()
	for _, p := range w.scene.Panels() {
		if p.Kind == scene.Layer {
			return p
		}
	}
	t.Fatal("there is no raster of a layer")
	return scene.Panel{}
}

// click moves the mouse to a point in the window and presses its button.
func click(t *testing.T, w *Window, place image.Point) {
	t.Helper()
	var x, y int
	onMain(func() { x, y = w.glfw.GetPos() })
	tell(t, "mousemove", strconv.Itoa(x+place.X), strconv.Itoa(y+place.Y), "click", "1")
}

// checkSaved compares a saved picture with the canvas.
func checkSaved(t *testing.T, path string, w *Window) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	saved, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	// The window shows below its title that a picture was saved, but the picture itself
	// does not.
	shown := dump(t, w)
	if saved.Bounds() != shown.Bounds() {
		t.Fatalf("the saved picture is %v, the window %v", saved.Bounds(), shown.Bounds())
	}
	p := layerPanel(t, w).Area
	for y := p.Min.Y; y < p.Max.Y; y++ {
		for x := p.Min.X; x < p.Max.X; x++ {
			if color.NRGBAModel.Convert(saved.At(x, y)) != color.NRGBAModel.Convert(shown.At(x, y)) {
				t.Fatalf("pixel %d, %d is %v in the saved picture and %v in the window", x, y, saved.At(x, y), shown.At(x, y))
			}
		}
	}
}

// TestResize changes the window's size, with and without an event: the next picture has the
// new size.
func TestResize(t *testing.T) {
	_, split, n := digits(t)
	weights := n.Initialise(4)
	w := open(t, Options{Device: devices(t)["vulkan:0"]})
	onMain(func() {
		if err := w.Show(Finished{Network: n, Weights: weights, Source: split.Test, Part: "test", Seed: 4}); err != nil {
			t.Error(err)
		}
		w.controls.frozen = true
	})
	turns(t, w, "the first picture", func() bool { return w.chain != nil })
	for i, size := range [][2]int{{1100, 900}, {1300, 880}} {
		tell(t, "search", "--name", w.options.Title, "windowsize", "--sync", strconv.Itoa(size[0]), strconv.Itoa(size[1]))
		if i == 1 { // the event is not processed: the swapchain itself is out of date
			onMain(func() {
				if err := w.draw(); err != nil {
					t.Error(err)
				}
			})
		}
		turns(t, w, "a picture of the new size", func() bool {
			if w.chain == nil {
				return false
			}
			width, height := w.chain.Size()
			return int(width) == size[0] && int(height) == size[1]
		})
		checkLayer(t, screenshot(t, w), w, weights, false, 0, 0)
	}
}

// quiet observes nothing.
type quiet struct{}

func (quiet) OnStart(train.Start)    {}
func (quiet) OnBatch(train.Progress) {}
func (quiet) OnEpoch(train.Epoch)    {}
func (quiet) OnWarning(string)       {}

// TestTraining trains without a window, with one, and with one that is closed at its first
// picture: the weights are the same, and those shown at the end are the final ones.
func TestTraining(t *testing.T) {
	config, _, _ := digits(t)
	config.Training.Epochs, config.Network.Layers[0].Neurons = 1, 12
	want, err := train.Run(context.Background(), config, train.Options{Folder: t.TempDir(), NoPictures: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, choice := range devices(t) {
		for _, closed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/closed=%v", name, closed), func(t *testing.T) {
				w := open(t, Options{Device: choice})
				w.options.Title = "spikegrad test"
				folder := t.TempDir()
				ended := make(chan struct{})
				var summary *train.Summary
				var failure error
				go func() {
					defer close(ended)
					summary, failure = train.Run(context.Background(), config, train.Options{
						Folder: folder, NoPictures: true, Open: w.Open, Observer: w.Observer(quiet{}),
					})
				}()
				if closed {
					turns(t, w, "the first picture", func() bool { return w.chain != nil })
					onMain(func() {
						w.act(quit)
						if err := w.Loop(context.Background(), ended); err != nil {
							t.Error(err)
						}
					})
				} else {
					onMain(func() {
						if err := w.Loop(context.Background(), ended); err != nil {
							t.Error(err)
						}
					})
				}
				<-ended
				if failure != nil {
					t.Fatal(failure)
				}
				if summary.WeightsSHA256 != want.WeightsSHA256 {
					t.Errorf("weights %s, without a window %s", summary.WeightsSHA256, want.WeightsSHA256)
				}
				if closed {
					return
				}
				_, model, err := train.ReadRun(folder)
				if err != nil {
					t.Fatal(err)
				}
				weights, err := model.Weights(w.subject.Network)
				if err != nil {
					t.Fatal(err)
				}
				onMain(func() { w.act(nextSample) })
				turns(t, w, "the picture of the end", func() bool { return strings.HasSuffix(w.note, "finished") })
				if got := w.history.Updates(); got != summary.Steps {
					t.Errorf("the learning curve has %d updates, the training made %d", got, summary.Steps)
				}
				checkLayer(t, screenshot(t, w), w, weights, false, 1, 0)
			})
		}
	}
}

// TestNoDisplay: without a display, the error says so.
func TestNoDisplay(t *testing.T) {
	t.Setenv("DISPLAY", "")
	onMain(func() {
		w, err := New(Options{})
		if !errors.Is(err, errNoDisplay) {
			t.Errorf("window %v, error %v, want %v", w, err, errNoDisplay)
		}
	})
}
