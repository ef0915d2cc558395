// Package scene draws what a network is doing: rasters of all layers for one sample, the
// traces of the readout, a weight array, the loss so far, and a picked neuron with its
// membrane potential and its trials. Compute kernels draw into a buffer of a Vulkan device,
// the canvas, from the arrays where the network left them; only labels come from the host.
// The package knows no windows: a window shows the canvas, a program saves it as a file.
//
// The network runs in one of two ways. If an engine of package engine works on the device,
// a probe of that engine runs the sample beside the engine's own work, and everything is
// drawn in place. Otherwise the CPU engine runs it with weights that are handed over, and
// its record is copied to the device. Both show the same.
package scene
