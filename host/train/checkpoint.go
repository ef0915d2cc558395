package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"spikegrad/host/network"
)

// checkpoint is everything needed to resume a run.
//
// The file is: the eight bytes of checkpointMagic; version and length of the header as
// little-endian uint32; the header in JSON; float32 numbers, little-endian: for each weight
// array its weights, then its optimizer states, then, if kept, its best weights; and the
// SHA-256 of everything before.
type checkpoint struct {
	checkpointHeader
	weights [][]float32
	states  [][][]float32 // [weight array][state]
	best    [][]float32   // nil if not kept
}

type checkpointHeader struct {
	Config   string           `json:"config"` // TOML
	Data     dataShape        `json:"data"`
	Arrays   []network.Weight `json:"arrays"`
	States   int              `json:"states"` // optimizer arrays per weight array
	Best     bool             `json:"best"`
	Progress progress         `json:"progress"`
}

// progress is how far a run has come, in the numbers that its result or its report depends on.
type progress struct {
	Epochs   int     `json:"epochs"`   // completed
	Position int     `json:"position"` // samples presented in the current epoch
	Updates  int     `json:"updates"`
	Partial  totals  `json:"partial"` // of the current epoch
	History  []Epoch `json:"history"` // of the completed epochs
	Best     *best   `json:"best,omitempty"`
}

// best is the epoch with the highest validation accuracy so far.
type best struct {
	Epoch    int     `json:"epoch"`
	Accuracy float64 `json:"accuracy"`
	Loss     float64 `json:"loss"`
}

// dataShape shows whether the data are still those of the run.
type dataShape struct {
	Train      int     `json:"train"` // samples
	Validation int     `json:"validation"`
	Test       int     `json:"test"`
	Channels   int     `json:"channels"`
	Classes    int     `json:"classes"`
	Steps      int     `json:"steps"`
	StepLength float64 `json:"step_length"`
	// Fingerprint is [data.Split.Fingerprint]; empty in checkpoints older than it.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// differences describes what has changed; empty if nothing has.
func (d dataShape) differences(now dataShape) string {
	var found []string
	for _, number := range []struct {
		name    string
		was, is int
	}{
		{"training samples", d.Train, now.Train}, {"validation samples", d.Validation, now.Validation},
		{"test samples", d.Test, now.Test}, {"channels", d.Channels, now.Channels},
		{"classes", d.Classes, now.Classes}, {"steps", d.Steps, now.Steps},
	} {
		if number.was != number.is {
			found = append(found, fmt.Sprintf("%d %s were %d", number.is, number.name, number.was))
		}
	}
	if d.StepLength != now.StepLength {
		found = append(found, fmt.Sprintf("steps of %g s were of %g s", now.StepLength, d.StepLength))
	}
	if len(found) == 0 && d.Fingerprint != "" && d.Fingerprint != now.Fingerprint {
		found = append(found, "the number of samples is the same, but labels or spikes differ")
	}
	return strings.Join(found, ", ")
}

const (
	checkpointMagic   = "SPKGRAD\n"
	checkpointVersion = 1
)

func (c *checkpoint) write(w io.Writer) error {
	header, err := json.Marshal(&c.checkpointHeader)
	if err != nil {
		return err
	}
	hash := sha256.New()
	both := io.MultiWriter(w, hash)
	start := append([]byte(checkpointMagic), make([]byte, 8)...)
	binary.LittleEndian.PutUint32(start[8:], checkpointVersion)
	binary.LittleEndian.PutUint32(start[12:], uint32(len(header)))
	if _, err := both.Write(append(start, header...)); err != nil {
		return err
	}
	for i := range c.weights {
		arrays := append([][]float32{c.weights[i]}, c.states[i]...)
		if c.Best {
			arrays = append(arrays, c.best[i])
		}
		for _, values := range arrays {
			if err := writeValues(both, values); err != nil {
				return err
			}
		}
	}
	_, err = w.Write(hash.Sum(nil))
	return err
}

// decodeCheckpoint reads what write wrote. It trusts no number until checked against the data.
func decodeCheckpoint(content []byte) (*checkpoint, error) {
	const start = len(checkpointMagic) + 8
	if len(content) < start+sha256.Size || string(content[:8]) != checkpointMagic {
		return nil, fmt.Errorf("it is not a checkpoint, or is truncated")
	}
	body, sum := content[:len(content)-sha256.Size], content[len(content)-sha256.Size:]
	if expected := sha256.Sum256(body); !bytes.Equal(sum, expected[:]) {
		return nil, fmt.Errorf("its checksum is wrong")
	}
	if version := binary.LittleEndian.Uint32(body[8:]); version != checkpointVersion {
		return nil, fmt.Errorf("it has version %d: this program reads version %d", version, checkpointVersion)
	}
	length := uint64(binary.LittleEndian.Uint32(body[12:]))
	body = body[start:]
	if length > uint64(len(body)) {
		return nil, fmt.Errorf("its header should have %d bytes, but only %d are left", length, len(body))
	}
	c := &checkpoint{}
	if err := json.Unmarshal(body[:length], &c.checkpointHeader); err != nil {
		return nil, fmt.Errorf("its header: %w", err)
	}
	if err := c.Progress.check(); err != nil {
		return nil, err
	}
	return c, c.readArrays(body[length:])
}

// readArrays splits the numbers after the header into arrays.
func (c *checkpoint) readArrays(rest []byte) error {
	if c.States < 0 || c.States > 16 {
		return fmt.Errorf("it has %d optimizer states: at most 16 are allowed", c.States)
	}
	count := 1 + c.States
	if c.Best {
		count++
	}
	for _, w := range c.Arrays {
		var arrays [][]float32
		for range count {
			if w.Rows < 1 || w.Columns < 1 || w.Rows > maxWeights || w.Columns > maxWeights ||
				uint64(w.Rows)*uint64(w.Columns) > uint64(len(rest)/4) {
				return fmt.Errorf("its array %q should have %d × %d numbers, but only %d are left", w.Name, w.Rows, w.Columns, len(rest)/4)
			}
			size := 4 * w.Rows * w.Columns
			arrays = append(arrays, readValues(rest[:size]))
			rest = rest[size:]
		}
		c.weights = append(c.weights, arrays[0])
		c.states = append(c.states, arrays[1:1+c.States])
		if c.Best {
			c.best = append(c.best, arrays[1+c.States])
		}
	}
	if len(rest) != 0 {
		return fmt.Errorf("it has %d extra bytes", len(rest))
	}
	return nil
}

// check rejects progress that no run can have made.
func (p *progress) check() error {
	if p.Epochs < 0 || p.Position < 0 || p.Updates < 0 || len(p.History) != p.Epochs {
		return fmt.Errorf("its progress is inconsistent: %d epochs, %d of them listed, %d samples, %d updates", p.Epochs, len(p.History), p.Position, p.Updates)
	}
	return nil
}
