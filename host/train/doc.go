// Package train defines a run: its configuration, read from TOML; the training, update by update;
// the folder that holds the results; and the checkpoints from which an interrupted run resumes as
// if nothing had happened.
//
// A run is fixed by its configuration. The samples of epoch e are presented in the order that
// [data.Order] returns for the seed and e; presentation number e·n + i, where n is the number of
// training samples and i the position in the epoch, is the number from which encoder and escape
// noise of that presentation are drawn. Evaluations use the index of the sample instead, in a
// stream of their own, so that they can be repeated. Weights after k updates are therefore
// bit-identical for every device, number of workers and number of interruptions.
package train
