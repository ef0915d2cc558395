// Package scene draws what a network is doing: rasters of all layers for one sample, the
// traces of the readout, a weight array, the loss so far, and a neuron that was picked
// with its membrane and its trials. It draws by compute kernels into a buffer of a Vulkan
// device, the canvas, from the arrays where the network left them; only labels come from
// the host. It knows no window: a window shows the canvas, a program saves it as a file.
//
// The network runs in one of two ways. On a device that an engine of package engine works
// on, a probe of that engine runs the sample beside the engine's own work, and everything
// is drawn from where it lies. Else the CPU engine runs it, from weights that are handed
// over, and what it recorded is copied to the device. Both show the same.
package scene
