// Package train defines a run: its configuration, read from TOML; the training, update by update;
// the folder that holds the results; and the checkpoints from which an interrupted run resumes as
// if nothing had happened.
//
// A run is fixed by its configuration. The samples of epoch e are presented in the
// order [data.Order] gives for the seed and e; presentation number e·n + i, n
// training samples and i the place in the epoch, is the number from which encoder
// and escape noise of that presentation are drawn. Evaluations use the index of
// the sample for it, in a stream of their own, so that they can be repeated. Weights
// after k updates are therefore the same bits for every device, number of workers
// and number of interruptions.
package train
