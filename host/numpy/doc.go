// Package numpy reads arrays of numbers that NumPy saved, as .npy files and .npz
// archives: plain arrays, and structured arrays whose fields are numbers.
//
// The reader is strict. Anything that it cannot decode with certainty is refused with the file,
// the array and the reason; no size in a file is trusted before the bytes have been read.
package numpy
