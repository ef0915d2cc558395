package hdf5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
)

// packLZF packs like LibLZF, using the longest copy that it finds.
func packLZF(plain []byte) []byte {
	const farthest, longest, longestLiteral = 1 << 13, 264, 32
	var packed, literal []byte
	flush := func() {
		for run := range slices.Chunk(literal, longestLiteral) {
			packed = append(append(packed, byte(len(run)-1)), run...)
		}
		literal = literal[:0]
	}
	for at := 0; at < len(plain); {
		length, distance := 0, 0
		for from := max(0, at-farthest); from < at; from++ {
			n := 0
			for n < longest && at+n < len(plain) && plain[from+n] == plain[at+n] {
				n++
			}
			if n > length {
				length, distance = n, at-from-1
			}
		}
		if length < 3 {
			literal = append(literal, plain[at])
			at++
			continue
		}
		flush()
		if length-2 < 7 {
			packed = append(packed, byte((length-2)<<5|distance>>8))
		} else {
			packed = append(packed, byte(7<<5|distance>>8), byte(length-2-7))
		}
		packed = append(packed, byte(distance))
		at += length
	}
	flush()
	return packed
}

func TestLZF(t *testing.T) {
	for _, test := range []struct {
		packed []byte
		plain  string
	}{
		{[]byte{2, 'a', 'b', 'c'}, "abc"},
		{[]byte{2, 'a', 'b', 'c', 1 << 5, 2}, "abcabc"},
		{[]byte{0, 'a', 5 << 5, 0}, "aaaaaaaa"},                                                                         // overlaps itself
		{[]byte{1, 'a', 'b', 7 << 5, 3, 1}, "ab" + strings.Repeat("ab", 6)},                                             // length before distance
		{slices.Concat([]byte{31}, bytes.Repeat([]byte{'x'}, 32), []byte{7 << 5, 255, 0}), strings.Repeat("x", 32+264)}, // the longest
	} {
		got, err := unpackLZF(nil, test.packed, uint64(len(test.plain)))
		if err != nil || string(got) != test.plain {
			t.Errorf("%v: %q, %v; want %q", test.packed, got, err, test.plain)
		}
		if _, err := unpackLZF(nil, test.packed, uint64(len(test.plain))-1); err == nil {
			t.Errorf("%v: more than the limit was unpacked", test.packed)
		}
		// If truncated, it is an error, or what is left unpacks to a prefix whose size
		// gives it away.
		for n := range test.packed {
			if got, err := unpackLZF(nil, test.packed[:n], 1<<10); err == nil && len(got) >= len(test.plain) {
				t.Errorf("%v: %q", test.packed[:n], got)
			}
		}
	}
	for _, damaged := range [][]byte{{1 << 5, 0}, {0, 'a', 1 << 5, 1}, {0, 'a', 7 << 5}, {0, 'a', 7 << 5, 0}, {31, 'a'}} {
		if got, err := unpackLZF(nil, damaged, 1<<10); err == nil {
			t.Errorf("%v was unpacked to %q", damaged, got)
		}
	}
}

// pipeline packs a chunk with shuffle, a filter that packs, and fletcher32.
func pipeline(t testing.TB, plain []byte, packer uint16) ([]filter, []byte) {
	t.Helper()
	const size = 4
	count := len(plain) / size
	shuffled := slices.Clone(plain)
	for i := range count * size {
		shuffled[i%size*count+i/size] = plain[i]
	}
	packed := packLZF(shuffled)
	if packer == filterDeflate {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		w.Write(shuffled)
		w.Close()
		packed = b.Bytes()
	}
	packed = binary.LittleEndian.AppendUint32(packed, fletcher32(packed))
	return []filter{{id: filterShuffle, values: []uint32{size}}, {id: packer}, {id: filterFletcher32}}, packed
}

