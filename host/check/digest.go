package check

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Digest is the SHA-256 of all numbers of a trace: with [Compare] it says that two
// engines agree, with a digest that was written down that today's program and an older one do.
// Names of variables do not enter.
func (t *Trace) Digest() string {
	sum := sha256.New()
	var bytes []byte
	for _, a := range t.arrays {
		bytes = binary.LittleEndian.AppendUint64(bytes[:0], uint64(len(a.bits)))
		for _, bits := range a.bits {
			bytes = binary.LittleEndian.AppendUint32(bytes, bits)
		}
		sum.Write(bytes)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
