package kernels

import "spikegrad/gpu"

// Forms of the kernels, for [gpu.Tuning]. No result depends on them; 'spikegrad tune' measures them.
const (
	// FormSumsApart sums the input of a layer for all steps in a kernel of its own, [InputSums],
	// instead of in the loop over the steps: its loads are all independent, but the sums are
	// written and read again.
	FormSumsApart = "sums_apart"
	// FormSharedSpikes passes the recurrent spikes of a step through the shared memory of a
	// workgroup, and loads several rows of recurrent weights at a time.
	FormSharedSpikes = "shared_spikes"
	// FormLoadAhead has each step of [LIFBackward] load what the next one needs.
	FormLoadAhead = "load_ahead"
)

// Forms lists all of them.
var Forms = []string{FormSumsApart, FormSharedSpikes, FormLoadAhead}

// HasForm reports whether kernels on a device take a form: as its tuning says, otherwise as suits
// the device.
func HasForm(device *gpu.Device, form string) bool {
	if wanted, named := device.Tuning().Forms[form]; named {
		return wanted
	}
	return FormsSuit(device.Info())
}

// FormsSuit reports whether the forms suit a type of device, as long as nothing was measured. Software
// drivers hide no latency and read shared memory lane by lane, so they take none.
func FormsSuit(info gpu.DeviceInfo) bool { return info.Type != gpu.Software }

// Inputs is where the input of a layer or a readout comes from; in the shaders, inputs.glsl.
type Inputs uint32

// The places that input comes from.
const (
	EventsAlone   Inputs = iota // the events of its highest source
	EventsAndSums               // and the sums of other sources from [InputSums], stored where the result will be
	SumsAlone                   // the sums of all sources
)
