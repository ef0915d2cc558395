package check

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Digest returns the SHA-256 of all numbers of a trace. [Compare] shows that two engines
// agree; a recorded digest shows that today's program and an older one do. Names of variables
// are not included.
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
