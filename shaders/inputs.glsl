// Where the input of a layer or a readout comes from; see Inputs of kernels/forms.go.
const uint EVENTS_ALONE = 0u;     // the events of its highest source
const uint EVENTS_AND_SUMS = 1u;  // and the sums of other sources, which lie where the result will be
const uint SUMS_ALONE = 2u;       // the sums of all sources
