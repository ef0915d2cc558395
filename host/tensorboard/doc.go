// Package tensorboard writes and reads event files, which TensorBoard shows: numbers, pictures,
// histograms and texts, each with a tag and the step that it belongs to.
//
// An event file is a sequence of records, each a length, a message and checksums of both
// (TFRecord); a message is a protocol buffer of the type tensorflow.Event, of which this
// package knows the fields that it needs. They are those of event.proto, summary.proto
// and tensor.proto of TensorBoard.
package tensorboard
