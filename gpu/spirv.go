//go:build cgo

package gpu

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Constants from the SPIR-V specification, sections 2.3 and 3.
const (
	spirvMagic       = 0x07230203
	spirvHeaderWords = 5

	opExecutionMode         = 16
	opTypeInt               = 21
	opTypeFloat             = 22
	opTypeVector            = 23
	opTypeStruct            = 30
	opTypePointer           = 32
	opConstant              = 43
	opConstantComposite     = 44
	opSpecConstant          = 50
	opSpecConstantComposite = 51
	opFunctionEnd           = 56
	opVariable              = 59
	opDecorate              = 71
	opMemberDecorate        = 72
	opExecutionModeID       = 331

	modeLocalSize         = 17
	modeLocalSizeID       = 38
	decorationSpecID      = 1
	decorationBuiltIn     = 11
	decorationNonWritable = 24
	decorationBinding     = 33
	decorationOffset      = 35
	builtInWorkgroupSize  = 25
	storagePushConstant   = 9
)

var errSPIRV = errors.New("the SPIR-V module is damaged: build the shaders again")

// spirvModule is what must be known about a kernel to respect limits that drivers do not check: beyond them they crash
// or compute nonsense.
type spirvModule struct {
	code       []uint32
	size       [3]uint32           // of a workgroup, unless sizeIDs overrides it
	sizeIDs    []uint32            // ids of the constants that define the size
	values     map[uint32]uint32   // of constants
	specIDs    map[uint32]uint32   // number of a specialization constant, by its id
	composites map[uint32][]uint32 // constituents of constants
	bindings   map[uint32]uint32   // number of a binding, by the id of its variable
	pointers   map[uint32]uint32   // what a pointer type points to
	variables  map[uint32]uint32   // type of a variable
	readOnly   map[uint32]bool     // variables and structures that the kernel only reads
	sizes      map[uint32]uint32   // bytes of scalar and vector types
	structures map[uint32][]uint32 // types of the members
	offsets    map[[2]uint32]int   // bytes, by structure and member
	pushed     uint32              // type of the pointer to the push-constant block; 0: none
}

// readSPIRV parses a module, copying it to aligned memory, as embedded files may be unaligned.
func readSPIRV(raw []byte) (*spirvModule, error) {
	if len(raw)%4 != 0 || len(raw) < 4*spirvHeaderWords {
		return nil, fmt.Errorf("%w (%d bytes)", errSPIRV, len(raw))
	}
	m := &spirvModule{
		code:       make([]uint32, len(raw)/4),
		size:       [3]uint32{1, 1, 1},
		values:     map[uint32]uint32{},
		specIDs:    map[uint32]uint32{},
		composites: map[uint32][]uint32{},
		bindings:   map[uint32]uint32{},
		pointers:   map[uint32]uint32{},
		variables:  map[uint32]uint32{},
		readOnly:   map[uint32]bool{},
		sizes:      map[uint32]uint32{},
		structures: map[uint32][]uint32{},
		offsets:    map[[2]uint32]int{},
	}
	for i := range m.code {
		m.code[i] = binary.LittleEndian.Uint32(raw[4*i:])
	}
	if m.code[0] != spirvMagic {
		return nil, fmt.Errorf("%w (magic number %#x)", errSPIRV, m.code[0])
	}
	var builtIn, last uint32
	for at := spirvHeaderWords; at < len(m.code); {
		length, op := int(m.code[at]>>16), m.code[at]&0xffff
		if length == 0 || at+length > len(m.code) {
			return nil, fmt.Errorf("%w (instruction at word %d)", errSPIRV, at)
		}
		operands := m.code[at+1 : at+length]
		if op == opDecorate && len(operands) == 3 && operands[1] == decorationBuiltIn && operands[2] == builtInWorkgroupSize {
			builtIn = operands[0]
		}
		m.read(op, operands)
		at += length
		last = op
	}
	if last != opFunctionEnd {
		return nil, fmt.Errorf("%w (cut off: it does not end with a function)", errSPIRV)
	}
	if ids, ok := m.composites[builtIn]; ok {
		m.sizeIDs = ids
	}
	return m, nil
}

// read processes one instruction.
func (m *spirvModule) read(op uint32, operands []uint32) {
	n := len(operands)
	switch {
	case op == opExecutionMode && n == 5 && operands[1] == modeLocalSize:
		m.size = [3]uint32(operands[2:])
	case op == opExecutionModeID && n == 5 && operands[1] == modeLocalSizeID:
		m.sizeIDs = operands[2:]
	case op == opDecorate && n == 3 && operands[1] == decorationSpecID:
		m.specIDs[operands[0]] = operands[2]
	case op == opDecorate && n == 3 && operands[1] == decorationBinding:
		m.bindings[operands[0]] = operands[2]
	case op == opDecorate && n == 2 && operands[1] == decorationNonWritable:
		m.readOnly[operands[0]] = true
	case op == opMemberDecorate && n == 3 && operands[2] == decorationNonWritable:
		m.readOnly[operands[0]] = true // "readonly buffer" marks every member
	case (op == opConstant || op == opSpecConstant) && n == 3:
		m.values[operands[1]] = operands[2]
	case (op == opConstantComposite || op == opSpecConstantComposite) && n == 5:
		m.composites[operands[1]] = operands[2:]
	case op == opMemberDecorate && n == 4 && operands[2] == decorationOffset:
		m.offsets[[2]uint32(operands[:2])] = int(operands[3])
	case (op == opTypeInt || op == opTypeFloat) && n >= 2:
		m.sizes[operands[0]] = operands[1] / 8
	case op == opTypeVector && n == 3:
		m.sizes[operands[0]] = m.sizes[operands[1]] * operands[2]
	case op == opTypeStruct && n > 0:
		m.structures[operands[0]] = operands[1:]
	case op == opTypePointer && n == 3:
		m.pointers[operands[0]] = operands[2]
	case op == opVariable && n >= 3:
		m.variables[operands[1]] = operands[0]
		if operands[2] == storagePushConstant {
			m.pushed = operands[0]
		}
	}
}

// workgroup returns the size of a workgroup for the given specialization constants.
func (m *spirvModule) workgroup(specialization []uint32) [3]uint32 {
	size := m.size
	for axis, id := range m.sizeIDs {
		size[axis] = m.values[id]
		if constant, ok := m.specIDs[id]; ok && uint64(constant) < uint64(len(specialization)) {
			size[axis] = specialization[constant]
		}
	}
	return size
}

// writable returns the numbers of all bindings, with whether the kernel may write each: true unless the shader says
// "readonly".
func (m *spirvModule) writable() map[uint32]bool {
	result := map[uint32]bool{}
	for variable, number := range m.bindings {
		structure := m.pointers[m.variables[variable]]
		result[number] = result[number] || !(m.readOnly[variable] || m.readOnly[structure])
	}
	return result
}

// pushBytes is the size of the push-constant block, whose members are scalars and vectors.
func (m *spirvModule) pushBytes() (int, error) {
	bytes, block := 0, m.pointers[m.pushed]
	for member, kind := range m.structures[block] {
		size := m.sizes[kind]
		if size == 0 {
			return 0, fmt.Errorf("push constant %d of the shader is neither a number nor a vector: move it to a buffer", member)
		}
		bytes = max(bytes, m.offsets[[2]uint32{block, uint32(member)}]+int(size))
	}
	return bytes, nil
}

// bindingCount is the number of the kernel's bindings, counted from 0 on.
func (m *spirvModule) bindingCount() int {
	count := 0
	for _, number := range m.bindings {
		count = max(count, int(number)+1)
	}
	return count
}
