package hdf5

import (
	"errors"
	"fmt"
	"io"
)

const signature = "\x89HDF\r\n\x1a\n"

// readSuperblock finds the superblock (II.A) at the beginning of a file or after a user
// block, and sets the source to what follows.
func (f *File) readSuperblock(r io.ReaderAt, size uint64) error {
	const longest = 96 // bytes of version 1 with its symbol table entry
	for at := uint64(0); at < size; at = max(512, 2*at) {
		head := make([]byte, min(longest, size-at))
		if n, err := r.ReadAt(head, int64(at)); n < len(head) {
			return err
		}
		if len(head) < len(signature) || string(head[:len(signature)]) != signature {
			continue
		}
		f.source = source{r: io.NewSectionReader(r, int64(at), int64(size-at)), size: size - at}
		return f.parseSuperblock(head)
	}
	return errors.New("not an HDF5 file")
}

func (f *File) parseSuperblock(head []byte) error {
	p := fields{rest: head[len(signature):]}
	version := p.byte()
	var base, end, driver uint64
	driver = undefined
	switch version {
	case 0, 1:
		p.bytes(4) // versions, reserved
		if err := checkWidths(&p); err != nil {
			return err
		}
		p.bytes(9) // reserved, sizes of groups, flags
		if version == 1 {
			p.bytes(4) // size of the chunk index, reserved
		}
		base = p.address()
		p.address() // free space
		end, driver = p.address(), p.address()
		p.address() // name of the root
		f.root = p.address()
	case 2, 3:
		if err := checkWidths(&p); err != nil {
			return err
		}
		const openForWriting = 1
		if flags := p.byte(); version == 3 && flags&openForWriting != 0 {
			return errors.New("the file is open for writing, or its writer died: close it, or run h5clear --status")
		}
		base = p.address()
		p.address() // extension
		end = p.address()
		f.root = p.address()
		const checked = 44
		if sum := uint32(p.number(checksumSize)); !p.short && lookup3(head[:checked]) != sum {
			return damaged("wrong checksum of the superblock")
		}
	default:
		return fmt.Errorf("superblock of version %d: 0 to 3 are read", version)
	}
	if err := p.err(); err != nil {
		return err
	}
	if driver != undefined {
		return errors.New("spread over several files, which is not supported")
	}
	// Even if the file was moved, addresses count from the superblock.
	if end < base || end-base > f.size {
		return damaged("truncated: according to the superblock, the file has %d bytes; it has %d", end-base, f.size)
	}
	return nil
}

// checkWidths returns an error unless addresses and sizes have 8 bytes, as in all files of
// the last decades.
func checkWidths(p *fields) error {
	addresses, sizes := p.byte(), p.byte()
	if !p.short && (addresses != 8 || sizes != 8) {
		return fmt.Errorf("HDF5 file with addresses and sizes of %d and %d bytes; both must have 8", addresses, sizes)
	}
	return p.err()
}
