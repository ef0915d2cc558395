package data

import (
	"bytes"
	"encoding/binary"
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
// of 8. A local heap holds the names in a group: signature and version, size.
const (
	globalHeap = "GCOL\x01\x00\x00\x00"
	localHeap  = "HEAP\x00\x00\x00\x00"
	heapHeader = 16 // bytes of a signature and a size, and of an object before its bytes
)

// checkHeaps is an error if a heap of the file does not fit the file, or an object
// not its heap.
func checkHeaps(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
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
