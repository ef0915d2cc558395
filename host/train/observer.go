package train

import "spikegrad/host/data"

// Observer is notified of a run's progress, for instance to draw a progress bar.
// Its methods are called from the goroutine of the run, which waits for them.
type Observer interface {
	OnStart(Start)
	OnBatch(Progress) // after every batch of training, validation and test
	OnEpoch(Epoch)    // after every epoch, its validation included
	OnWarning(message string)
}

// Start describes a run that begins or is resumed.
type Start struct {
	Device, Driver          string
	Train, Validation, Test int // samples
	Split                   data.Split
	Weights                 int // numbers
	Epochs                  int // requested
	Finished                int // epochs completed before a resume
	Updates                 int // made before a resume
}

// Phase is what a run is doing.
type Phase string

// The phases, in order. Training and validation alternate.
const (
	PhaseTraining   Phase = "training"
	PhaseValidation Phase = "validation"
	PhaseTest       Phase = "test"
	PhaseOtherMode  Phase = "test in the other mode"
)

// Progress is how far a phase has come.
type Progress struct {
	Phase            Phase
	Epoch, Epochs    int     // the current one, from 1; the number requested
	Done, Samples    int     // of the phase
	Updates          int     // of the run
	Loss, Accuracy   float64 // mean over the samples done
	SpikesPerNeuron  float64 // the same
	SamplesPerSecond float64 // in training: of the epoch so far; otherwise 0
}

// silent observes nothing.
type silent struct{}

func (silent) OnStart(Start)    {}
func (silent) OnBatch(Progress) {}
func (silent) OnEpoch(Epoch)    {}
func (silent) OnWarning(string) {}
