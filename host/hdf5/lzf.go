package hdf5

import "errors"

var errLZF = errors.New("damaged: lzf data that nothing packs to")

// unpackLZF appends unpacked LibLZF data, at most limit bytes, to plain, which must be empty. A
// control byte below 32 is followed by that number of literal bytes plus one. Any other starts a copy
// from earlier output: three bits of length (7 means that another length byte follows) and the upper
// five bits of the distance, followed by its lower eight. The actual length is two more, and the
// distance one more, than the stored value.
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
		// The copy may overlap its own output.
		for i := range length + 2 {
			plain = append(plain, plain[from+i])
		}
	}
	return plain, nil
}
