package data

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// A cache file holds binned spikes, about a byte per spike, so that a large file
// of recordings is read and binned only once:
//
//	signature        8 bytes, the last is the version of the format
//	header length    4 bytes, little-endian
//	header           JSON, see cacheHeader
//	labels           [sample]
//	counts           [sample][step]: number of spikes
//	channels         [spike]: channels skipped since the previous spike of the step
//	SHA-256          32 bytes, of everything above
//
// The numbers are unsigned varints (as in encoding/binary).
const cacheSignature = "SGspike\x02"

// cacheHeader states the origin and the size of a cache file's contents.
type cacheHeader struct {
	Key        string   `json:"key"` // of file and options
	Steps      int      `json:"steps"`
	Channels   int      `json:"channels"`
	Shape      Shape    `json:"shape,omitzero"` // of the channels
	Samples    int      `json:"samples"`
	Spikes     int      `json:"spikes"`
	ClassNames []string `json:"class_names"`
	Recorded   Recorded `json:"recorded"`
}

var errCache = errors.New("damaged cache file")

// encodeCache writes a source as a cache file.
func encodeCache(to io.Writer, key string, s *stored) error {
	header, err := json.Marshal(cacheHeader{
		Key: key, Steps: s.steps, Channels: s.description.channels, Shape: s.shape,
		Samples: len(s.labels), Spikes: len(s.channels), ClassNames: s.classNames, Recorded: *s.recorded,
	})
	if err != nil {
		return err
	}
	sum := sha256.New()
	w := varintWriter{bufio.NewWriterSize(io.MultiWriter(to, sum), 1<<20)}
	// A buffered writer keeps its first error, which Flush returns.
	w.WriteString(cacheSignature)
	w.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(header))))
	w.Write(header)
	for _, label := range s.labels {
		w.write(label)
	}
	for _, count := range s.counts {
		w.write(uint32(count))
	}
	channels := s.channels
	for _, count := range s.counts {
		next := uint32(0)
		for _, channel := range channels[:count] {
			w.write(uint32(channel) - next)
			next = uint32(channel) + 1
		}
		channels = channels[count:]
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = to.Write(sum.Sum(nil))
	return err
}

type varintWriter struct{ *bufio.Writer }

func (w varintWriter) write(x uint32) {
	for x >= 0x80 {
		w.WriteByte(byte(x) | 0x80)
		x >>= 7
	}
	w.WriteByte(byte(x))
}

// decodeCache reads labels, spikes and class names from a cache file; the caller
// sets name and step length. Anything wrong with the file is an error: its
// contents are looked at only if the checksum is right, and not trusted even
// then.
func decodeCache(file []byte, key string) (*stored, error) {
	const fixed = len(cacheSignature) + 4
	if len(file) < fixed+sha256.Size || string(file[:len(cacheSignature)]) != cacheSignature {
		return nil, errCache
	}
	body, sum := file[:len(file)-sha256.Size], file[len(file)-sha256.Size:]
	if found := sha256.Sum256(body); !bytes.Equal(found[:], sum) {
		return nil, errCache
	}
	length := uint64(binary.LittleEndian.Uint32(body[len(cacheSignature):]))
	body = body[fixed:]
	if length > uint64(len(body)) {
		return nil, errCache
	}
	var h cacheHeader
	if err := json.Unmarshal(body[:length], &h); err != nil {
		return nil, errCache
	}
	if h.Key != key {
		return nil, fmt.Errorf("cache file of other data: key %q found, %q expected", h.Key, key)
	}
	r := varintReader{rest: body[length:]}
	// Every number takes at least a byte, which bounds allocations.
	most := len(r.rest)
	if h.Steps < 1 || h.Steps > maxSteps || h.Channels < 1 || h.Channels > maxChannels ||
		h.Samples < 1 || h.Samples > most/h.Steps || h.Spikes < 0 || h.Spikes > most || !h.Shape.fits(h.Channels) {
		return nil, errCache
	}
	s := &stored{
		description: description{channels: h.Channels, shape: h.Shape, steps: h.Steps, classNames: h.ClassNames},
		recorded:    &h.Recorded,
	}
	s.reserve(h.Samples, h.Spikes)
	s.decode(&r, &h)
	if r.failed || len(r.rest) > 0 {
		return nil, errCache
	}
	return s, nil
}

// decode reads labels, counts and channels.
func (s *stored) decode(r *varintReader, h *cacheHeader) {
	for range h.Samples {
		s.labels = append(s.labels, r.read(maxLabel))
	}
	total := 0
	for range h.Samples {
		s.starts = append(s.starts, total)
		for range h.Steps {
			count := r.read(uint32(h.Channels))
			s.counts = append(s.counts, uint16(count))
			total += int(count)
		}
	}
	if total != h.Spikes {
		r.failed = true
		return
	}
	for _, count := range s.counts {
		next := uint32(0)
		for range count {
			if next >= uint32(h.Channels) {
				r.failed = true
				return
			}
			channel := next + r.read(uint32(h.Channels)-1-next)
			s.channels = append(s.channels, uint16(channel))
			next = channel + 1
		}
	}
}

// varintReader reads numbers; once one is missing or too large, it has failed and
// returns zeros.
type varintReader struct {
	rest   []byte
	failed bool
}

func (r *varintReader) read(most uint32) uint32 {
	if len(r.rest) > 0 && r.rest[0] < 0x80 && uint32(r.rest[0]) <= most {
		x := uint32(r.rest[0])
		r.rest = r.rest[1:]
		return x
	}
	return r.readLong(most)
}

func (r *varintReader) readLong(most uint32) uint32 {
	x, n := binary.Uvarint(r.rest)
	if r.failed || n <= 0 || x > uint64(most) {
		r.failed = true
		return 0
	}
	r.rest = r.rest[n:]
	return uint32(x)
}

// bitsOf writes a number exactly, for keys.
func bitsOf(x float64) string { return fmt.Sprintf("%016x", math.Float64bits(x)) }
