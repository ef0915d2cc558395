package spirv

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// memberOf names a member of a struct type; wholeObject stands for the object
// itself.
type memberOf struct {
	id     uint32
	member int
}

const wholeObject = -1

// definition is a type, constant or variable: its opcode, the type of the
// object (0 for a type) and the operands that follow the result.
type definition struct {
	opcode, kind uint32
	operands     []uint32
}

type reader struct {
	module      Module
	entryPoints int
	mode        definition // the execution mode that gives the workgroup size
	names       map[memberOf]string
	decorations map[memberOf]map[uint32][]uint32
	definitions map[uint32]definition
	order       []uint32 // ids of definitions
	strings     map[uint32]string
	where       string
}

func newReader() *reader {
	return &reader{
		names:       map[memberOf]string{},
		decorations: map[memberOf]map[uint32][]uint32{},
		definitions: map[uint32]definition{},
		strings:     map[uint32]string{},
	}
}

// text reads a string: bytes packed into words, terminated by a zero byte.
func text(words []uint32) string {
	var b strings.Builder
	for _, word := range words {
		for shift := 0; shift < 32; shift += 8 {
			letter := byte(word >> shift)
			if letter == 0 {
				return b.String()
			}
			b.WriteByte(letter)
		}
	}
	return b.String()
}

func (r *reader) instruction(opcode uint32, operands []uint32) {
	switch opcode {
	case opName:
		r.names[memberOf{operands[0], wholeObject}] = text(operands[1:])
	case opMemberName:
		r.names[memberOf{operands[0], int(operands[1])}] = text(operands[2:])
	case opString, opExtInstImport:
		r.strings[operands[0]] = text(operands[1:])
	case opLine:
		r.where = fmt.Sprintf("%s:%d", r.strings[operands[0]], operands[1])
	case opEntryPoint:
		r.entryPoints++
		r.module.EntryPoint = text(operands[2:])
	case opExecutionMode, opExecutionModeID:
		if mode := operands[1]; (mode == modeLocalSize || mode == modeLocalSizeID) && len(operands) == 5 {
			r.mode = definition{opcode: mode, operands: operands[2:]}
		}
	case opDecorate:
		r.decorate(memberOf{operands[0], wholeObject}, operands[1:])
	case opMemberDecorate:
		r.decorate(memberOf{operands[0], int(operands[1])}, operands[2:])
	case opTypeBool, opTypeInt, opTypeFloat, opTypeVector, opTypeMatrix, opTypeArray, opTypeRuntimeArray, opTypeStruct, opTypePointer:
		r.define(operands[0], definition{opcode: opcode, operands: operands[1:]})
	case opConstant, opConstantComposite, opSpecConstantTrue, opSpecConstantFalse, opSpecConstant, opSpecConstantCompose, opVariable:
		r.define(operands[1], definition{opcode: opcode, kind: operands[0], operands: operands[2:]})
	case opExtInst:
		r.extended(operands)
	default:
		if name, ok := floatOpcodes[opcode]; ok && len(operands) > 1 {
			_, exact := r.decoration(operands[1], wholeObject, decorationNoContraction)
			r.module.Arithmetic = append(r.module.Arithmetic, Instruction{Name: name, NoContraction: exact, Where: r.where})
		}
	}
}

// extended records an instruction of an extended set. Those of NonSemantic sets are debug
// information.
func (r *reader) extended(operands []uint32) {
	set, number := r.strings[operands[2]], operands[3]
	if strings.HasPrefix(set, "NonSemantic.") {
		return
	}
	name, known := glslInstructions[number]
	if set != "GLSL.std.450" || !known {
		name = fmt.Sprintf("%s#%d", set, number)
	}
	_, exact := r.decoration(operands[1], wholeObject, decorationNoContraction)
	r.module.Extended = append(r.module.Extended, Instruction{Name: name, NoContraction: exact, Where: r.where})
}

func (r *reader) define(id uint32, d definition) {
	r.definitions[id] = d
	r.order = append(r.order, id)
}

func (r *reader) decorate(target memberOf, decoration []uint32) {
	if r.decorations[target] == nil {
		r.decorations[target] = map[uint32][]uint32{}
	}
	r.decorations[target][decoration[0]] = decoration[1:]
}

// decoration returns the first literal of a decoration, 0 if it has none.
func (r *reader) decoration(id uint32, member int, decoration uint32) (uint32, bool) {
	literals, ok := r.decorations[memberOf{id, member}][decoration]
	if len(literals) == 0 {
		return 0, ok
	}
	return literals[0], ok
}

