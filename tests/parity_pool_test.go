package tests

import (
	"fmt"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// poolCase is a layer whose positions are pooled.
type poolCase struct {
	kind           cpuref.Pool
	plane, cell    cpuref.Extent
	filters        int
	samples, steps int
	segment        cpuref.Segment
}

func (c poolCase) String() string {
	return fmt.Sprintf("kind=%d,plane=%d,cell=%d,filters=%d,samples=%d,steps=%d,segment=%d", c.kind, c.plane, c.cell, c.filters, c.samples, c.steps, c.segment)
}

func (c poolCase) pooling() cpuref.Pooling {
	return cpuref.Pooling{Kind: c.kind, Plane: c.plane, Cell: c.cell, Unit: cpuref.Stride(c.filters)}
}

// poolCases have cells that fill the plane and that do not, higher than wide and wider than
// high, one for everything, and rows that start in the middle of a word.
func poolCases() []poolCase {
	var cases []poolCase
	for kind := range cpuref.Pool(2) {
		for i, c := range []struct {
			plane, cell cpuref.Extent
			filters     int
		}{
			{cpuref.Extent{Height: 4, Width: 6}, cpuref.Extent{Height: 2, Width: 2}, 16},
			{cpuref.Extent{Height: 5, Width: 7}, cpuref.Extent{Height: 2, Width: 3}, 3},
			{cpuref.Extent{Height: 5, Width: 3}, cpuref.Extent{Height: 3, Width: 1}, 17},
			{cpuref.Extent{Height: 1, Width: 9}, cpuref.Extent{Height: 1, Width: 2}, 33},
			{cpuref.Extent{Height: 3, Width: 3}, cpuref.Extent{Height: 3, Width: 3}, 1},
		} {
			size := sizesOfCases[i]
			next := poolCase{kind: kind, plane: c.plane, cell: c.cell, filters: c.filters, samples: size[0], steps: size[1]}
			cases = append(cases, next)
			if next.steps > 32 {
				next.segment = cpuref.Segment{First: 32, Last: min(64, next.steps), Origin: 30, Rows: 36}
				cases = append(cases, next)
			}
		}
	}
	return cases
}

// TestPooling lists the spikes that pooled layers pass on, converts them to trains, and
// propagates errors back, also in one segment of the steps.
func TestPooling(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for i, c := range poolCases() {
			t.Run(c.String(), func(t *testing.T) {
				r, s := rig{t, device}, &source{seed: uint32(i)}
				spikes := s.spikesOf(c.samples*c.steps, c.plane.Area(), cpuref.Stride(c.filters), c.filters, 0.3)
				checkPoolEvents(r, c, spikes)
				checkUnpoolErrors(r, c, spikes, s)
			})
		}
	})
}

func checkPoolEvents(r rig, c poolCase, spikes []uint32) {
	r.Helper()
	pooling := c.pooling()
	rows, capacity, held := c.samples*c.steps, c.plane.Area()*pooling.Unit+3, c.segment.Of(c.steps).Rows
	a := cpuref.PoolEventsArguments{
		Events: cpuref.Events{Rows: make([][2]uint32, rows), Index: make([]uint32, c.samples*held*capacity)},
		Spikes: spikes, Steps: c.steps, Capacity: capacity, Pooling: pooling, Segment: c.segment,
	}
	k, err := kernels.NewPoolEvents(r.device, c.kind)
	if err != nil {
		r.Fatal(err)
	}
	b := kernels.PoolEventsBuffers{
		Rows: array(r, "rows", flat(a.Events.Rows)), Index: array(r, "index", a.Events.Index), Spikes: array(r, "spikes", spikes),
	}
	cpuref.PoolEvents(&a, 0, c.samples)
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.PoolEventsParameters{
			Samples: uint32(c.samples), Steps: uint32(c.steps), Height: uint32(c.plane.Height), Width: uint32(c.plane.Width),
			CellHeight: uint32(c.cell.Height), CellWidth: uint32(c.cell.Width), Unit: uint32(pooling.Unit),
			Capacity: uint32(capacity), Segment: c.segment,
		})
	})
	same(r, "rows", b.Rows, flat(a.Events.Rows))
	same(r, "index", b.Index, a.Events.Index)

	numbers, copies := pooling.Cells().Area()*pooling.Unit, pooling.Copies()
	trains := make([]uint32, numbers*copies*c.samples*cpuref.Words(c.steps))
	kept := array(r, "trains", trains)
	cpuref.SpikeTrainsSegment(trains, a.Events, numbers, copies, c.samples, c.steps, c.segment, 0, c.samples)
	listing, err := kernels.NewSpikeTrains(r.device)
	if err != nil {
		r.Fatal(err)
	}
	r.run(func(stream *gpu.Stream) error {
		return listing.Record(stream, kernels.SpikeTrainsBuffers{Trains: kept, Rows: b.Rows, Index: b.Index}, kernels.SpikeTrainsParameters{
			Neurons: uint32(numbers), Copies: uint32(copies), Samples: uint32(c.samples), Steps: uint32(c.steps), Segment: c.segment,
		})
	})
	same(r, "trains", kept, trains)
}

func checkUnpoolErrors(r rig, c poolCase, spikes []uint32, s *source) {
	r.Helper()
	pooling := c.pooling()
	held := c.samples * c.segment.Of(c.steps).Rows
	a := cpuref.UnpoolErrorsArguments[float32]{
		Error: make([]float32, held*c.plane.Area()*pooling.Unit), Pooled: s.rows(held, pooling.Cells().Area()*pooling.Unit, -1, 1, 0),
		Spikes: spikes, Steps: c.steps, Pooling: pooling, Segment: c.segment,
	}
	k, err := kernels.NewUnpoolErrors(r.device, c.kind)
	if err != nil {
		r.Fatal(err)
	}
	b := kernels.UnpoolErrorsBuffers{Error: array(r, "error", a.Error), Pooled: array(r, "pooled", a.Pooled), Spikes: array(r, "spikes", spikes)}
	cpuref.UnpoolErrors(&a, 0, c.samples)
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.UnpoolErrorsParameters{
			Samples: uint32(c.samples), Steps: uint32(c.steps), Height: uint32(c.plane.Height), Width: uint32(c.plane.Width),
			CellHeight: uint32(c.cell.Height), CellWidth: uint32(c.cell.Width), Unit: uint32(pooling.Unit), Segment: c.segment,
		})
	})
	same(r, "error", b.Error, a.Error)
}
