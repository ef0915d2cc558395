// Package evaluate measures trained networks under fresh escape noise: how often and how reliably
// they are correct, how much they fire, and how much a neuron's response to the same sample
// varies from trial to trial.
//
// A trial presents a sample once. Its escape noise is that of presentation number trial·n +
// sample of the evaluation stream, where n is the number of samples of the source: every trial of
// every sample has its own noise, and trial 0 is what [train.Evaluate] runs. The input of a
// sample is the same in all its trials, that of trial 0, even if a random encoder draws it. All
// counts are integers and sums are taken in the order of trials and samples, so that no number
// depends on batch size, device or number of workers.
package evaluate
