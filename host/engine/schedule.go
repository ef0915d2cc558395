package engine

import "spikegrad/cpuref"

// schedule is the order in which kernels take the samples of a pass through a network, on every
// device. Samples may be cut in time: then only one segment's membranes are held, and the backward
// pass recomputes those of the others, last segment first. Samples of networks with learned delays
// or potentials are not cut.
//
// What several connections contribute to a layer, sums forward and errors backward, is added in the
// order of the plan's connections.
type schedule[T cpuref.Float] struct {
	*plan[T]
	cut      segmentation
	do       executor
	backward bool // a backward pass follows the forward pass
	dropping bool // layers drop spikes that they hand up
	lowest   int  // layers below this do not run: their spikes are already there
}

// executor carries out the steps of a schedule on the samples of a pass, each a kernel or filling
// an array: the CPU engine's computes them, the Vulkan engine's records them. Layers and
// connections are identified by their numbers in the plan, segments by theirs in the cut.
type executor interface {
	begin()       // varies the input spikes, if asked for
	inputTrains() // makes spike trains of the input's events

	beginSegment(l, from, to int) // copies the states of a layer between two slots
	inputSums(c, s int)           // makes the sums of a connection apart from the events of its source
	potentialSums(c int)          // the same for potentials, over all steps
	lifForward(l, s, slot int)    // runs a layer over a segment, with the events of what lies below it and the states of a slot
	listSpikes(l, s int)          // lists the events of a layer
	spikeTrains(l, s int)         // makes spike trains of them
	poolSpikes(l, s int)          // lists what a layer hands up pooled instead
	dropSpikes(l, s int)          // drops some of what is listed
	delaySpikes(l int)            // moves what is listed for a layer (−1: the input) by its learned delays, over all steps
	handedTrains(l, s int)        // makes spike trains of what is handed up
	readoutForward(s int)
	membranesDone(s int) // called when those of a segment are complete

	countSpikes(l int) // per neuron and per sample
	clearLosses()      // clears the regularizers' losses, and what every spike of a neuron gets from them
	crossEntropy()
	spikeDistance()
	filterErrors() // takes the errors of spikes back through the filter of the distance
	regularize(l, i int)

	readoutBackward()
	moveHalo(l int)                // moves the first errors of a segment behind those of the segment before it, which looks ahead to them
	errorBelow(c, s int, add bool) // takes errors back through a connection to its source, adding them to what others left there if add
	unpoolErrors(l, s int)         // takes errors of what a layer hands up pooled back to its neurons
	takeTargetErrors(s int)        // takes the errors of a segment's output spikes from those of all steps
	clearErrors(l, s int)          // of a layer with nothing above it
	lifBackward(l, s int)          // takes the errors of a segment back through a layer
	errorsDone(l, s int)           // called when those of a layer in a segment are complete
	potentialGradient(c int)       // makes the gradient of a connection that weights potentials
	weightGradient(c, s int)       // adds the contribution of a segment, or allSteps, to the gradient of a connection
	constantGradient(c int)        // makes the gradient of a learned constant from what a layer has accumulated
	dropErrors(l, s int)           // takes errors of what a layer hands up back through dropout
	delayErrors(l int)             // takes them back through learned delays, over all steps
	delayGradient(c int)           // makes the gradient of learned delays
	sumsDone(target int)           // called when the gradients of all connections to a target are complete; targets come from the top down
}

// run carries out a whole pass: forward, loss and, if asked, backward.
func (s *schedule[T]) run() {
	s.forward()
	s.losses()
	if s.backward {
		s.errors()
	}
}

// forward runs all layers and the readout, segment by segment.
func (s *schedule[T]) forward() {
	s.do.begin()
	if s.delayed(-1) {
		s.do.delaySpikes(-1)
	}
	if s.backward {
		s.do.inputTrains()
	}
	for part := range s.cut.count() {
		s.forwardSegment(part, false)
		s.readOut(part)
	}
	s.counts()
}

// rest is the forward pass from the beginning of a segment on; the spikes of all earlier steps and
// the states of the layers must be there.
func (s *schedule[T]) rest(first int) {
	for part := range s.cut.count() {
		if part >= first {
			s.forwardSegment(part, false)
		} else {
			s.bring(-1, part, false, true)
			for l := range s.layers {
				s.handUp(l, part, false)
				s.bring(l, part, false, true)
			}
		}
		s.readOut(part)
	}
	s.counts()
}

