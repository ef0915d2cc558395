// Package kernels gives every compute shader a typed Go face: the arrays it binds
// (a Buffers struct, fields in the order of the bindings), the numbers it takes (a
// Parameters struct, the fields of the push-constant block), what is fixed when its
// pipeline is built (a Choice struct), and a Record method that checks the sizes of
// the arrays, computes the dispatch and records it.
//
// A kernel, its shader and its definition have one name: LIFForward here,
// shaders/lif_forward.comp, and LIFForward of package cpuref, whose comments give
// formulas, shapes and units. Kinds (of noise, reset, surrogate, loss, optimizer) go by
// the numbers of package cpuref.
//
// Recorded streams are submitted many times. What changes from batch to batch is
// therefore in buffers: spikes, labels, the numbers of samples, the parameters of an
// update.
package kernels
