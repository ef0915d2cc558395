// Code generated from the tables of host/network by go generate ./shaders; DO NOT EDIT.
// The numbers by which kinds go between Go and the shaders.

const uint LANE = 16u;          // rows of neurons are padded to this
const uint CHUNK_SAMPLES = 8u;  // samples summed in ascending order before the tree

const uint NEURON_LIF = 0u;
const uint NEURON_LIF_DELTA = 1u;
const uint NEURON_IF = 2u;
const uint NEURON_ADAPTIVE = 3u;

const uint POOL_MAX = 0u;
const uint POOL_SUM = 1u;

const uint CONSTANT_TAU_MEMBRANE = 0u;
const uint CONSTANT_TAU_SYNAPSE = 1u;
const uint CONSTANT_THRESHOLD = 2u;
const uint CONSTANT_TAU_ADAPTATION = 3u;
const uint CONSTANT_ADAPTATION = 4u;
const uint CONSTANT_NOISE_BETA = 5u;

const uint NOISE_THRESHOLD = 0u;
const uint NOISE_SIGMOID = 1u;
const uint NOISE_EXPONENTIAL = 2u;
const uint NOISE_HAZARD = 3u;
const uint NOISE_SUPERSPIKE = 4u;

const uint RESET_MULTIPLICATIVE = 0u;
const uint RESET_MEMBRANE_ONLY = 1u;
const uint RESET_SUBTRACTIVE = 2u;

const uint SURROGATE_SUPERSPIKE = 0u;
const uint SURROGATE_SCALED_SUPERSPIKE = 1u;
const uint SURROGATE_SIGMOID = 2u;
const uint SURROGATE_EXPONENTIAL = 3u;
const uint SURROGATE_GAUSSIAN = 4u;
const uint SURROGATE_ARCTANGENT = 5u;
const uint SURROGATE_TRIANGULAR = 6u;
const uint SURROGATE_RECTANGULAR = 7u;
const uint SURROGATE_STRAIGHT_THROUGH = 8u;
const uint SURROGATE_MULTILAYERSPIKER = 9u;
const uint SURROGATE_LIMITED_EXPONENTIAL = 10u;
const uint SURROGATE_HAZARD = 11u;
const uint SURROGATE_UNSCALED_SIGMOID = 12u;

const uint LOSS_MAX_OVER_TIME = 0u;
const uint LOSS_SUM_OF_SOFTMAX = 1u;
const uint LOSS_LAST_STEP = 2u;
const uint LOSS_COUNTS = 3u;
const uint LOSS_VAN_ROSSUM = 4u;
const uint LOSS_SPIKE_DIFFERENCE = 5u;

const uint OPTIMIZER_SGD = 0u;
const uint OPTIMIZER_ADAM = 1u;
const uint OPTIMIZER_ADAMW = 2u;
const uint OPTIMIZER_SMORMS3 = 3u;

// Quads, groups of four neighbouring neurons, in a padded row of n neurons.
uint quads_of(uint n) { return (n + LANE - 1u) / LANE * (LANE / 4u); }

// Length of a padded row of n neurons.
uint stride_of(uint n) { return (n + LANE - 1u) / LANE * LANE; }

// 32-bit words that hold n spike bits.
uint words_of(uint n) { return (n + 31u) / 32u; }
