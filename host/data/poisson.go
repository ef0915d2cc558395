package data

import (
	"math"

	"spikegrad/cpuref"
)

// poisson is a source that draws new spikes for every presentation: in each step
// a channel spikes with probability value · rate · dt, independently.
type poisson struct {
	description
	seed   uint32
	labels []uint32
	groups int // of four channels
	// limits, [sample][group of four channels]: random words below them are
	// spikes.
	limits [][4]uint32
}

// encodePoisson prepares values for Poisson spikes with maxRate spikes per second
// at full intensity. maxRate · dt is at most 1. Probabilities are accurate to
// 2⁻³².
func encodePoisson(about description, t *table, maxRate float64, seed uint32) *poisson {
	groups := (t.columns + 3) / 4
	p := &poisson{
		description: about, seed: seed, labels: t.labels,
		groups: groups, limits: make([][4]uint32, len(t.labels)*groups),
	}
	certain := maxRate * about.stepLength
	for sample := range t.labels {
		for channel, value := range t.row(sample) {
			limit := min(float64(value)*certain*0x1p32, math.MaxUint32)
			p.limits[sample*groups+channel/4][channel%4] = uint32(limit)
		}
	}
	return p
}

func (p *poisson) Len() int { return len(p.labels) }

func (p *poisson) Label(sample int) uint32 { return p.labels[sample] }

func (p *poisson) AppendEvents(rows [][2]uint32, index []uint32, sample int, number uint32) ([][2]uint32, []uint32) {
	key := [2]uint32{p.seed, uint32(cpuref.StreamEncoder)}
	limits := p.limits[sample*p.groups : (sample+1)*p.groups]
	for step := range p.steps {
		first := uint32(len(index))
		for group, limit := range limits {
			if limit == ([4]uint32{}) {
				continue
			}
			words := cpuref.Philox(key, [4]uint32{number, uint32(step), uint32(group), 0})
			for lane, word := range words {
				if word < limit[lane] {
					index = append(index, uint32(group*4+lane))
				}
			}
		}
		rows = append(rows, [2]uint32{first, uint32(len(index))})
	}
	return rows, index
}
