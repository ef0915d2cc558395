package data

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// microsecond in units of event.time.
const microsecond = 1000

// cameraSuffixes are those of files with the events of one sample.
var cameraSuffixes = []string{".bin", ".aedat", ".npy", ".npz", ".h5", ".hdf5"}

// readRecording reads a file with the events of one sample.
func readRecording(path string, o *Options) (events []event, invalid int, err error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".npz":
		events, err = readEventArchive(path, o.Camera.TimeUnit)
		return events, 0, err
	case ".h5", ".hdf5":
		events, err = readEventHDF5(path, o.Camera.TimeUnit)
		return events, 0, err
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, fmt.Errorf("reading events: %w", err)
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".bin":
		events, err = parseATIS(file, path)
	case ".aedat":
		return parseAEDAT(file, path)
	default:
		events, err = parseEventArray(file, path, o.Camera.TimeUnit)
	}
	return events, 0, err
}

// parseATIS reads events as N-MNIST and N-Caltech101 store them (Orchard et al. 2015):
// 5 bytes each, big-endian,
//
//	x        8 bits
//	y        8 bits; 240 is not an event: the clock, of 13 bits, overflowed
//	polarity 1 bit, 1 is on
//	time    23 bits, microseconds
func parseATIS(file []byte, name string) ([]event, error) {
	const size, overflow = 5, 240
	if len(file)%size != 0 {
		return nil, fmt.Errorf("%s: truncated or damaged: %d bytes is not a multiple of %d, the size of an event", name, len(file), size)
	}
	events := make([]event, 0, len(file)/size)
	wraps := int64(0)
	for ; len(file) > 0; file = file[size:] {
		if file[1] == overflow {
			wraps += 1 << 13
			continue
		}
		time := int64(file[2]&0x7f)<<16 | int64(file[3])<<8 | int64(file[4])
		events = append(events, event{time: (time + wraps) * microsecond, x: uint16(file[0]), y: uint16(file[1]), on: file[2]&0x80 != 0})
	}
	return events, nil
}

// parseAEDAT reads the polarity events of an AEDAT 3.1 file, such as those of DVS128
// Gesture: lines that begin with #, then packets, little-endian: a header of 28 bytes
//
//	type, source    16 bits each; type 1 has polarity events
//	size            of an event in bytes; this and what follows 32 bits each
//	offset          of the time in an event
//	overflow        of the time, in 2³¹ microseconds
//	capacity, number, valid   events
//
// and events of 8 bytes: x 15 bits, y 15 bits, polarity, valid; time in microseconds.
func parseAEDAT(file []byte, name string) (events []event, invalid int, err error) {
	const version, end, head, polarity, size = "#!AER-DAT3.", "#!END-HEADER\r\n", 28, 1, 8
	if !strings.HasPrefix(string(file[:min(len(file), len(version))]), version) {
		return nil, 0, fmt.Errorf("%s: not an AEDAT 3.1 file: it does not begin with %s1", name, version)
	}
	at := 0
	for at < len(file) && file[at] == '#' {
		line := file[at:]
		length := slices.Index(line, '\n') + 1
		if length == 0 {
			return nil, 0, fmt.Errorf("%s: truncated in its header", name)
		}
		at += length
		if string(line[:length]) == end {
			break
		}
	}
	for at < len(file) {
		rest := file[at:]
		if len(rest) < head {
			return nil, 0, fmt.Errorf("%s, byte %d: truncated: %d bytes found, the header of a packet takes %d", name, at, len(rest), head)
		}
		word := func(i int) int64 { return int64(int32(binary.LittleEndian.Uint32(rest[i:]))) }
		kind, each, offset, wraps, capacity, number := binary.LittleEndian.Uint16(rest), word(4), word(8), word(12), word(16), word(20)
		if each < 1 || number < 0 || capacity != number || wraps < 0 || kind == polarity && (each != size || offset != 4) {
			return nil, 0, fmt.Errorf("%s, byte %d: damaged packet header: type %d, %d events (capacity %d) of %d bytes, time offset %d, %d overflows",
				name, at, kind, number, capacity, each, offset, wraps)
		}
		rest = rest[head:]
		if number > int64(len(rest))/each {
			return nil, 0, fmt.Errorf("%s, byte %d: truncated: a packet of %d events of %d bytes is announced, but only %d bytes follow", name, at, number, each, len(rest))
		}
		rest = rest[:number*each]
		at += head + len(rest)
		if kind != polarity {
			continue
		}
		events = slices.Grow(events, int(number))
		for ; len(rest) > 0; rest = rest[size:] {
			data, time := binary.LittleEndian.Uint32(rest), binary.LittleEndian.Uint32(rest[4:])
			if data&1 == 0 {
				invalid++
				continue
			}
			events = append(events, event{
				time: (wraps<<31 + int64(time)) * microsecond,
				x:    uint16(data >> 17), y: uint16(data >> 2 & 0x7fff), on: data&2 != 0,
			})
		}
	}
	return events, invalid, nil
}