// forwardSegment runs all layers over a segment, for the first time or again. The latter uses the
// scratch slot of the states, and does not redo what is already there.
func (s *schedule[T]) forwardSegment(part int, again bool) {
	slot := part + 1 // where the next segment begins
	if again {
		slot = s.cut.slots() - 1
	}
	s.bring(-1, part, true, !again)
	for l := range s.layers {
		if part > 0 && l >= s.lowest {
			s.do.beginSegment(l, part, slot)
		}
		if l >= s.lowest {
			s.do.lifForward(l, part, slot)
		}
		s.handUp(l, part, again)
		s.bring(l, part, true, !again)
	}
}

// handUp lists what a layer hands up of its spikes in a segment and makes trains of it.
func (s *schedule[T]) handUp(l, part int, again bool) {
	if s.layers[l].silent { // its spikes and their trains stay 0
		return
	}
	s.do.listSpikes(l, part)
	if !again {
		s.do.spikeTrains(l, part)
	}
	if !s.layers[l].pooling.None() {
		s.do.poolSpikes(l, part)
	}
	if s.drops(l) {
		s.do.dropSpikes(l, part)
	}
	if s.delayed(l) {
		s.do.delaySpikes(l)
	}
	if s.layers[l].handsOther() && s.backward && !again {
		s.do.handedTrains(l, part)
	}
}

// bring takes the listed events of a source, or its potentials, through its connections apart: to
// layers, the readout or both.
func (s *schedule[T]) bring(source, part int, layers, readout bool) {
	for c := range s.weights {
		w := &s.weights[c]
		wanted := layers
		if w.target == len(s.layers) {
			wanted = readout
		}
		switch {
		case !w.apart || w.source != source || !wanted || w.target < s.lowest:
		case w.potential:
			s.do.potentialSums(c)
		default:
			s.do.inputSums(c, part)
		}
	}
}

// readOut runs the readout, if there is one, over a segment.
func (s *schedule[T]) readOut(part int) {
	if s.readout != nil {
		s.do.readoutForward(part)
	}
	s.do.membranesDone(part)
}

// counts counts the spikes of all layers.
func (s *schedule[T]) counts() {
	for l := range s.layers {
		s.do.countSpikes(l)
	}
}

// drops reports whether a layer drops spikes that it hands up.
func (s *schedule[T]) drops(l int) bool { return s.dropping && !s.layers[l].dropout.None() }

// losses computes the loss and regularizers and, for a backward pass, their derivatives.
func (s *schedule[T]) losses() {
	s.do.clearLosses()
	if s.distance == nil {
		s.do.crossEntropy()
	} else {
		s.do.spikeDistance()
		if s.backward && s.distance.Kind == cpuref.LossVanRossum {
			s.do.filterErrors()
		}
	}
	for l := range s.layers {
		for i := range s.layers[l].activity {
			s.do.regularize(l, i)
		}
	}
}

// errors carries the error down, segment by segment from the last, and makes the partial gradients.
func (s *schedule[T]) errors() {
	if s.readout != nil {
		s.do.readoutBackward()
		s.weightGradients(len(s.layers), allSteps)
		s.do.sumsDone(len(s.layers))
	}
	last := s.cut.count() - 1
	for part := last; part >= 0; part-- {
		if part < last { // the membranes of the last segment are still there
			for l := range s.layers {
				s.do.moveHalo(l)
			}
			s.forwardSegment(part, true)
		}
		for l := len(s.layers) - 1; l >= 0; l-- {
			s.layerErrors(l, part)
		}
	}
}

// layerErrors takes the errors of a segment through a layer.
func (s *schedule[T]) layerErrors(l, part int) {
	switch above := s.layers[l].above; {
	case len(above) > 0:
		for i, c := range above {
			s.do.errorBelow(c, part, i > 0)
		}
		if s.delayed(l) {
			s.do.delayErrors(l)
		}
		if s.drops(l) {
			s.do.dropErrors(l, part)
		}
		if !s.layers[l].pooling.None() {
			s.do.unpoolErrors(l, part)
		}
	case s.distance == nil:
		s.do.clearErrors(l, part)
	case s.cut.count() > 1:
		s.do.takeTargetErrors(part)
	}
	s.do.lifBackward(l, part)
	s.do.errorsDone(l, part)
	s.weightGradients(l, part)
	if part == 0 { // this segment comes last
		s.do.sumsDone(l)
	}
}

// weightGradients adds the contribution of a segment, or allSteps, to the gradients of all
// connections to a target.
func (s *schedule[T]) weightGradients(target, part int) {
	for c := range s.weights {
		switch w := &s.weights[c]; {
		case w.target != target:
		case w.source == delays:
			s.do.delayGradient(c)
		case w.potential:
			s.do.potentialGradient(c)
		case w.source != learned:
			s.do.weightGradient(c, part)
		case part == 0: // this segment comes last
			s.do.constantGradient(c)
		}
	}
}
