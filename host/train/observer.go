package train

import "spikegrad/host/data"

// Observer is told how a run goes, for instance to draw a progress bar. Its methods
// are called from the goroutine of the run, which waits for them.
type Observer interface {
	OnStart(Start)
	OnBatch(Progress) // after every batch of training, validation and test
	OnEpoch(Epoch)    // after every epoch, its validation included
	OnWarning(message string)
}

// Start is what a run begins or goes on with.
type Start struct {
	Device, Driver          string
	Train, Validation, Test int // samples
	Split                   data.Split
	Weights                 int // numbers
	Epochs                  int // asked for
	Finished                int // epochs, by the run that is resumed
	Updates                 int // made by the run that is resumed
}

// Phase is what a run is busy with.
type Phase string

// The phases, in their order. Training and validation take turns.
const (
	PhaseTraining   Phase = "training"
	PhaseValidation Phase = "validation"
	PhaseTest       Phase = "test"
	PhaseOtherMode  Phase = "test in the other mode"
)

// Progress is how far a phase has come.
type Progress struct {
	Phase            Phase
	Epoch, Epochs    int     // the first is 1; of the epochs asked for
	Done, Samples    int     // of the phase
	Updates          int     // of the run
	Loss, Accuracy   float64 // mean over the samples done
	SpikesPerNeuron  float64 // the same
	SamplesPerSecond float64 // in training: of the epoch so far; else 0
}

// silent observes nothing.
type silent struct{}

func (silent) OnStart(Start)    {}
func (silent) OnBatch(Progress) {}
func (silent) OnEpoch(Epoch)    {}
func (silent) OnWarning(string) {}
