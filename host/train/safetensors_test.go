package train

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spikegrad/host/network"
)

func someModel() (*network.Network, *Model) {
	layer := network.DefaultLayer()
	layer.Neurons = 2
	n := &network.Network{Inputs: 3, Classes: 1, Layers: []network.Layer{layer}, Readout: network.DefaultReadout()}
	weights := [][]float32{{1, 2, 3, 4, 5, 6}, {7, 8, 9, float32(math.Copysign(0, -1))}, {-1, 0x1p-100}}
	return n, NewModel(n, weights, map[string]string{"program": "spikegrad", "seed": "4"})
}

func written(t testing.TB, m *Model) []byte {
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestModelBytes compares the file with the format's description.
func TestModelBytes(t *testing.T) {
	_, m := someModel()
	content := written(t, m)
	header := `{"__metadata__":{"program":"spikegrad","seed":"4"},` +
		`"layer0.input":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},` +
		`"layer0.recurrent":{"dtype":"F32","shape":[2,2],"data_offsets":[24,40]},` +
		`"readout":{"dtype":"F32","shape":[1,2],"data_offsets":[40,48]}}`
	length := binary.LittleEndian.Uint64(content)
	if length%8 != 0 || length < uint64(len(header)) || length >= uint64(len(header))+8 {
		t.Fatalf("the header has %d bytes: %d, padded to a multiple of 8, are right", length, len(header))
	}
	if found := string(content[8 : 8+length]); strings.TrimRight(found, " ") != header {
		t.Errorf("header\n%s\nwant\n%s", found, header)
	}
	values := content[8+length:]
	if len(values) != 48 {
		t.Fatalf("%d bytes of numbers, want 48", len(values))
	}
	if !bytes.Equal(values[:8], []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0x40}) {
		t.Errorf("1, 2 are written as % x", values[:8])
	}
}

// TestModelAlignment checks the padding of headers of every length.
func TestModelAlignment(t *testing.T) {
	_, m := someModel()
	for range 16 {
		m.Metadata["program"] += "x"
		content := written(t, m)
		if length := binary.LittleEndian.Uint64(content); length%8 != 0 {
			t.Errorf("the header has %d bytes", length)
		}
		if again, err := decodeModel(content); err != nil || again.Metadata["program"] != m.Metadata["program"] {
			t.Errorf("read again: %v", err)
		}
	}
}

