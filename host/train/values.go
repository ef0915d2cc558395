package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"math"
)

// writeValues writes float32 numbers, little-endian.
func writeValues(w io.Writer, values []float32) error {
	var buffer [4096]byte
	for len(values) > 0 {
		n := min(len(values), len(buffer)/4)
		for i, value := range values[:n] {
			binary.LittleEndian.PutUint32(buffer[4*i:], math.Float32bits(value))
		}
		if _, err := w.Write(buffer[:4*n]); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// readValues is the inverse of writeValues on bytes in memory; their number is a
// multiple of four.
func readValues(bytes []byte) []float32 {
	values := make([]float32, len(bytes)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(bytes[4*i:]))
	}
	return values
}

// WeightsSHA256 identifies weights: SHA-256, in hexadecimal, over all float32
// numbers, little-endian, array after array in the order of
// [network.Network.Weights], rows in order. These are the bytes of
// model.safetensors after its header.
func WeightsSHA256(weights [][]float32) string {
	hash := sha256.New()
	for _, values := range weights {
		_ = writeValues(hash, values) // a hash takes everything
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// finite reports whether all values are finite.
func finite(values []float32) bool {
	for _, value := range values {
		if x := float64(value); math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
