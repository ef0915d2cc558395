// Package hdf5 reads and writes HDF5 files, in pure Go (HDF5 File Format
// Specification Version 3.0; the numbers of sections in comments are those of that
// document).
//
// The reader is strict: what it cannot decode for certain it refuses with an error
// that names the file, the dataset and the reason, and it gives no value of a dataset
// before all of it was decoded. It believes no size in a file: it allocates what the
// bytes of the file can justify, follows every address once and ends on every input.
//
// # What is read
//
//   - Superblocks of version 0 to 3, behind a user block too; addresses and sizes of 8
//     bytes.
//   - Groups of every kind: symbol tables, links in the header, links in a fractal heap.
//     Hard links are followed, and soft links within the file.
//   - Datasets with contiguous, compact or chunked storage and any index of chunks;
//     what was never written has the fill value.
//   - The filters deflate, shuffle, fletcher32 (verified) and lzf, as the mask of
//     each chunk says.
//   - Integers of 1, 2, 4 and 8 bytes, IEEE floats of 2, 4 and 8 bytes, in either byte
//     order; enumerations as their integers; texts of fixed and variable length;
//     variable-length rows of numbers. Committed types of these.
//   - Scalars, and empty (null) dataspaces.
//
// Checksums are verified wherever the format has them. Attributes are passed over.
//
// # What is refused
//
// Other filters (szip, nbit, scaleoffset, and all of third parties) where a chunk was
// packed by them; compound, array, opaque, bit field, time, reference and complex
// types; external links and external storage; virtual datasets; shared message tables;
// storage written by libraries before HDF5 1.6.3; files that are open for writing.
package hdf5