// TestModelOfConvolution writes three dimensions, or four over rows and columns.
func TestModelOfConvolution(t *testing.T) {
	for kind, shapes := range map[string][]string{
		"conv1d": {`"shape":[2,1,3]`, `"shape":[2,2,1]`},
		"conv2d": {`"shape":[2,3,2,3]`, `"shape":[2,2,1,1]`},
	} {
		layer := network.DefaultLayer()
		layer.Kind, layer.Filters, layer.Kernel, layer.RecurrentKernel = kind, 2, 3, 1
		n := &network.Network{Inputs: 4, Classes: 1, Steps: 5, StepLength: 0.001, Readout: network.DefaultReadout()}
		if kind == "conv2d" {
			layer.KernelHeight, n.Inputs, n.InputShape = 2, 36, []int{3, 3, 4}
		}
		n.Layers = []network.Layer{layer}
		if err := n.Validate(); err != nil {
			t.Fatal(err)
		}
		m := NewModel(n, n.Initialise(1), nil)
		content := written(t, m)
		for _, shape := range shapes {
			if !bytes.Contains(content, []byte(shape)) {
				t.Errorf("%s: no %s in %q", kind, shape, content)
			}
		}
		again, err := decodeModel(content)
		if err != nil {
			t.Fatal(err)
		}
		if difference := cmp.Diff(m, again); difference != "" {
			t.Errorf("%s: %s", kind, difference)
		}
		if _, err := again.Weights(n); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestModelRoundTrip(t *testing.T) {
	n, m := someModel()
	again, err := decodeModel(written(t, m))
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(m, again); difference != "" {
		t.Error(difference)
	}
	weights, err := again.Weights(n)
	if err != nil {
		t.Fatal(err)
	}
	for i := range weights {
		if !bytes.Equal(floatBytes(weights[i]), floatBytes(m.Tensors[i].Values)) {
			t.Errorf("array %d has other bits", i)
		}
	}
}

func floatBytes(values []float32) []byte {
	var b bytes.Buffer
	_ = writeValues(&b, values)
	return b.Bytes()
}

// TestModelOfOtherOrder reads a header whose names are sorted, as other writers do.
func TestModelOfOtherOrder(t *testing.T) {
	header := `{"b":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]},"z":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}`
	m, err := decodeModel(modelOf(header, 2))
	if err != nil {
		t.Fatal(err)
	}
	if m.Tensors[0].Name != "z" || m.Tensors[1].Name != "b" {
		t.Errorf("order %s, %s", m.Tensors[0].Name, m.Tensors[1].Name)
	}
}

// TestModelOfBiases reads biases back as what they are: a one-dimensional array.
func TestModelOfBiases(t *testing.T) {
	n, _ := someModel()
	n.Layers[0].Bias = true
	want := [][]float32{{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10}, {11, 12}, {13, 14}}
	m, err := decodeModel(written(t, NewModel(n, want, nil)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Weights(n)
	if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("read back %v, error %v", got, err)
	}
	if bias := m.Tensors[2]; !slices.Equal(bias.Shape(), []int{2}) || !bias.Bias {
		t.Errorf("biases are %+v", bias)
	}
}

func modelOf(header string, values int) []byte {
	content := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(content, header...), make([]byte, 4*values)...)
}

func TestModelDamage(t *testing.T) {
	array := func(kind string, shape string, first, last uint64) string {
		offsets, _ := json.Marshal([2]uint64{first, last})
		return `{"a":{"dtype":"` + kind + `","shape":` + shape + `,"data_offsets":` + string(offsets) + `}}`
	}
	for header, want := range map[string]string{
		array("F16", "[1,2]", 0, 8):                     "F32 and 1 to 4 are needed",
		array("F32", "[]", 0, 8):                        "F32 and 1 to 4 are needed",
		array("F32", "[1,1,1,1,2]", 0, 8):               "F32 and 1 to 4 are needed",
		array("F32", "[3]", 0, 8):                       "do not match",
		array("F32", "[1,3]", 0, 8):                     "do not match",
		array("F32", "[4294967296,4294967296]", 0, 8):   "do not match",
		array("F32", "[2,1073741824,4294967296]", 0, 0): "do not match",
		array("F32", "[0,2]", 0, 0):                     "do not match",
		array("F32", "[1,2]", 8, 0):                     "the file has 8",
		array("F32", "[1,2]", 0, 16):                    "the file has 8",
		array("F32", "[1,1]", 4, 8):                     "expected 0",
		array("F32", "[1,1]", 0, 4):                     "truncated",
		array("F32", "[-1,1]", 0, 4):                    "array \"a\"",
		`{"__metadata__":3}`:                            "metadata",
		`[]`:                                            "header",
	} {
		if _, err := decodeModel(modelOf(header, 2)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not contain %q", header, err, want)
		}
	}
	if _, err := decodeModel(binary.LittleEndian.AppendUint64(nil, math.MaxUint64)); err == nil {
		t.Error("an impossible length of the header was not noticed")
	}
	if _, err := decodeModel([]byte("x")); err == nil {
		t.Error("a file of one byte was not noticed")
	}
}

func TestModelOfOtherNetwork(t *testing.T) {
	n, m := someModel()
	n.Layers[0].Neurons = 3
	if _, err := m.Weights(n); err == nil || !strings.Contains(err.Error(), "layer0.input") {
		t.Errorf("other shape: %v", err)
	}
	n.Layers[0].Neurons, n.Layers[0].Recurrent = 2, false
	if _, err := m.Weights(n); err == nil || !strings.Contains(err.Error(), "3 weight arrays") {
		t.Errorf("one array fewer: %v", err)
	}
	n.Layers[0].Recurrent = true
	m.Tensors[2].Name = "output"
	if _, err := m.Weights(n); err == nil || !strings.Contains(err.Error(), "lacks the weights readout") {
		t.Errorf("other name: %v", err)
	}
}

func FuzzModel(f *testing.F) {
	_, m := someModel()
	f.Add(written(f, m))
	f.Fuzz(func(t *testing.T, content []byte) {
		m, err := decodeModel(content)
		if err != nil {
			return
		}
		again, err := decodeModel(written(t, m))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written(t, m), written(t, again)) {
			t.Error("what was read is written otherwise")
		}
	})
}
