// Package kernels gives every compute shader a typed Go interface: the arrays it binds (a Buffers
// struct, with fields in the order of the bindings), the numbers it takes (a Parameters struct, the
// fields of the push-constant block), what is fixed when its pipeline is built (a Choice struct),
// and a Record method that checks the sizes of the arrays, computes the dispatch and records it.
//
// A kernel, its shader and its definition share a name: LIFForward here, shaders/lif_forward.comp,
// and LIFForward in package cpuref, whose comments give formulas, shapes and units. Kinds (of
// noise, reset, surrogate, loss, optimizer) use the numbers of package cpuref.
//
// Recorded streams are submitted many times, so anything that changes from batch to batch is in
// buffers: spikes, labels, sample numbers, the parameters of an update.
package kernels
