// Package tensorboard writes and reads event files for TensorBoard: numbers, pictures,
// histograms and texts, each with a tag and the step that it belongs to.
//
// An event file is a sequence of records (TFRecord), each a length, a message and checksums
// of both. A message is a protocol buffer of type tensorflow.Event, of which this package
// knows the fields that it needs. They are defined in event.proto, summary.proto and
// tensor.proto of TensorBoard.
package tensorboard
