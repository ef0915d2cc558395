package hdf5

import "fmt"

// Types of header messages (IV.A.2).
const (
	messageDataspace     = 0x01
	messageLinkInfo      = 0x02
	messageDatatype      = 0x03
	messageOldFill       = 0x04
	messageFill          = 0x05
	messageLink          = 0x06
	messageExternalFiles = 0x07
	messageLayout        = 0x08
	messageGroupInfo     = 0x0A
	messageFilters       = 0x0B
	messageContinuation  = 0x10
	messageSymbolTable   = 0x11
)

// message is a header message.
type message struct {
	kind  uint16
	flags uint8
	body  []byte
}

// Flags of messages.
const (
	flagShared        = 0x02
	flagFailIfUnknown = 0x80
)

// lastKnownMessage is the largest type of message that the format defines.
const lastKnownMessage = 0x18

// messages are the messages of a header, without continuations.
type messages []message

func (m messages) has(kind uint16) bool {
	for i := range m {
		if m[i].kind == kind {
			return true
		}
	}
	return false
}

// headerReader collects the messages of a header and its continuations.
type headerReader struct {
	source *source
	found  messages
	blocks []blockAt // still to be read
	seen   map[uint64]bool
	total  uint64 // bytes of all blocks
}

type blockAt struct{ address, length uint64 }

// readHeader reads the header at an address (IV.A.1).
func (s *source) readHeader(address uint64) (messages, error) {
	r := headerReader{source: s, seen: map[uint64]bool{address: true}}
	start, err := s.read(address, min(16, s.size-min(s.size, address)))
	if err != nil {
		return nil, err
	}
	if len(start) == 16 && string(start[:4]) == "OHDR" {
		err = r.version2(address, start)
	} else {
		err = r.version1(address, start)
	}
	if err != nil {
		return nil, fmt.Errorf("header at byte %d: %w", address, err)
	}
	for i := range r.found {
		if m := &r.found[i]; m.kind > lastKnownMessage && m.flags&flagFailIfUnknown != 0 {
			return nil, fmt.Errorf("header at byte %d: message of type %d is needed to understand it, and unknown", address, m.kind)
		}
	}
	return r.found, nil
}

// account records that a block will be read: none twice, and in total no more than the
// file's size, so that cycles end.
func (r *headerReader) account(length uint64) error {
	r.total += length
	if length > r.source.size || r.total > r.source.size {
		return damaged("more messages than the file has bytes")
	}
	return nil
}

func (r *headerReader) version1(address uint64, start []byte) error {
	p := fields{rest: start}
	version := p.byte()
	p.bytes(7) // reserved, number of messages, references
	length := p.number(4)
	if err := p.err(); err != nil {
		return err
	}
	if version != 1 {
		return damaged("version %d", version)
	}
	r.blocks = []blockAt{{address + 16, length}}
	for len(r.blocks) > 0 {
		next := r.blocks[0]
		r.blocks = r.blocks[1:]
		if err := r.account(next.length); err != nil {
			return err
		}
		block, err := r.source.read(next.address, next.length)
		if err != nil {
			return err
		}
		const prefix = 8 // type, length, flags, reserved
		p := fields{rest: block}
		for len(p.rest) >= prefix {
			m := message{kind: uint16(p.number(2))}
			length := p.number(2)
			m.flags = p.byte()
			p.bytes(3)
			m.body = p.bytes(length)
			if err := p.err(); err != nil {
				return err
			}
			if err := r.add(m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *headerReader) version2(address uint64, start []byte) error {
	p := fields{rest: start[4:]}
	version, flags := p.byte(), p.byte()
	if version != 2 {
		return damaged("version %d", version)
	}
	const hasTimes, hasLimits, hasOrder = 0x20, 0x10, 0x04
	prefix := uint64(6)
	if flags&hasTimes != 0 {
		prefix += 16
	}
	if flags&hasLimits != 0 {
		prefix += 4
	}
	width := uint64(1) << (flags & 3)
	size, err := r.source.read(address+prefix, width)
	if err != nil {
		return err
	}
	prefix += width
	p = fields{rest: size}
	length := p.number(int(width))
	if err := r.account(length); err != nil {
		return err
	}
	block, err := r.source.checkedBlock(address, prefix+length+checksumSize, "OHDR")
	if err != nil {
		return err
	}
	block.bytes(prefix - 4)
	for {
		start := uint64(4)
		if flags&hasOrder != 0 {
			start += 2
		}
		for uint64(len(block.rest)) >= start {
			m := message{kind: uint16(block.byte())}
			length := block.number(2)
			m.flags = block.byte()
			block.bytes(start - 4)
			m.body = block.bytes(length)
			if err := block.err(); err != nil {
				return err
			}
			if err := r.add(m); err != nil {
				return err
			}
		}
		if len(r.blocks) == 0 {
			return nil
		}
		next := r.blocks[0]
		r.blocks = r.blocks[1:]
		if err := r.account(next.length); err != nil {
			return err
		}
		if block, err = r.source.checkedBlock(next.address, next.length, "OCHK"); err != nil {
			return err
		}
	}
}

// add adds a message, or records where further messages are stored.
func (r *headerReader) add(m message) error {
	if m.kind != messageContinuation {
		r.found = append(r.found, m)
		return nil
	}
	p := fields{rest: m.body}
	next := blockAt{p.address(), p.number(8)}
	if r.seen[next.address] {
		return damaged("its continuations go in circles")
	}
	r.seen[next.address] = true
	r.blocks = append(r.blocks, next)
	return p.err()
}

// one returns the body of the only message of a type; ok is false if there is none. Shared
// messages are stored elsewhere: those of committed types are looked up there.
func (s *source) one(m messages, kind uint16) (body []byte, ok bool, err error) {
	for i := range m {
		if m[i].kind != kind {
			continue
		}
		if ok {
			return nil, false, damaged("two messages of type %d", kind)
		}
		body, ok = m[i].body, true
		if m[i].flags&flagShared != 0 {
			if body, err = s.shared(body, kind); err != nil {
				return nil, false, err
			}
		}
	}
	return body, ok, nil
}

// shared returns the body of a message in another header (IV.A.2.a, "shared message").
func (s *source) shared(reference []byte, kind uint16) ([]byte, error) {
	p := fields{rest: reference}
	version, where := p.byte(), p.byte()
	if version == 1 {
		p.bytes(6)
	}
	const inTable = 1
	if version < 1 || version > 3 || version == 3 && where == inTable {
		return nil, fmt.Errorf("a message of type %d is shared in a table of the file, which is not supported", kind)
	}
	address := p.address()
	if err := p.err(); err != nil {
		return nil, err
	}
	elsewhere, err := s.readHeader(address)
	if err != nil {
		return nil, err
	}
	for i := range elsewhere {
		if m := &elsewhere[i]; m.kind == kind && m.flags&flagShared == 0 {
			return m.body, nil
		}
	}
	return nil, damaged("a shared message of type %d is not at byte %d", kind, address)
}
