// Package check compares engines bit for bit. A family of small networks covers
// every kind of noise, surrogate, reset, delay, loss, regularizer and optimizer,
// and sizes that do not fill words, lanes, workgroups and chunks. Each network
// is trained briefly on the reference and on a candidate; every spike, membrane
// potential, loss, gradient, weight and optimizer state must have the same bits.
package check
