package cpuref

// Float is the type used in a simulation: float32 to run, float64 to check.
type Float interface{ float32 | float64 }

const (
	// Lane is the multiple that rows of neurons are padded to: one AVX-512 vector of float32, four
	// 16-byte loads of a GPU lane.
	Lane = 16
	// ChunkSamples is how many samples of a batch are summed in ascending
	// order into one partial gradient, before the tree over chunks.
	ChunkSamples = 8
)

// Stride is the length of a padded row of n neurons.
func Stride(n int) int { return (n + Lane - 1) / Lane * Lane }

// Words is the number of 32-bit words that hold n spike bits.
func Words(n int) int { return (n + 31) / 32 }

// Chunks is the number of partial gradients of a batch of n samples.
func Chunks(n int) int { return (n + ChunkSamples - 1) / ChunkSamples }

// Events lists spikes row by row. A row is one step of one sample, number
// sample·steps + step; its spikes are Index[Rows[r][0]:Rows[r][1]], the numbers
// of the neurons in ascending order.
type Events struct {
	Rows  [][2]uint32
	Index []uint32
}

// Row returns the neurons that spike in row r.
func (e Events) Row(r int) []uint32 { return e.Index[e.Rows[r][0]:e.Rows[r][1]] }

// filtersOf is the number of filters of a layer: a dense layer, whose arguments omit it, has all
// its neurons at one position.
func filtersOf(filters, neurons int) int {
	if filters == 0 {
		return neurons
	}
	return filters
}
