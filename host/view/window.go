//go:build viewer

package view

import (
	"cmp"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/go-gl/glfw/v3.3/glfw"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/train"
	"spikegrad/host/view/scene"
)

type noiseStream = cpuref.Stream

// Window systems must be called from the thread that the program started on; the main
// goroutine is locked to it before it starts.
func init() { runtime.LockOSThread() }

// LeaveMainThread unlocks the main goroutine from its thread, for a program that will not
// open a window: waking a goroutine that is locked to a thread takes so long that it costs
// the training of small networks a sixth of its speed.
func LeaveMainThread() { runtime.UnlockOSThread() }

// Window is a live window. Its methods are for the main goroutine, except [Window.Open],
// and the engine and the observer that it creates.
type Window struct {
	options  Options
	glfw     *glfw.Window
	device   *gpu.Device
	chain    *gpu.Swapchain // nil while there is no area to draw on
	scene    *scene.Scene   // nil before there is something to show
	feed     feed
	subject  scene.Subject
	training bool // else a finished network is shown
	note     string
	history  *scene.History
	controls controls
	pace     pace
	seen     int // number of updates shown
	stale    bool
	closed   bool // by its user

	drawing sync.Mutex // held while weights of an engine are in use
	mutex   sync.Mutex // guards engine
	engine  *watched   // of the training; nil before it is opened
}

