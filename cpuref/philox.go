package cpuref

// Random numbers are a function of their purpose, never of the order of execution: Philox4x32-10
// (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011) turns a key and a counter
// into four words.

// Stream separates the uses of random numbers in a run: it is the second word of the key; the first
// is the seed of the run.
type Stream uint32

// The streams of a run.
const (
	StreamNoise      Stream = iota // escape noise while training
	StreamEvaluation               // escape noise while evaluating
	StreamEncoder                  // spikes that encode real-valued inputs
	StreamInitial                  // initial weights
	StreamShuffle                  // order of samples, and splits of a dataset
	StreamDataset                  // generated datasets
	StreamEstimator                // choices of gradient estimators
	StreamDropout                  // spikes that layers drop while training
	StreamDelay                    // which of two steps learned delays are rounded to while training
)

// The constants of Philox4x32: the multipliers of the counter, and the increments of the key's
// words after every round.
const (
	philoxRounds      = 10
	philoxMultiplier0 = 0xD2511F53
	philoxMultiplier1 = 0xCD9E8D57
	philoxWeyl0       = 0x9E3779B9
	philoxWeyl1       = 0xBB67AE85
)

// Philox returns the four words of Philox4x32-10 at a counter under a key. Twin:
// shaders/philox.glsl, run by shaders/philox.comp.
func Philox(key [2]uint32, counter [4]uint32) [4]uint32 {
	for range philoxRounds {
		a := uint64(counter[0]) * philoxMultiplier0
		b := uint64(counter[2]) * philoxMultiplier1
		counter = [4]uint32{
			uint32(b>>32) ^ counter[1] ^ key[0], uint32(b),
			uint32(a>>32) ^ counter[3] ^ key[1], uint32(a),
		}
		key[0] += philoxWeyl0
		key[1] += philoxWeyl1
	}
	return counter
}

// Uniform turns a random word into a number in (0, 1): its upper 23 bits plus a half, exact in
// float32. Neither 0 nor 1 can occur.
func Uniform[T Float](word uint32) T {
	return T(T(float32(word>>8|1)) * 0x1p-24)
}

// NoiseCounter is the counter of the escape noise of four neurons, 4·group to 4·group+3, which use
// one of the four words each: sample is the number of the presented sample in the run, wherever it
// is in a batch.
func NoiseCounter(sample, step, group, layer uint32) [4]uint32 {
	return [4]uint32{sample, step, group, layer}
}
