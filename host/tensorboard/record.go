package tensorboard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Sizes in bytes of the fields around a message: its length and the checksum of the length
// before it, its own checksum after it.
const (
	lengthSize = 8
	sumSize    = 4
	headerSize = lengthSize + sumSize
)

// largestRecord is the maximum size in bytes of a message that is read.
const largestRecord = 1 << 30

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedSum is the CRC-32C of content, rotated and offset as in TFRecord, so that it is
// also a good checksum of data that contain checksums.
func maskedSum(content []byte) uint32 {
	sum := crc32.Checksum(content, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// appendRecord appends the record of a message.
func appendRecord(to, content []byte) []byte {
	header := binary.LittleEndian.AppendUint64(nil, uint64(len(content)))
	to = append(to, header...)
	to = binary.LittleEndian.AppendUint32(to, maskedSum(header))
	to = append(to, content...)
	return binary.LittleEndian.AppendUint32(to, maskedSum(content))
}

// errTorn means that a file ends within a record, as when the process that wrote it was
// killed.
var errTorn = errors.New("the file ends within a record")

// readRecord reads the next message: [io.EOF] at the end, errTorn in the middle of a record.
func readRecord(r io.Reader) ([]byte, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, torn(err)
	}
	length := binary.LittleEndian.Uint64(header[:])
	if binary.LittleEndian.Uint32(header[lengthSize:]) != maskedSum(header[:lengthSize]) {
		return nil, errors.New("the checksum of a record's length is wrong")
	}
	if length > largestRecord {
		return nil, fmt.Errorf("a record claims %d bytes, more than any event has", length)
	}
	// Not allocated according to the length: a short file ends first.
	content, err := io.ReadAll(io.LimitReader(r, int64(length)))
	if err != nil {
		return nil, err
	}
	var sum [sumSize]byte
	if uint64(len(content)) < length {
		return nil, errTorn
	}
	if _, err := io.ReadFull(r, sum[:]); errors.Is(err, io.EOF) {
		return nil, errTorn
	} else if err != nil {
		return nil, torn(err)
	}
	if binary.LittleEndian.Uint32(sum[:]) != maskedSum(content) {
		return nil, errors.New("the checksum of a record is wrong")
	}
	return content, nil
}

// torn converts the error at the end of a file within a record to errTorn.
func torn(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errTorn
	}
	return err
}
