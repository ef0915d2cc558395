package hdf5

import "errors"

var errLZF = errors.New("damaged: lzf data that nothing packs to")

// unpackLZF appends to plain, which is empty, what LibLZF packed: at most limit bytes. A control byte below 32
// is followed by one byte more than it says; any other begins a copy from the bytes
// before: three bits of length (7 means that a byte of length follows) and the upper five
// of the distance, then the lower eight. A copy is two bytes longer, and one byte
// farther, than they say.
func unpackLZF(plain, packed []byte, limit uint64) ([]byte, error) {
	for len(packed) > 0 {
		control := int(packed[0])
		packed = packed[1:]
		if control < 32 {
			count := control + 1
			if count > len(packed) || uint64(len(plain)+count) > limit {
				return nil, errLZF
			}
			plain = append(plain, packed[:count]...)
			packed = packed[count:]
			continue
		}
		length, distance := control>>5, control&31<<8
		if length == 7 {
			if len(packed) == 0 {
				return nil, errLZF
			}
			length += int(packed[0])
			packed = packed[1:]
		}
		if len(packed) == 0 {
			return nil, errLZF
		}
		distance |= int(packed[0])
		packed = packed[1:]
		from := len(plain) - distance - 1
		if from < 0 || uint64(len(plain)+length+2) > limit {
			return nil, errLZF
		}
		// The copy may reach into what it makes.
		for i := range length + 2 {
			plain = append(plain, plain[from+i])
		}
	}
	return plain, nil
}
