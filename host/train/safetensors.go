package train

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"

	"spikegrad/host/network"
)

// Model is the weights of a network as stored in a file.
//
// The file is in the safetensors format: the length of the header as a little-endian
// uint64, the header in JSON, padded with spaces to a multiple of eight bytes, then all
// numbers, little-endian, one array after the other. For each array, the header gives its
// type (F32), shape and offsets.
type Model struct {
	Metadata map[string]string
	Tensors  []Tensor // in the order of the file
}

// Tensor is a weight array, row-major [Rows][Columns]. In the file it has the shape
// [network.Weight.Shape].
type Tensor struct {
	network.Weight
	Values []float32
}

// tensorHeader is the header's description of an array.
type tensorHeader struct {
	Type    string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"` // first byte and the one after the last, counted from the end of the header
}

// NewModel makes a model from the weights of a network.
func NewModel(n *network.Network, weights [][]float32, metadata map[string]string) *Model {
	m := &Model{Metadata: metadata}
	for i, described := range n.Weights() {
		m.Tensors = append(m.Tensors, Tensor{described, weights[i]})
	}
	return m
}

// Write writes the file.
func (m *Model) Write(w io.Writer) error {
	header, err := m.header()
	if err != nil {
		return err
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(len(header))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, tensor := range m.Tensors {
		if err := writeValues(w, tensor.Values); err != nil {
			return err
		}
	}
	return nil
}

// header lists arrays in file order; a map would sort them.
func (m *Model) header() ([]byte, error) {
	var b bytes.Buffer
	add := func(name string, value any) error {
		separator := byte(',')
		if b.Len() == 0 {
			separator = '{'
		}
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		b.WriteByte(separator)
		b.Write(key)
		b.WriteByte(':')
		b.Write(text)
		return nil
	}
	if err := add("__metadata__", m.Metadata); err != nil {
		return nil, err
	}
	offset := uint64(0)
	for _, tensor := range m.Tensors {
		end := offset + 4*uint64(len(tensor.Values))
		if err := add(tensor.Name, tensorHeader{"F32", tensor.Shape(), [2]uint64{offset, end}}); err != nil {
			return nil, err
		}
		offset = end
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	return b.Bytes(), nil
}

// ReadModel reads a file. Arrays must have type F32 and two dimensions, three if they are
// convolutions, one if they are biases or learned constants.
func ReadModel(path string) (*Model, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading weights: %w", err)
	}
	m, err := decodeModel(content)
	if err != nil {
		return nil, fmt.Errorf("%s is not a safetensors file with weights: %w", path, err)
	}
	return m, nil
}

func decodeModel(content []byte) (*Model, error) {
	if len(content) < 8 {
		return nil, fmt.Errorf("it has %d bytes: at least 8 are needed", len(content))
	}
	length := binary.LittleEndian.Uint64(content)
	content = content[8:]
	if length > uint64(len(content)) {
		return nil, fmt.Errorf("its header should have %d bytes, but only %d are left", length, len(content))
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(content[:length], &entries); err != nil {
		return nil, fmt.Errorf("its header: %w", err)
	}
	content = content[length:]
	m := &Model{}
	offsets := map[string][2]uint64{}
	for name, entry := range entries {
		if name == "__metadata__" {
			if err := json.Unmarshal(entry, &m.Metadata); err != nil {
				return nil, fmt.Errorf("its metadata: %w", err)
			}
			continue
		}
		var h tensorHeader
		if err := json.Unmarshal(entry, &h); err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
		tensor, err := h.tensor(name, content)
		if err != nil {
			return nil, err
		}
		offsets[name] = h.Offsets
		m.Tensors = append(m.Tensors, tensor)
	}
	sort.Slice(m.Tensors, func(i, j int) bool {
		return offsets[m.Tensors[i].Name][0] < offsets[m.Tensors[j].Name][0]
	})
	end := uint64(0)
	for _, tensor := range m.Tensors {
		if offset := offsets[tensor.Name]; offset[0] != end {
			return nil, fmt.Errorf("array %q begins at byte %d, expected %d", tensor.Name, offset[0], end)
		}
		end = offsets[tensor.Name][1]
	}
	if end != uint64(len(content)) {
		return nil, fmt.Errorf("its arrays end at byte %d of %d: it is truncated or has extra bytes", end, len(content))
	}
	return m, nil
}

// tensor reads an array from the bytes after the header.
func (h *tensorHeader) tensor(name string, content []byte) (Tensor, error) {
	if h.Type != "F32" || len(h.Shape) < 1 || len(h.Shape) > 4 {
		return Tensor{}, fmt.Errorf("array %q has type %q and %d dimensions: F32 and 1 to 4 are needed", name, h.Type, len(h.Shape))
	}
	first, last := h.Offsets[0], h.Offsets[1]
	if first > last || last > uint64(len(content)) {
		return Tensor{}, fmt.Errorf("array %q is at bytes %d to %d: the file has %d", name, first, last, len(content))
	}
	size := uint64(4)
	for _, length := range h.Shape {
		if length < 1 || size > maxWeights || length > maxWeights {
			size = 0 // matches nothing, as there are no bytes or more than any network has
			break
		}
		size *= uint64(length)
	}
	if size == 0 || size != last-first {
		return Tensor{}, fmt.Errorf("array %q has shape %v and %d bytes: these do not match", name, h.Shape, last-first)
	}
	described := network.Weight{Name: name, Rows: h.Shape[0], Columns: 1}
	switch len(h.Shape) {
	case 1:
		described.Constant = network.ConstantOf(name)
		described.Bias = described.Constant == "" && !network.IsDelays(name)
	case 2:
		described.Columns = h.Shape[1]
	case 3:
		described.Columns, described.Kernel = h.Shape[1]*h.Shape[2], h.Shape[2]
	case 4:
		described.Height, described.Kernel = h.Shape[2], h.Shape[2]*h.Shape[3]
		described.Columns = h.Shape[1] * described.Kernel
	}
	return Tensor{described, readValues(content[first:last])}, nil
}

// Weights returns the model's arrays in the order of a network. It is an error if an
// array is missing or superfluous, or a shape differs.
func (m *Model) Weights(n *network.Network) ([][]float32, error) {
	described := n.Weights()
	if len(m.Tensors) != len(described) {
		return nil, fmt.Errorf("the model has %d weight arrays, but the network has %d", len(m.Tensors), len(described))
	}
	byName := map[string]Tensor{}
	for _, tensor := range m.Tensors {
		byName[tensor.Name] = tensor
	}
	var weights [][]float32
	for _, w := range described {
		tensor, there := byName[w.Name]
		if !there {
			return nil, fmt.Errorf("the model lacks the weights %s, which the network needs", w.Name)
		}
		if network.IsDelays(w.Name) { // the configuration gives what they are shares of
			tensor.LongestDelay = w.LongestDelay
		}
		if tensor.Weight != w {
			return nil, fmt.Errorf("weights %s of the model have shape %v, but the network needs %v", w.Name, tensor.Shape(), w.Shape())
		}
		weights = append(weights, tensor.Values)
	}
	return weights, nil
}

// SHA256 returns that of the model's arrays in file order: see [WeightsSHA256].
func (m *Model) SHA256() string {
	var weights [][]float32
	for _, tensor := range m.Tensors {
		weights = append(weights, tensor.Values)
	}
	return WeightsSHA256(weights)
}
