package data

import "spikegrad/cpuref"

// encodeLatency encodes each value as the time of one spike: the brighter, the
// earlier. A leaky integrator with time constant tau that is driven by a constant
// x from rest reaches the threshold θ at
//
//	t = tau · log(x / (x − θ))
//
// and never if x ≤ θ. Spikes of step trunc(t/dt) ≥ T are dropped; late is their number.
func encodeLatency(about description, t *table, threshold, tau float64) (s *stored, late int) {
	s = &stored{description: about}
	s.reserve(len(t.labels), 0)
	spikes := newRaster(about.steps, about.channels)
	for sample, label := range t.labels {
		for channel, value := range t.row(sample) {
			step, ok := latencyStep(float64(value), threshold, tau/about.stepLength)
			switch {
			case ok && step < about.steps:
				spikes.mark(step, channel)
			case float64(value) > threshold:
				late++
			}
		}
		s.add(label, spikes)
	}
	return s, late
}

// latencyStep returns the step in which value x spikes, with tau in steps, and whether
// that is below the largest possible number of steps.
func latencyStep(x, threshold, tau float64) (int, bool) {
	if x <= threshold {
		return 0, false
	}
	step := tau * cpuref.Log64(x/(x-threshold))
	return int(min(step, maxSteps)), step < maxSteps
}
