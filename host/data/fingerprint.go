package data

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
)

// Fingerprint identifies the samples of all parts by their contents, wherever they are
// stored and however packed: SHA-256 over labels and spikes, or over the input of random
// encoders.
func (s Split) Fingerprint() string {
	hash := sha256.New()
	w := bufio.NewWriterSize(hash, 1<<16)
	for _, part := range []Source{s.Train, s.Validation, s.Test} {
		writeNumbers(w, []uint32{uint32(part.Len())})
		for sample := range part.Len() {
			writeNumbers(w, []uint32{part.Label(sample)})
			writeSample(w, part, sample)
		}
	}
	_ = w.Flush() // a hash takes everything
	return hex.EncodeToString(hash.Sum(nil))
}

// writeSample writes the contents of a sample.
func writeSample(w io.Writer, source Source, sample int) {
	switch s := source.(type) {
	case *subset:
		writeSample(w, s.Source, s.samples[sample])
	case *stored:
		counts := s.counts[sample*s.steps : (sample+1)*s.steps]
		spikes := 0
		for _, count := range counts {
			spikes += int(count)
		}
		writeNumbers(w, counts)
		writeNumbers(w, s.channels[s.starts[sample]:][:spikes])
	case *poisson:
		for _, limits := range s.limits[sample*s.groups : (sample+1)*s.groups] {
			writeNumbers(w, limits[:])
		}
	default:
		rows, index := source.AppendEvents(nil, nil, sample, 0)
		for _, row := range rows {
			writeNumbers(w, row[:])
		}
		writeNumbers(w, index)
	}
}

func writeNumbers[T uint16 | uint32](w io.Writer, values []T) {
	_ = binary.Write(w, binary.LittleEndian, values)
}