// finish assembles the module once all definitions are known.
func (r *reader) finish() *Module {
	m := &r.module
	for axis, operand := range r.mode.operands {
		if r.mode.opcode == modeLocalSize {
			m.LocalSize[axis] = Dimension{Size: operand}
		} else {
			m.LocalSize[axis] = r.dimension(operand)
		}
	}
	for _, id := range r.order {
		d := r.definitions[id]
		switch d.opcode {
		case opVariable:
			r.variable(id, d)
		case opConstantComposite, opSpecConstantCompose:
			// The built-in, if there is one, overrides the execution mode.
			if b, ok := r.decoration(id, wholeObject, decorationBuiltIn); ok && b == builtinWorkgroupSize && len(d.operands) == 3 {
				for axis, part := range d.operands {
					m.LocalSize[axis] = r.dimension(part)
				}
			}
		case opSpecConstant, opSpecConstantTrue, opSpecConstantFalse:
			if number, ok := r.decoration(id, wholeObject, decorationSpecID); ok {
				m.SpecConstants = append(m.SpecConstants, SpecConstant{
					Name: r.name(id), ID: number, Type: r.typeName(d.kind), Default: r.value(id),
				})
			}
		}
	}
	slices.SortFunc(m.Buffers, func(a, b Buffer) int {
		return cmp.Or(cmp.Compare(a.Set, b.Set), cmp.Compare(a.Binding, b.Binding))
	})
	slices.SortFunc(m.SpecConstants, func(a, b SpecConstant) int { return cmp.Compare(a.ID, b.ID) })
	return m
}

func (r *reader) name(id uint32) string { return r.names[memberOf{id, wholeObject}] }

// value returns the 32 bits of a scalar constant.
func (r *reader) value(id uint32) uint32 {
	d := r.definitions[id]
	if d.opcode == opSpecConstantTrue {
		return 1
	}
	if (d.opcode == opConstant || d.opcode == opSpecConstant) && len(d.operands) > 0 {
		return d.operands[0]
	}
	return 0
}

func (r *reader) dimension(id uint32) Dimension {
	number, specialized := r.decoration(id, wholeObject, decorationSpecID)
	return Dimension{Size: r.value(id), Specialized: specialized, SpecID: number}
}

// variable records a push-constant block or a storage buffer.
func (r *reader) variable(id uint32, d definition) {
	pointer := r.definitions[d.kind]
	if pointer.opcode != opTypePointer {
		return
	}
	class, block := pointer.operands[0], pointer.operands[1]
	_, oldStyle := r.decoration(block, wholeObject, decorationBufferBlock)
	switch {
	case class == storagePushConstant:
		r.module.PushConstants = append(r.module.PushConstants, r.members(block)...)
	case class == storageStorageBuffer, class == storageUniform && oldStyle:
		set, _ := r.decoration(id, wholeObject, decorationDescriptorSet)
		binding, _ := r.decoration(id, wholeObject, decorationBinding)
		r.module.Buffers = append(r.module.Buffers, Buffer{
			Name: r.name(id), Block: r.name(block), Set: set, Binding: binding,
			ReadOnly:  r.everywhere(id, block, decorationNonWritable),
			WriteOnly: r.everywhere(id, block, decorationNonReadable),
			Members:   r.members(block),
		})
	}
}

// everywhere reports whether the variable, or each member of its block, has the decoration:
// compilers write readonly and writeonly either way.
func (r *reader) everywhere(id, block, decoration uint32) bool {
	if _, ok := r.decoration(id, wholeObject, decoration); ok {
		return true
	}
	count := len(r.definitions[block].operands)
	for member := range count {
		if _, ok := r.decoration(block, member, decoration); !ok {
			return false
		}
	}
	return count > 0
}

func (r *reader) members(block uint32) []Member {
	var members []Member
	for i, kind := range r.definitions[block].operands {
		offset, _ := r.decoration(block, i, decorationOffset)
		stride, _ := r.decoration(kind, wholeObject, decorationArrayStride)
		members = append(members, Member{
			Name: r.names[memberOf{block, i}], Type: r.typeName(kind), Offset: offset, ArrayStride: stride,
		})
	}
	return members
}

// vectorPrefix is the GLSL prefix before vec.
var vectorPrefix = map[string]string{"float": "", "int": "i", "uint": "u", "bool": "b", "double": "d"}

// typeName writes a type as in GLSL. Elements are defined before the types made of them, so
// the recursion ends; an id used before its definition is written as type.
func (r *reader) typeName(id uint32) string {
	d := r.definitions[id]
	element := func() string {
		if slices.Index(r.order, d.operands[0]) >= slices.Index(r.order, id) {
			return "type"
		}
		return r.typeName(d.operands[0])
	}
	switch d.opcode {
	case opTypeBool:
		return "bool"
	case opTypeInt:
		name := "uint"
		if d.operands[1] != 0 {
			name = "int"
		}
		if d.operands[0] != 32 {
			name += fmt.Sprintf("%d_t", d.operands[0])
		}
		return name
	case opTypeFloat:
		switch d.operands[0] {
		case 32:
			return "float"
		case 64:
			return "double"
		}
		return fmt.Sprintf("float%d_t", d.operands[0])
	case opTypeVector:
		inner := element()
		if prefix, ok := vectorPrefix[inner]; ok {
			return fmt.Sprintf("%svec%d", prefix, d.operands[1])
		}
		return fmt.Sprintf("%s vec%d", inner, d.operands[1])
	case opTypeMatrix:
		return fmt.Sprintf("matrix of %d %s", d.operands[1], element())
	case opTypeArray:
		return fmt.Sprintf("%s[%d]", element(), r.value(d.operands[1]))
	case opTypeRuntimeArray:
		return element() + "[]"
	case opTypeStruct:
		return r.name(id)
	}
	return "type"
}