func TestPipeline(t *testing.T) {
	plain := bytes.Repeat([]byte{1, 2, 3, 4, 1, 0, 0, 9, 7}, 40)
	for _, packer := range []uint16{filterDeflate, filterLZF} {
		filters, packed := pipeline(t, plain, packer)
		u := unpacker{filters: filters}
		for range 2 { // buffers are reused
			got, err := u.unpack(packed, 0, uint64(len(plain)))
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("filter %d: %v, %v", packer, got, err)
			}
		}
		if got, err := u.unpack(plain, 7, uint64(len(plain))); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("a chunk that was not packed: %v, %v", got, err)
		}
		noShuffle, err := u.unpack(packed, 1, uint64(len(plain)))
		if err != nil || bytes.Equal(noShuffle, plain) {
			t.Errorf("a chunk that was not shuffled: %v", err)
		}
		for at := range packed {
			flipped := slices.Clone(packed)
			flipped[at] ^= 0x10
			if _, err := u.unpack(flipped, 0, uint64(len(plain))); err == nil || !strings.Contains(err.Error(), "fletcher32") {
				t.Errorf("filter %d, byte %d flipped: %v", packer, at, err)
			}
		}
		if _, err := u.unpack(packed, 0, uint64(len(plain))-1); err == nil || !strings.Contains(err.Error(), "unpacked") {
			t.Errorf("a chunk of another size: %v", err)
		}
	}
	u := unpacker{filters: []filter{{id: 32015}}}
	if _, err := u.unpack(plain, 0, uint64(len(plain))); err == nil || !strings.Contains(err.Error(), "zstd (number 32015)") {
		t.Errorf("an unknown filter: %v", err)
	}
	if got, err := u.unpack(plain, 1, uint64(len(plain))); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("an unknown filter that was left out: %v", err)
	}
}

// The labels of a file packed with lzf that another reader got wrong.
func TestLabelsPackedByLZF(t *testing.T) {
	file, err := Open("testdata/labels_lzf.h5")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	dataset, err := file.Dataset("/labels")
	if err != nil {
		t.Fatal(err)
	}
	labels, err := dataset.Integers()
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]int, 4)
	for _, label := range labels {
		counts[label]++
	}
	if want := []int{228, 235, 274, 263}; !slices.Equal(counts, want) {
		t.Errorf("counts %v, want %v", counts, want)
	}
}

// FuzzLZF checks that packed data unpack to the original, and that no other input does
// harm.
func FuzzLZF(f *testing.F) {
	f.Add([]byte("abcabcabcabcaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
	f.Add(bytes.Repeat([]byte{0}, 700))
	f.Add([]byte{7 << 5, 255, 0, 31})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<12 {
			return
		}
		if got, err := unpackLZF(nil, packLZF(data), uint64(len(data))); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%v came back as %v, %v", data, got, err)
		}
		const limit = 5000
		if got, err := unpackLZF(nil, data, limit); err == nil && len(got) > limit {
			t.Errorf("%d bytes", len(got))
		}
	})
}

// FuzzFilters unpacks arbitrary bytes with arbitrary filters.
func FuzzFilters(f *testing.F) {
	for _, packer := range []uint16{filterDeflate, filterLZF} {
		_, packed := pipeline(f, bytes.Repeat([]byte("spikegrad"), 30), packer)
		f.Add([]byte{byte(packer)}, packed, uint32(0), uint16(270))
	}
	ids := []uint16{filterDeflate, filterShuffle, filterFletcher32, filterLZF, 4}
	f.Fuzz(func(t *testing.T, which, chunk []byte, mask uint32, size uint16) {
		var u unpacker
		for _, w := range which[:min(len(which), 6)] {
			u.filters = append(u.filters, filter{id: ids[int(w)%len(ids)], values: []uint32{uint32(w) >> 3}})
		}
		for range 2 {
			if got, err := u.unpack(bytes.Clone(chunk), mask, uint64(size)); err == nil && len(got) != int(size) {
				t.Errorf("%d bytes of %d", len(got), size)
			}
		}
	})
}

// fixture returns the content of a file in testdata.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
