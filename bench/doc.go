// Package bench measures how fast engines train. A [Shape] is a network with a batch of synthetic
// input; [Run] compares a small batch of it with the reference, bit for bit, and only then times
// it. Each time comes with the amount of work, [Work], and the capability of the device, [Rates].
package bench
