// Package hdf5 reads and writes HDF5 files, in pure Go (HDF5 File Format Specification
// Version 3.0; section numbers in comments refer to that document).
//
// The reader is strict: anything that it cannot decode with certainty is an error that
// names the file, the dataset and the reason, and it returns no value of a dataset before
// all of it has been decoded. It trusts no size in a file: it allocates only what the bytes
// of the file can justify, follows every address once and terminates on every input.
//
// # What is read
//
//   - Superblocks of version 0 to 3, also after a user block; addresses and sizes of 8
//     bytes.
//   - Groups of every kind: symbol tables, links in the header, links in a fractal heap.
//     Hard links are followed, and soft links within the file.
//   - Datasets with contiguous, compact or chunked storage and any chunk index;
//     elements that were never written have the fill value.
//   - The filters deflate, shuffle, fletcher32 (verified) and lzf, except where
//     the mask of a chunk skips them.
//   - Integers of 1, 2, 4 and 8 bytes, IEEE floats of 2, 4 and 8 bytes, in either byte
//     order; enumerations as their integers; texts of fixed and variable length;
//     variable-length rows of numbers. Committed types of these.
//   - Scalars, and empty (null) dataspaces.
//
// Checksums are verified wherever the format has them. Attributes are ignored.
//
// # What is refused
//
// Other filters (szip, nbit, scaleoffset, and all third-party filters) if they were applied
// to a chunk; compound, array, opaque, bit field, time, reference and complex types;
// external links and external storage; virtual datasets; shared message tables; storage
// written by libraries before HDF5 1.6.3; files that are open for writing.
package hdf5
