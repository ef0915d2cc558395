package engine

import "spikegrad/cpuref"

// inputRoom is where the samples of a pass lie. There are two of them, so that the events of
// the next pass are brought to one while the device works with the other.
type inputRoom struct {
	staged // numbers, labels, event rows and event index
	number int

	// Prepare brings events from another goroutine: Vulkan.staging guards what is below, and the
	// rows and the index of a room that is not busy.
	events checked // what was brought and has not been run; zero for nothing
	counts eventCounts
	at     uint64 // when: those brought later have larger ones
	busy   bool   // a pass is at work with it
}

// Prepare implements [Engine]: it brings the events of the first pass where the device can fetch
// them, if there is room, which the batches before have made.
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

// prepareNext brings the events of samples first to last of a batch while another pass is at work.
func (e *Vulkan) prepareNext(batch *Batch, first, last int) {
	e.staging.Lock()
	defer e.staging.Unlock()
	e.bringAhead(batch, first, last)
}

// bringAhead brings the events of a pass to a room that is free, if they have a name by which the
// pass will find them, and room.
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

// named is the name of the events of samples first to last.
func (e *Vulkan) named(batch *Batch, first, last int) checked {
	return batch.Checked(first*e.plan.steps, last*e.plan.steps)
}

// freeRoom is one that no pass is at work with: an empty one, else the one brought longest ago.
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

// age is when the events of a room were brought; 0 of an empty one.
func (s *inputRoom) age() uint64 {
	if s.events == (checked{}) {
		return 0
	}
	return s.at
}

// eventCounts are how many events the rows of a pass refer to: from the first to the last, and
// those counted again that several rows share.
type eventCounts struct{ span, listed int }

func countEvents(rows [][2]uint32) (c eventCounts) {
	least, most := indexRange(rows)
	c.span = int(most - least)
	for _, row := range rows {
		c.listed += int(row[1] - row[0])
	}
	return c
}

// needs is for how many events a pass needs room.
func (e *Vulkan) needs(c eventCounts, augment *cpuref.Augmentation) int {
	if e.listsInput(augment) {
		return max(c.span, c.listed)
	}
	return c.span
}

// passNeeds is for how many events samples first to last of a batch need room.
func (e *Vulkan) passNeeds(batch *Batch, first, last int) int {
	e.staging.Lock()
	defer e.staging.Unlock()
	if s := e.broughtTo(batch, first, last); s != nil { // and counted
		return e.needs(s.counts, batch.Augment)
	}
	return e.needs(countEvents(batch.Rows[first*e.plan.steps:last*e.plan.steps]), batch.Augment)
}

// indexRange is the part of the event index that rows refer to.
func indexRange(rows [][2]uint32) (least, most uint32) {
	least = ^uint32(0)
	for _, row := range rows {
		if row[0] < row[1] {
			least, most = min(least, row[0]), max(most, row[1])
		}
	}
	return min(least, most), most
}

// bring puts the events that rows of a batch refer to into a room.
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

// broughtTo is the room to which the events of samples first to last were brought ahead; nil for
// none.
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

// take gives a pass the room that its events were brought to, ahead or now; it is busy until given
// back by [Vulkan.giveBack].
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

// giveBack ends what a pass does with a room.
func (e *Vulkan) giveBack(room int) {
	e.staging.Lock()
	defer e.staging.Unlock()
	e.pass.inputs[room].busy = false
}

// upload puts the rest of samples first to last of a batch where the stream of a pass fetches it. No
// stream that reads it is running: all passes are waited for.
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
