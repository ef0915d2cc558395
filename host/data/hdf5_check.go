package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The HDF5 library believes the sizes in a file: a damaged one has it allocate all
// memory or go round in circles, from which no error leads back. So those of the
// heaps are compared with the file before the library sees it. They are found by
// their signatures (HDF5 File Format Specification Version 3.0, III.D and III.E):
//
// A global heap collection holds rows of variable length: signature and version,
// its size, and then objects, each with a number, a size and bytes up to a multiple
// of 8. A local heap holds the names in a group: signature, version (which the
// library does not look at), size.
const (
	globalHeap = "GCOL\x01"
	localHeap  = "HEAP"
	heapHeader = 16 // bytes of a signature and a size, and of an object before its bytes
)

// CheckHDF5 is an error if the file at path is not an HDF5 file, if a heap does
// not fit the file, or an object not its heap: to be called before the library reads
// a file that may be damaged.
func CheckHDF5(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := checkWidths(file); err != nil {
		return err
	}
	size := uint64(info.Size())
	window := make([]byte, 1<<20)
	for at := uint64(0); at+heapHeader <= size; {
		n, err := file.ReadAt(window, int64(at))
		if err != nil && err != io.EOF {
			return err
		}
		place, check := nextHeap(window[:n])
		if check == nil {
			// A signature may begin in the last bytes of the window.
			at += uint64(max(n-len(globalHeap)+1, 1))
			continue
		}
		at += uint64(place)
		length, err := check(file, at, size)
		if err != nil {
			return fmt.Errorf("damaged heap at byte %d: %w", at, err)
		}
		at += length
	}
	return nil
}

// heapCheck checks the heap at an address and returns how many bytes need not be
// searched.
type heapCheck func(file io.ReaderAt, address, size uint64) (uint64, error)

// checkWidths is an error unless the superblock (II) says that addresses and sizes
// have 8 bytes, as all files of the last decades have.
func checkWidths(file io.ReaderAt) error {
	var head [16]byte
	if _, err := file.ReadAt(head[:], 0); err != nil || string(head[:8]) != "\x89HDF\r\n\x1a\n" {
		return errors.New("not an HDF5 file")
	}
	widths := head[13:15]
	if head[8] >= 2 {
		widths = head[9:11]
	}
	if widths[0] != 8 || widths[1] != 8 {
		return fmt.Errorf("HDF5 file with addresses and sizes of %d and %d bytes; both must have 8", widths[0], widths[1])
	}
	return nil
}

// nextHeap is where the first heap of a window begins and what checks it, nil if
// there is none.
func nextHeap(window []byte) (int, heapCheck) {
	global := bytes.Index(window, []byte(globalHeap))
	if global >= 0 {
		window = window[:global]
	}
	if local := bytes.Index(window, []byte(localHeap)); local >= 0 {
		return local, checkLocalHeap
	}
	if global >= 0 {
		return global, checkGlobalHeap
	}
	return 0, nil
}

func checkLocalHeap(file io.ReaderAt, address, size uint64) (uint64, error) {
	var head [heapHeader]byte
	if _, err := file.ReadAt(head[:], int64(address)); err != nil {
		return 0, err
	}
	if length := binary.LittleEndian.Uint64(head[8:]); length > size {
		return 0, fmt.Errorf("%d bytes, in a file of %d", length, size)
	}
	return heapHeader, nil
}

func checkGlobalHeap(file io.ReaderAt, address, size uint64) (uint64, error) {
	var head [heapHeader]byte
	if _, err := file.ReadAt(head[:], int64(address)); err != nil {
		return 0, err
	}
	length := binary.LittleEndian.Uint64(head[8:])
	if length < heapHeader || length > size-address {
		return 0, fmt.Errorf("%d bytes, in a file of %d", length, size)
	}
	for at := uint64(heapHeader); at+heapHeader <= length; {
		if _, err := file.ReadAt(head[:], int64(address+at)); err != nil {
			return 0, err
		}
		object, bytes := binary.LittleEndian.Uint16(head[:]), binary.LittleEndian.Uint64(head[8:])
		if bytes > length-at {
			return 0, fmt.Errorf("object %d of %d bytes, in a heap of %d", object, bytes, length)
		}
		if object == 0 {
			break // what follows is free
		}
		at += heapHeader + (bytes+7)/8*8
	}
	return length, nil
}