// New opens a window, hidden until there is something to show. It returns an error if there
// is no display or no Vulkan device can draw in a window.
func New(options Options) (*Window, error) {
	if err := start(); err != nil {
		return nil, err
	}
	w := &Window{options: options, history: &scene.History{}, stale: true}
	if err := w.create(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// errNoDisplay means that there is nowhere to open a window.
var errNoDisplay = errors.New("no display found to open a window on: run it where DISPLAY names an X server, or without the window")

// start connects to the window system.
func start() (err error) {
	// The binding writes the platform's errors to the log, and panics afterwards.
	var cause strings.Builder
	log.SetOutput(&cause)
	defer func() {
		log.SetOutput(os.Stderr)
		if failure := recover(); failure != nil {
			err = errNoDisplay
		}
		if _, text, found := strings.Cut(cause.String(), "PlatformError: "); found && err != nil {
			err = fmt.Errorf("%w (%s)", err, strings.TrimSpace(text))
		}
	}()
	if err := glfw.Init(); err != nil {
		return fmt.Errorf("%w (%v)", errNoDisplay, err)
	}
	if glfw.GetPrimaryMonitor() == nil {
		return errNoDisplay
	}
	if !glfw.VulkanSupported() {
		return gpu.ErrNoLoader
	}
	return nil
}

func (w *Window) create() error {
	glfw.WindowHint(glfw.ClientAPI, glfw.NoAPI)
	glfw.WindowHint(glfw.Visible, glfw.False)
	glfw.WindowHint(glfw.ScaleToMonitor, glfw.True)
	width, height := cmp.Or(w.options.Width, 1280), cmp.Or(w.options.Height, 860)
	var err error
	if w.glfw, err = glfw.CreateWindow(width, height, w.options.Title, nil, nil); err != nil {
		return fmt.Errorf("opening a window: %w", err)
	}
	w.glfw.SetSizeLimits(640, 480, glfw.DontCare, glfw.DontCare)
	w.glfw.SetCharCallback(func(_ *glfw.Window, char rune) { w.act(actionOfChar(char)) })
	w.glfw.SetKeyCallback(func(_ *glfw.Window, key glfw.Key, _ int, action glfw.Action, _ glfw.ModifierKey) {
		if action != glfw.Release {
			w.act(actionOfKey(key))
		}
	})
	w.glfw.SetMouseButtonCallback(func(_ *glfw.Window, button glfw.MouseButton, action glfw.Action, _ glfw.ModifierKey) {
		if button == glfw.MouseButtonLeft && action == glfw.Press {
			w.click()
		}
	})
	w.glfw.SetRefreshCallback(func(*glfw.Window) { w.stale = true })
	w.glfw.SetFramebufferSizeCallback(func(*glfw.Window, int, int) { w.dropSwapchain() })
	return w.openDevice()
}

// openDevice opens the device that draws: the network's if it can, otherwise the best one
// that can.
func (w *Window) openDevice() error {
	infos, err := gpu.Enumerate()
	if err != nil {
		return err
	}
	own := -1
	if w.options.Device.Vulkan {
		own = w.options.Device.Info.Index
	}
	rank := func(info gpu.DeviceInfo) int {
		if info.Index == own {
			return -1
		}
		return slices.Index([]gpu.DeviceType{gpu.Discrete, gpu.Integrated, gpu.Virtual, gpu.Other, gpu.Software}, info.Type)
	}
	slices.SortStableFunc(infos, func(a, b gpu.DeviceInfo) int { return cmp.Compare(rank(a), rank(b)) })
	var failures []error
	for _, info := range infos {
		w.device, err = gpu.Open(info.Index, gpu.Options{
			Validation: w.options.Validation, CacheDir: w.options.CacheDir,
			Window: &gpu.Window{Extensions: w.glfw.GetRequiredInstanceExtensions(), NewSurface: w.surface},
		})
		if err == nil {
			return nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", info.Name, err))
		w.device = nil
	}
	return fmt.Errorf("no Vulkan device can draw in this window: %w", errors.Join(failures...))
}

func (w *Window) surface(instance unsafe.Pointer) (uint64, error) {
	// The result is a pointer to the surface's handle, valid only for a moment.
	place, err := w.glfw.CreateWindowSurface((*byte)(instance), nil)
	if err != nil {
		return 0, err
	}
	return **(**uint64)(unsafe.Pointer(&place)), nil
}

// shares reports whether the network runs on the device that draws.
func (w *Window) shares() bool {
	return w.options.Device.Vulkan && w.device.Info().Index == w.options.Device.Info.Index
}

// Messages are the messages of the validation layer.
func (w *Window) Messages() []string { return w.device.Messages() }

// Show prepares to show a finished network; Loop shows it.
func (w *Window) Show(f Finished) error {
	w.subject = scene.Subject{Network: f.Network, Source: f.Source, Part: f.Part, Seed: f.Seed}
	if f.History != nil {
		w.history = f.History
	}
	w.note, w.pace.rate = f.Note, 2
	if w.shares() {
		e, err := engine.OpenVulkanOn(f.Network, w.device, engine.Options{Seed: f.Seed})
		if err != nil {
			return err
		}
		w.engine = &watched{Engine: e, window: w, vulkan: e}
		w.subject.Engine = e
		if err := e.SetWeights(f.Weights); err != nil {
			return err
		}
	}
	return w.openScene(f.Weights)
}

// openScene creates the scene and shows the window.
func (w *Window) openScene(weights [][]float32) error {
	var err error
	if w.scene, err = scene.New(w.device, w.subject); err != nil {
		return err
	}
	if w.subject.Engine == nil {
		if err := w.scene.SetWeights(weights); err != nil {
			return err
		}
	}
	w.glfw.Show()
	return nil
}

// Open creates the engine of a training run; the first one opened is watched. It is meant
// for [train.Options].
func (w *Window) Open(n *network.Network, options engine.Options) (engine.Engine, error) {
	e, vulkan, err := w.openEngine(n, options)
	if err != nil {
		return nil, err
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.engine != nil {
		return e, nil
	}
	w.engine = &watched{Engine: e, window: w, vulkan: vulkan}
	w.subject = scene.Subject{Network: n, Part: "test", Seed: options.Seed, Engine: vulkan, Workers: 1}
	w.training = true
	return w.engine, nil
}

func (w *Window) openEngine(n *network.Network, options engine.Options) (engine.Engine, *engine.Vulkan, error) {
	switch {
	case !w.options.Device.Vulkan:
		e, err := engine.NewCPU[float32](n, options)
		return e, nil, err
	case w.shares():
		e, err := engine.OpenVulkanOn(n, w.device, options)
		return e, e, err
	}
	options.CacheDir = w.options.CacheDir
	e, err := engine.OpenVulkan(n, w.options.Device.Info.Index, options)
	return e, nil, err
}

// Observer returns an observer that informs the window and then another observer.
func (w *Window) Observer(next train.Observer) train.Observer { return &observed{&w.feed, next} }

// dropSwapchain makes the next picture create a new swapchain.
func (w *Window) dropSwapchain() {
	w.chain.Free()
	w.chain, w.stale = nil, true
}

// Close closes the window and frees everything. The training must have ended.
func (w *Window) Close() error {
	err := w.closeScene()
	if w.engine != nil && w.engine.vulkan != nil {
		err = errors.Join(err, w.engine.Engine.Close())
	}
	if w.device != nil {
		err = errors.Join(err, w.device.Close())
	}
	if w.glfw != nil {
		w.glfw.Destroy()
		w.glfw = nil
	}
	glfw.Terminate()
	return err
}

// closeScene stops drawing.
func (w *Window) closeScene() error {
	w.drawing.Lock()
	defer w.drawing.Unlock()
	w.chain.Free()
	w.chain = nil
	if w.scene == nil {
		return nil
	}
	err := w.scene.Close()
	w.scene = nil
	return err
}

// pace determines when the next picture is due.
type pace struct {
	rate float64 // maximum pictures per second; 0 stands for 10
	due  time.Time
}

// share is the share of the time that drawing may take, so that training beside it keeps
// its speed.
const share = 0.04

// drawn records the time that a picture took.
func (p *pace) drawn(began, now time.Time) {
	interval := time.Duration(float64(time.Second) / cmp.Or(p.rate, 10))
	p.due = now.Add(max(interval-now.Sub(began), time.Duration(float64(now.Sub(began))*(1/share-1))))
}
