package engine

import "spikegrad/cpuref"

// inputRoom is where the samples of a pass lie. There are two, so that the events of the next pass
// can be uploaded to one while the device works on the other.
type inputRoom struct {
	staged // numbers, labels, event rows and event index
	number int

	// Prepare uploads events from another goroutine: Vulkan.staging guards the fields below, and
	// the rows and the index of a room that is not busy.
	events checked // uploaded but not yet run; zero if there are none
	counts eventCounts
	at     uint64 // order of the upload
	busy   bool   // a pass is using it
}

// Prepare implements [Engine]: it puts the events of the first pass where the device can fetch
// them, if earlier batches have made enough room.
func (e *Vulkan) Prepare(batch *Batch) {
	if batch.Check(e.plan.network) != nil {
		return
	}
	e.staging.Lock()
	defer e.staging.Unlock()
	if size, known := e.passes[batch.Samples()]; known {
		e.bringAhead(batch, 0, min(size, batch.Samples()))
	}
}

// prepareNext uploads the events of samples first to last of a batch while another pass is running.
func (e *Vulkan) prepareNext(batch *Batch, first, last int) {
	e.staging.Lock()
	defer e.staging.Unlock()
	e.bringAhead(batch, first, last)
}

// bringAhead uploads the events of a pass to a free room, if they fit and have a name by which the
// pass will find them.
func (e *Vulkan) bringAhead(batch *Batch, first, last int) {
	rows := batch.Rows[first*e.plan.steps : last*e.plan.steps]
	named := e.named(batch, first, last)
	if named == (checked{}) || e.pass == nil || last-first > e.pass.capacity {
		return
	}
	counts := countEvents(rows)
	if counts.span > e.pass.events {
		return
	}
	room := e.freeRoom()
	e.bring(room, batch, rows)
	e.brought++
	room.events, room.counts, room.at = named, counts, e.brought
}

// named returns the name of the events of samples first to last.
func (e *Vulkan) named(batch *Batch, first, last int) checked {
	return batch.Checked(first*e.plan.steps, last*e.plan.steps)
}

// freeRoom returns a room that no pass is using: an empty one, else the one filled longest ago.
func (e *Vulkan) freeRoom() *inputRoom {
	var free *inputRoom
	for i := range e.pass.inputs {
		s := &e.pass.inputs[i]
		if !s.busy && (free == nil || s.age() < free.age()) {
			free = s
		}
	}
	return free
}

// age is when the events of a room were uploaded; 0 for an empty one.
func (s *inputRoom) age() uint64 {
	if s.events == (checked{}) {
		return 0
	}
	return s.at
}

// eventCounts is how many events the rows of a pass refer to: the span from the first to the last,
// and the total, which counts events shared by several rows repeatedly.
type eventCounts struct{ span, listed int }

func countEvents(rows [][2]uint32) (c eventCounts) {
	least, most := indexRange(rows)
	c.span = int(most - least)
	for _, row := range rows {
		c.listed += int(row[1] - row[0])
	}
	return c
}

// needs is the number of events that a pass needs room for.
func (e *Vulkan) needs(c eventCounts, augment *cpuref.Augmentation) int {
	if e.listsInput(augment) {
		return max(c.span, c.listed)
	}
	return c.span
}

// passNeeds is the number of events that samples first to last of a batch need room for.
func (e *Vulkan) passNeeds(batch *Batch, first, last int) int {
	e.staging.Lock()
	defer e.staging.Unlock()
	if s := e.broughtTo(batch, first, last); s != nil { // and counted
		return e.needs(s.counts, batch.Augment)
	}
	return e.needs(countEvents(batch.Rows[first*e.plan.steps:last*e.plan.steps]), batch.Augment)
}

// indexRange returns the part of the event index that rows refer to.
func indexRange(rows [][2]uint32) (least, most uint32) {
	least = ^uint32(0)
	for _, row := range rows {
		if row[0] < row[1] {
			least, most = min(least, row[0]), max(most, row[1])
		}
	}
	return min(least, most), most
}

// bring copies the events that rows of a batch refer to into a room.
func (e *Vulkan) bring(room *inputRoom, batch *Batch, rows [][2]uint32) {
	p := e.pass
	least, most := indexRange(rows)
	placed := asPairs(room.words(p.inputAt[sectionRows]))
	for r, row := range rows {
		if row[0] >= row[1] {
			row = [2]uint32{least, least}
		}
		placed[r] = [2]uint32{row[0] - least, row[1] - least}
	}
	copy(room.words(p.inputAt[sectionIndex]), batch.Index[least:most])
}

// broughtTo returns the room to which the events of samples first to last were uploaded ahead; nil
// for none.
func (e *Vulkan) broughtTo(batch *Batch, first, last int) *inputRoom {
	named := e.named(batch, first, last)
	if e.pass == nil || named == (checked{}) {
		return nil
	}
	for i := range e.pass.inputs {
		if s := &e.pass.inputs[i]; s.events == named {
			return s
		}
	}
	return nil
}

// take gives a pass the room with its events, uploading them now if that was not done ahead; the
// room is busy until released by [Vulkan.giveBack].
func (e *Vulkan) take(batch *Batch, first, last int) (room int) {
	e.staging.Lock()
	defer e.staging.Unlock()
	s := e.broughtTo(batch, first, last)
	if s == nil {
		s = e.freeRoom()
		e.bring(s, batch, batch.Rows[first*e.plan.steps:last*e.plan.steps])
	}
	s.events, s.busy, e.room = checked{}, true, s.number
	return s.number
}

// giveBack ends a pass's use of a room.
func (e *Vulkan) giveBack(room int) {
	e.staging.Lock()
	defer e.staging.Unlock()
	e.pass.inputs[room].busy = false
}

// upload puts the rest of samples first to last of a batch where the stream of a pass fetches it.
// No stream that reads it is running, as all passes are waited for.
func (e *Vulkan) upload(room int, batch *Batch, first, last int, stream cpuref.Stream) error {
	p := e.pass
	input := &p.inputs[room]
	numbers := input.words(p.inputAt[sectionNumbers])
	numbers[0], numbers[1] = e.plan.options.Seed, uint32(stream)
	copy(numbers[2:], batch.Numbers[first:last])
	flips := numbers[p.flipsAt():]
	for b := first; b < last; b++ {
		f := cpuref.Flip{Step: cpuref.NoFlip}
		if batch.Flips != nil {
			f = batch.Flips[b].Slot(e.plan.network)
		}
		at := 3 * (b - first)
		flips[at], flips[at+1], flips[at+2] = f.Layer, f.Step, f.Neuron
	}
	if batch.Labels != nil {
		copy(input.words(p.inputAt[sectionLabels]), batch.Labels[first:last])
	}
	if err := e.uploadTargets(batch, first, last); err != nil {
		return err
	}
	return e.uploadAugmentation(batch.Augment)
}
