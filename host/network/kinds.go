package network

import (
	"sort"
	"strings"

	"spikegrad/cpuref"
)

// The names that configurations use, and what they stand for.
var (
	// Noises are the kinds of escape noise.
	Noises = map[string]cpuref.EscapeNoise{
		"threshold":   cpuref.NoiseThreshold,
		"sigmoid":     cpuref.NoiseSigmoid,
		"exponential": cpuref.NoiseExponential,
		"hazard":      cpuref.NoiseExponentialHazard,
	}
	// Surrogates are the surrogate derivatives; "matched", the derivative of the
	// escape noise of the same layer, comes on top.
	Surrogates = map[string]cpuref.Surrogate{
		"superspike":          cpuref.SurrogateSuperSpike,
		"scaled_superspike":   cpuref.SurrogateScaledSuperSpike,
		"sigmoid":             cpuref.SurrogateSigmoid,
		"exponential":         cpuref.SurrogateExponential,
		"gaussian":            cpuref.SurrogateGaussian,
		"arctangent":          cpuref.SurrogateArctangent,
		"triangular":          cpuref.SurrogateTriangular,
		"rectangular":         cpuref.SurrogateRectangular,
		"straight_through":    cpuref.SurrogateStraightThrough,
		"multilayerspiker":    cpuref.SurrogateMultilayerSpiker,
		"limited_exponential": cpuref.SurrogateLimitedExponential,
		"hazard":              cpuref.SurrogateHazard,
	}
	// Resets are what a spike does to the membrane.
	Resets = map[string]cpuref.Reset{
		"multiplicative": cpuref.ResetMultiplicative,
		"membrane_only":  cpuref.ResetMembraneOnly,
		"subtractive":    cpuref.ResetSubtractive,
	}
	// Losses are what the cross-entropy is taken over, and distances from target spikes.
	Losses = map[string]cpuref.Loss{
		"max_over_time":    cpuref.LossMaxOverTime,
		"sum_of_softmax":   cpuref.LossSumOfSoftmax,
		"last_step":        cpuref.LossLastStep,
		"counts":           cpuref.LossSpikeCount,
		"van_rossum":       cpuref.LossVanRossum,
		"spike_difference": cpuref.LossSpikeDifference,
	}
	// Initials are the ways to draw initial weights.
	Initials = map[string]bool{"fluctuation": true, "normal": true, "uniform": true}
)

// Names lists the keys of a table of kinds, sorted, for messages and help.
func Names[V any](kinds map[string]V) string {
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}
