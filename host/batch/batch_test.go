package batch

import (
	"strings"
	"testing"

	"spikegrad/host/network"
)

// small returns a network of 6 inputs and 3 steps, and a batch of two samples that fits it.
func small() (*network.Network, *Batch) {
	n := &network.Network{
		Inputs: 6, Classes: 2, Steps: 3, StepLength: 0.002,
		Layers: []network.Layer{network.DefaultLayer()}, Readout: network.DefaultReadout(),
	}
	return n, &Batch{
		Labels: []uint32{1, 0}, Numbers: []uint32{4, 5},
		Rows: [][2]uint32{{0, 2}, {2, 2}, {2, 3}, {3, 6}, {6, 6}, {6, 7}}, Index: []uint32{0, 5, 3, 1, 2, 4, 5},
	}
}

// TestCheckEvents: events that do not fit are rejected, with their place.
func TestCheckEvents(t *testing.T) {
	for _, test := range []struct {
		change func(b *Batch)
		want   string
	}{
		{func(b *Batch) { b.Rows = b.Rows[:5] }, "5 event rows: 2 samples of 3 steps need 6"},
		{func(b *Batch) { b.Rows[1] = [2]uint32{2, 1} }, "event row 1 (sample 0, step 1) is 2 to 1"},
		{func(b *Batch) { b.Rows[5][1] = 8 }, "event row 5 (sample 1, step 2) is 6 to 8: the batch has 7 events"},
		{func(b *Batch) { b.Index[4] = 1 }, "sample 1 has channel 1 after channel 1 at step 0"},
		{func(b *Batch) { b.Index[5] = 0 }, "sample 1 has channel 0 after channel 2 at step 0"},
		{func(b *Batch) { b.Index[6] = 6 }, "sample 1 has a spike in channel 6 at step 2: the network has 6 input channels"},
	} {
		n, b := small()
		if err := b.Check(n); err != nil {
			t.Fatal(err)
		}
		test.change(b)
		for _, err := range []error{b.Check(n), b.CheckEvents(n.Inputs, n.Steps)} {
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		}
	}
}

// TestCheckedEvents: checked events are checked again only for other sizes, or if their number
// changed.
func TestCheckedEvents(t *testing.T) {
	n, b := small()
	if err := b.CheckEvents(n.Inputs, n.Steps); err != nil {
		t.Fatal(err)
	}
	b.Index[0] = 6
	if err := b.Check(n); err != nil {
		t.Errorf("looked at again: %v", err)
	}
	fewer := *n
	fewer.Inputs = 5
	if err := b.Check(&fewer); err == nil {
		t.Error("events of 6 inputs pass for 5")
	}
	b.Index = append(b.Index, 0)
	if err := b.Check(n); err == nil {
		t.Error("more events pass unseen")
	}
	b.Index = b.Index[:7]
	if err := b.CheckEvents(n.Inputs, n.Steps); err == nil {
		t.Error("checking again sees nothing")
	}
	if err := b.Check(n); err == nil {
		t.Error("events that were refused pass")
	}
}

// TestPartIsChecked: the events of a part are accepted unchecked for networks of that size, and
// checked for others.
func TestPartIsChecked(t *testing.T) {
	n, b := small()
	part := b.Part(n, 1, 2)
	part.Index = []uint32{0, 0, 0, 9, 9, 9, 9}
	if err := part.Check(n); err != nil {
		t.Errorf("checked again: %v", err)
	}
	other := *n
	other.Inputs--
	if err := part.Check(&other); err == nil {
		t.Error("not checked for a network with fewer inputs")
	}
	part.Labels[0] = uint32(n.Classes)
	if err := part.Check(n); err == nil {
		t.Error("a label beyond the classes passes")
	}
}

// TestChecked: checked events have an identity, the same in all parts of a batch; each check
// gives a new one, and unchecked events have none.
func TestChecked(t *testing.T) {
	n, b := small()
	if b.Checked(0, 3) != (Checked{}) || b.Part(n, 0, 1).Checked(0, 3) != (Checked{}) {
		t.Error("events have a name that were not checked")
	}
	check := func() {
		if err := b.CheckEvents(n.Inputs, n.Steps); err != nil {
			t.Fatal(err)
		}
	}
	check()
	first, second := b.Checked(0, 3), b.Checked(3, 6)
	if first == second || first == b.Checked(0, 6) || first != b.Checked(0, 3) || first == (Checked{}) {
		t.Errorf("names %v and %v of two samples", first, second)
	}
	if part := b.Part(n, 0, 2).Part(n, 1, 2); part.Checked(0, 3) != second {
		t.Errorf("a part of a part has the name %v, want %v", part.Checked(0, 3), second)
	}
	part := b.Part(n, 1, 2)
	if part.CheckEvents(n.Inputs, n.Steps) != nil || part.Checked(0, 3) == first || part.Checked(0, 3) == second {
		t.Error("a part that was checked has an old name")
	}
	if check(); b.Checked(0, 3) == first {
		t.Error("checked again, and the name is the old one")
	}
	b.Index = append(b.Index, 0)
	if b.Checked(0, 3) != (Checked{}) || b.Part(n, 0, 1).Checked(0, 3) != (Checked{}) {
		t.Error("more events, and still a name")
	}
	b.Index[0] = 6
	if b.CheckEvents(n.Inputs, n.Steps) == nil || b.Checked(0, 3) != (Checked{}) {
		t.Error("events have a name that were refused")
	}
}
