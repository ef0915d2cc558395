package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
)

// ranks are the processes of a run; only one without a team.
type ranks struct{ *engine.Team }

// tellCheckpoint passes the checkpoint read by the first rank, if there is one, to the others, and
// whether the run has a summary.
func (r ranks) tellCheckpoint(saved *checkpoint, finished bool) (*checkpoint, bool, error) {
	if r.Team == nil {
		return saved, finished, nil
	}
	var text bytes.Buffer
	if r.Leads() {
		text.WriteByte(map[bool]byte{true: 1}[finished])
		if saved != nil {
			if err := saved.write(&text); err != nil {
				return nil, false, err
			}
		}
	}
	all, err := r.Share(text.Bytes())
	if err != nil || r.Leads() {
		return saved, finished, err
	}
	if finished = all[0][0] == 1; len(all[0]) > 1 {
		saved, err = decodeCheckpoint(all[0][1:])
	}
	return saved, finished, err
}

// told is what ranks must have in common when a run begins.
type told struct {
	Config string // TOML
	Data   dataShape
}

// compare rejects ranks whose configuration or data differ from the first rank's.
func (r ranks) compare(of *run) error {
	if r.Team == nil {
		return nil
	}
	text, err := json.Marshal(told{of.config.Commented(), of.dataShape()})
	if err != nil {
		return err
	}
	all, err := r.Share(text)
	if err != nil {
		return err
	}
	return r.Agree(differentStart(all[0], of))
}

// differentStart describes how a run differs from the first rank's.
func differentStart(text []byte, of *run) error {
	var first told
	if err := json.Unmarshal(text, &first); err != nil {
		return err
	}
	config, err := Decode([]byte(first.Config), "the configuration of rank 0", "")
	if err != nil {
		return err
	}
	if different := changes(&config, &of.config, place); different != "" {
		return fmt.Errorf("its configuration differs from that of rank 0: %s; start all ranks with the same arguments and files", different)
	}
	if different := first.Data.differences(of.dataShape()); different != "" {
		return fmt.Errorf("its data differ from those of rank 0: %s; give all ranks the same files", different)
	}
	return nil
}

// same returns an error if weights or optimizer states are not the same on all ranks, and names the
// ranks that went astray: the minority, or those that differ from rank 0.
func (r ranks) same(weights [][]float32, states [][][]float32, updates int) error {
	if r.Team == nil {
		return nil
	}
	hash := sha256.New()
	for _, values := range weights {
		_ = writeValues(hash, values) // a hash takes everything
	}
	for _, arrays := range states {
		for _, values := range arrays {
			_ = writeValues(hash, values)
		}
	}
	all, err := r.Share(hash.Sum(nil))
	if err != nil {
		return err
	}
	if lost := astray(all); len(lost) > 0 {
		return engine.MarkAgreed(fmt.Errorf("after update %d the weights of rank %s differ from those of the other ranks: its device or memory is faulty; 'spikegrad check' tests the device, and the run can be resumed without it",
			updates, strings.Join(lost, ", ")))
	}
	return nil
}

// astray returns the ranks whose hash is not the most frequent one, or not rank 0's if several tie.
func astray(hashes [][]byte) (lost []string) {
	counts := map[string]int{}
	for _, hash := range hashes {
		counts[string(hash)]++
	}
	usual := hashes[0]
	for _, hash := range hashes {
		if counts[string(hash)] > counts[string(usual)] {
			usual = hash
		}
	}
	for rank, hash := range hashes {
		if !bytes.Equal(hash, usual) {
			lost = append(lost, strconv.Itoa(rank))
		}
	}
	return lost
}

// idle reports how many ranks get no samples of a batch; empty if all get some.
func (r ranks) idle(batch int) string {
	if r.Team == nil || cpuref.Chunks(batch) >= r.Ranks() {
		return ""
	}
	chunks := cpuref.Chunks(batch)
	return fmt.Sprintf("of %d ranks only %d have samples to train on: a batch of %d samples is %d chunks of %d; use fewer ranks or larger batches",
		r.Ranks(), chunks, batch, chunks, cpuref.ChunkSamples)
}
