package data

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// message is a header message of version 2.
func message(kind byte, body ...byte) []byte {
	return slices.Concat([]byte{kind, byte(len(body)), 0, 0}, body)
}

func little(values ...uint64) []byte {
	var bytes []byte
	for _, value := range values {
		bytes = binary.LittleEndian.AppendUint64(bytes, value)
	}
	return bytes
}

// A header whose data type lies in a continuation, as the format allows but the
// reference library seldom writes.
func TestHeaderContinuation(t *testing.T) {
	const start, next = 8, 100
	dataspace := message(messageDataspace, append([]byte{2, 1, 0, 1}, little(42)...)...)
	// Rows (class 9, 16 bytes) of signed big-endian integers of 4 bytes.
	datatype := message(messageDatatype, 0x19, 0, 0, 0, vlenReference, 0, 0, 0, 0x10, 9, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0)
	continuation := message(messageContinuation, little(next, uint64(len(datatype)+8))...)
	file := make([]byte, 200)
	copy(file[start:], slices.Concat([]byte("OHDR\x02\x00"), []byte{byte(len(dataspace) + len(continuation))}, dataspace, continuation))
	copy(file[next:], slices.Concat([]byte("OCHK"), datatype))
	got, err := readHeader(bytes.NewReader(file), start)
	if err != nil {
		t.Fatal(err)
	}
	want := header{rows: 42, vlen: true, element: element{signed: true, size: 4, bigEndian: true}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(header{}, element{})); diff != "" {
		t.Error(diff)
	}

	// A continuation that leads to itself must end.
	copy(file[next:], slices.Concat([]byte("OCHK"), message(messageContinuation, little(next, 28)...)))
	if got, err := readHeader(bytes.NewReader(file), start); err == nil {
		t.Errorf("a header that goes round in circles was read: %+v", got)
	}
}

func TestElements(t *testing.T) {
	row := []byte{0xff, 0xfe, 0x3c, 0x00}
	for _, test := range []struct {
		element element
		i       int
		want    int64
	}{
		{element{size: 1}, 0, 255},
		{element{size: 1, signed: true}, 1, -2},
		{element{size: 2}, 0, 0xfeff},
		{element{size: 2, signed: true}, 0, -257},
		{element{size: 2, bigEndian: true}, 1, 0x3c00},
		{element{size: 4, bigEndian: true}, 0, 0xfffe3c00},
		{element{size: 4, signed: true, bigEndian: true}, 0, -0x1c400},
	} {
		if got := test.element.integer(row, test.i); got != test.want {
			t.Errorf("%+v: %d, %d expected", test.element, got, test.want)
		}
	}
	if one := (element{float: true, size: 2, bigEndian: true}).number(row, 1); one != 1 {
		t.Errorf("half float 3c00 is %g", one)
	}
}
