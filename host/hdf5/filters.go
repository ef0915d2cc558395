package hdf5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// filter is one of the filters that chunks were packed with.
type filter struct {
	id     uint16
	name   string // as given in the file, often empty
	values []uint32
}

// Filters that are supported.
const (
	filterDeflate    = 1
	filterShuffle    = 2
	filterFletcher32 = 3
	filterLZF        = 32000
)

// otherFilters are the names of filters that are not supported.
var otherFilters = map[uint16]string{
	4: "szip", 5: "nbit", 6: "scaleoffset", 305: "lzo", 307: "bzip2", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle",
	32013: "zfp", 32015: "zstd", 32017: "sz", 32026: "blosc2",
}

// parseFilters reads a filter pipeline message (IV.A.2.l).
func parseFilters(body []byte) ([]filter, error) {
	p := fields{rest: body}
	version, count := p.byte(), p.byte()
	const most = 32 // bits of a mask
	if version != 1 && version != 2 || count > most {
		return nil, damaged("%d filters, in a list of version %d", count, version)
	}
	if version == 1 {
		p.bytes(6)
	}
	var filters []filter
	for range count {
		f := filter{id: uint16(p.number(2))}
		nameLength := uint64(0)
		const firstNamed = 256 // in version 2
		if version == 1 || f.id >= firstNamed {
			nameLength = p.number(2)
		}
		p.bytes(2) // flags: ignored, as a filter that cannot be undone is always an error here
		values := p.number(2)
		if version == 1 {
			nameLength = (nameLength + 7) / 8 * 8
		}
		name, _, _ := bytes.Cut(p.bytes(nameLength), []byte{0})
		f.name = string(name)
		for range values {
			f.values = append(f.values, uint32(p.number(4)))
			if p.short {
				break
			}
		}
		if version == 1 && values%2 == 1 {
			p.bytes(4)
		}
		if err := p.err(); err != nil {
			return nil, err
		}
		filters = append(filters, f)
	}
	return filters, nil
}

// packs reports whether a filter can shrink data.
func (f *filter) packs() bool { return f.id == filterDeflate || f.id == filterLZF }

// unpacker undoes filters. Its buffers are reused from chunk to chunk.
type unpacker struct {
	filters []filter
	zlib    io.ReadCloser
	buffers [2][]byte
	last    int // the buffer that was filled last
}

// buffer returns the buffer that the previous filter did not fill.
func (u *unpacker) buffer() *[]byte {
	u.last ^= 1
	return &u.buffers[u.last]
}

// unpack undoes the filters of a chunk in reverse order, except those whose bit in the mask
// is set. The result must have size bytes; it is valid until the next call.
func (u *unpacker) unpack(chunk []byte, mask uint32, size uint64) ([]byte, error) {
	for i := len(u.filters) - 1; i >= 0; i-- {
		f := &u.filters[i]
		if mask>>i&1 != 0 {
			continue
		}
		// Filters add little to data: a checksum, or less than an eighth if they cannot
		// pack them.
		limit := size + size/8 + 1024
		var err error
		switch f.id {
		case filterDeflate:
			chunk, err = u.inflate(chunk, limit)
		case filterLZF:
			into := u.buffer()
			chunk, err = unpackLZF((*into)[:0], chunk, limit)
			*into = chunk
		case filterShuffle:
			chunk, err = u.unshuffle(chunk, f)
		case filterFletcher32:
			chunk, err = checkFletcher32(chunk)
		default:
			err = f.unknown()
		}
		if err != nil {
			return nil, err
		}
	}
	if uint64(len(chunk)) != size {
		return nil, damaged("a chunk of %d bytes, unpacked, where %d are needed", len(chunk), size)
	}
	return chunk, nil
}

// unknown returns the error for a filter that cannot be undone.
func (f *filter) unknown() error {
	name := otherFilters[f.id]
	if name == "" {
		name = f.name
	}
	if name == "" {
		name = "?"
	}
	return fmt.Errorf("compressed by the filter %s (number %d), which is not supported: deflate (gzip), lzf, shuffle and fletcher32 are read", name, f.id)
}

func (u *unpacker) inflate(packed []byte, limit uint64) (plain []byte, err error) {
	source := bytes.NewReader(packed)
	if u.zlib == nil {
		u.zlib, err = zlib.NewReader(source)
	} else {
		err = u.zlib.(zlib.Resetter).Reset(source, nil)
	}
	if err != nil {
		u.zlib = nil
		return nil, damaged("deflate: %w", err)
	}
	buffer := u.buffer()
	into := bytes.NewBuffer((*buffer)[:0])
	if _, err := io.Copy(into, io.LimitReader(u.zlib, int64(limit)+1)); err != nil {
		return nil, damaged("deflate: %w", err)
	}
	if uint64(into.Len()) > limit {
		return nil, damaged("deflate: a chunk of more than %d bytes", limit)
	}
	*buffer = into.Bytes()
	return *buffer, nil
}

// unshuffle reassembles the bytes of elements: all first bytes are stored first, then all
// second ones, and so on. An incomplete last element is stored at the end.
func (u *unpacker) unshuffle(shuffled []byte, f *filter) ([]byte, error) {
	if len(f.values) != 1 || f.values[0] == 0 {
		return nil, damaged("the filter shuffle with values %v", f.values)
	}
	size := int(f.values[0])
	count := len(shuffled) / size
	buffer := u.buffer()
	*buffer = slices.Grow((*buffer)[:0], len(shuffled))[:len(shuffled)]
	plain := *buffer
	for k := range size {
		if count == 0 {
			break
		}
		column := shuffled[k*count : (k+1)*count]
		for i, b := range column {
			plain[i*size+k] = b
		}
	}
	copy(plain[count*size:], shuffled[count*size:])
	return plain, nil
}

// checkFletcher32 verifies the checksum at the end of a chunk and removes it.
func checkFletcher32(chunk []byte) ([]byte, error) {
	end := len(chunk) - checksumSize
	if end < 0 {
		return nil, damaged("a chunk of %d bytes, too few for its checksum", len(chunk))
	}
	stored, found := binary.LittleEndian.Uint32(chunk[end:]), fletcher32(chunk[:end])
	// Libraries before HDF5 1.6.3 wrote it with the bytes of its halves swapped.
	if swapped := found>>8&0x00ff00ff | found&0x00ff00ff<<8; stored != found && stored != swapped {
		return nil, damaged("the fletcher32 checksum of a chunk is %08x, but %08x is stored", found, stored)
	}
	return chunk[:end], nil
}
