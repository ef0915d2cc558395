// Package spirv reads from a SPIR-V module what the tests check about a kernel: its
// interface (push constants, storage buffers, specialization constants, workgroup size) and
// the instructions that compute with floats.
//
// Source of all numbers: the SPIR-V specification, version 1.3, and the extended
// instruction set GLSL.std.450.
package spirv

import (
	"encoding/binary"
	"fmt"
)

// Module is one compute kernel.
type Module struct {
	EntryPoint    string
	LocalSize     [3]Dimension
	PushConstants []Member // of the one push-constant block, in order
	Buffers       []Buffer // storage buffers, by descriptor set and binding
	SpecConstants []SpecConstant
	// Arithmetic lists, in code order, every core instruction that computes a float from
	// floats, or works on floats across invocations.
	Arithmetic []Instruction
	// Extended lists the instructions from extended sets, in order.
	Extended []Instruction
}

// Dimension is the workgroup size along one axis: Size, unless Specialized, in
// which case the specialization constant SpecID decides and Size is its default.
type Dimension struct {
	Size        uint32
	Specialized bool
	SpecID      uint32
}

// Member is a field of a block. Type is written as in GLSL; an array of unknown
// length ends in []. Offset and ArrayStride are in bytes.
type Member struct {
	Name        string
	Type        string
	Offset      uint32
	ArrayStride uint32 // 0 unless Type is an array
}

// Buffer is a storage buffer. Name is the variable's, Block its block's.
type Buffer struct {
	Name, Block         string
	Set, Binding        uint32
	ReadOnly, WriteOnly bool
	Members             []Member
}

// SpecConstant is a specialization constant; Default holds its 32 bits.
type SpecConstant struct {
	Name    string
	ID      uint32
	Type    string
	Default uint32
}

// Instruction is one use of an operation, such as FAdd, AtomicFAddEXT or Sqrt.
// Where is file:line if the module was compiled with -g.
type Instruction struct {
	Name          string
	NoContraction bool
	Where         string
}

const (
	magic       = 0x07230203
	headerWords = 5

	storageUniform       = 2
	storagePushConstant  = 9
	storageStorageBuffer = 12

	modeLocalSize   = 17
	modeLocalSizeID = 38

	builtinWorkgroupSize = 25
)

// Decorations that are read.
const (
	decorationSpecID        = 1
	decorationBufferBlock   = 3
	decorationArrayStride   = 6
	decorationBuiltIn       = 11
	decorationNonWritable   = 24
	decorationNonReadable   = 25
	decorationBinding       = 33
	decorationDescriptorSet = 34
	decorationOffset        = 35
	decorationNoContraction = 42
)

// Parse reads a module as written by glslc. It fails unless the words are a SPIR-V module
// with one entry point.
func Parse(code []byte) (*Module, error) {
	if len(code)%4 != 0 || len(code) < 4*headerWords {
		return nil, fmt.Errorf("spirv: asked to read a module, found %d bytes; give whole words and a header", len(code))
	}
	words := make([]uint32, len(code)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(code[4*i:])
	}
	if words[0] != magic {
		return nil, fmt.Errorf("spirv: asked to read a module, found first word %#08x; give little-endian SPIR-V (%#08x)", words[0], magic)
	}
	r := newReader()
	for at := headerWords; at < len(words); {
		count, opcode := int(words[at]>>16), words[at]&0xffff
		if count == 0 || at+count > len(words) || count-1 < leastOperands[opcode] {
			return nil, fmt.Errorf("spirv: instruction %d at word %d has length %d, which does not fit it or the module; compile it again", opcode, at, count)
		}
		r.instruction(opcode, words[at+1:at+count])
		at += count
	}
	if r.entryPoints != 1 {
		return nil, fmt.Errorf("spirv: asked for a kernel with one entry point, found %d; compile one kernel a file", r.entryPoints)
	}
	return r.finish(), nil
}
