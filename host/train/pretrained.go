package train

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"spikegrad/host/atomicfile"
	"spikegrad/host/network"
)

// Pretrained specifies the weights that training starts from, if they are not drawn.
type Pretrained struct {
	From          string   `toml:"from" json:"from"`
	WeightsSHA256 string   `toml:"weights_sha256" json:"weights_sha256"` // see [WeightsSHA256]; empty: any
	Fresh         []string `toml:"fresh" json:"fresh,omitempty"`         // arrays not taken from there
}

// IsZero reports whether training starts from drawn weights.
func (p *Pretrained) IsZero() bool {
	return p.From == "" && p.WeightsSHA256 == "" && len(p.Fresh) == 0
}

// Source is weights to start training from, and what is known about their neurons.
type Source struct {
	Path  string
	Model *Model
	// Network has the neurons that the weights were trained with; nil if unknown. Its
	// StepLength is 0 if only that is unknown.
	Network *network.Network
}

// pretrainedFile keeps, in a run's folder, the weights that its training started from.
const pretrainedFile = "pretrained.safetensors"

// OpenSource reads the weights of a finished run's folder, or of a safetensors file.
func OpenSource(path string) (*Source, error) {
	about, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot start from the weights of %s: %w", path, atomicfile.Cause(err))
	}
	if !about.IsDir() {
		model, err := ReadModel(path)
		return &Source{Path: path, Model: model}, err
	}
	config, model, err := ReadRun(path)
	if err != nil {
		return nil, err
	}
	return &Source{path, model, config.Neurons()}, nil
}

// Neurons returns the network of a configuration with its step length, for [Source].
func (c *Config) Neurons() *network.Network {
	n := c.Network
	n.StepLength = c.Data.StepLength
	return &n
}

// source returns what training starts from; nil for drawn weights. Otherwise the configuration
// then records where the weights are from and their hash.
func (c *Config) source(given *Source) (*Source, error) {
	p := &c.Pretrained
	if given == nil {
		if p.From == "" {
			if !p.IsZero() {
				return nil, errors.New("pretrained.fresh and pretrained.weights_sha256 need weights to start from: give pretrained.from, or --from")
			}
			return nil, nil
		}
		var err error
		if given, err = OpenSource(p.From); err != nil {
			return nil, err
		}
	}
	found := given.Model.SHA256()
	if p.WeightsSHA256 != "" && p.WeightsSHA256 != found {
		return nil, fmt.Errorf("the weights of %s have the SHA-256 %.16s…: pretrained.weights_sha256 is %.16s…; use the weights with that SHA-256, or leave out the key", given.Path, found, p.WeightsSHA256)
	}
	p.From, p.WeightsSHA256 = given.Path, found
	return given, nil
}

// weights returns the source's weights in place of the initial ones, except for fresh arrays.
// The error names every array that does not fit.
func (s *Source) weights(n *network.Network, initial [][]float32, fresh []string) ([][]float32, error) {
	described := n.Weights()
	given := map[string]Tensor{}
	for _, tensor := range s.Model.Tensors {
		given[tensor.Name] = tensor
	}
	weights := slices.Clone(initial)
	var wrong, names []string
	misfit := func(name, format string, values ...any) {
		names = append(names, name)
		wrong = append(wrong, fmt.Sprintf(format, values...))
	}
	known := map[string]bool{}
	for i, w := range described {
		tensor, there := given[w.Name]
		known[w.Name] = true
		switch {
		case slices.Contains(fresh, w.Name):
		case !there:
			misfit(w.Name, "%s %v is missing", w.Name, w.Shape())
		case tensor.Weight != w:
			misfit(w.Name, "%s has shape %v, but the network needs %v", w.Name, tensor.Shape(), w.Shape())
		default:
			weights[i] = tensor.Values
		}
	}
	for _, tensor := range s.Model.Tensors {
		if !known[tensor.Name] && !slices.Contains(fresh, tensor.Name) {
			misfit(tensor.Name, "%s %v has no counterpart in the network", tensor.Name, tensor.Shape())
		}
		known[tensor.Name] = true
	}
	for _, name := range fresh {
		if !known[name] {
			return nil, fmt.Errorf("pretrained.fresh names %q, and neither the network nor %s has such weights; the network has %s", name, s.Path, strings.Join(n.WeightNames(), ", "))
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("the weights of %s do not fit the network: %s; change the network, or start these at random with --fresh %s", s.Path, strings.Join(wrong, "; "), strings.Join(names, ","))
	}
	return weights, nil
}

// differences describes how the neurons that the weights were trained with differ from those
// they are for; empty if they do not.
func (s *Source) differences(n *network.Network, fresh []string) string {
	if s.Network == nil {
		return ""
	}
	before, after := Config{Network: *s.Network}, Config{Network: *n}
	before.Data.StepLength, after.Data.StepLength = s.Network.StepLength, n.StepLength
	if s.Network.StepLength == 0 {
		before.Data.StepLength = n.StepLength
	}
	was := map[string]any{}
	for _, f := range fields(&before) {
		was[f.path] = f.value
	}
	var found []string
	for _, f := range fields(&after) {
		old, there := was[f.path]
		if there && old != f.value && decides(f.path, n, fresh) {
			found = append(found, fmt.Sprintf("%s was %v and is %v", f.path, old, f.value))
		}
	}
	for l := range min(len(s.Network.Layers), len(n.Layers)) {
		was, is := s.Network.Sources(l), n.Sources(l)
		before, after := was[len(was)-1], is[len(is)-1]
		if name := n.InputArray(l, after); before != after && !slices.Contains(fresh, name) {
			found = append(found, fmt.Sprintf("%s took its input from %s and now takes it from %s", name, network.SourceName(before), network.SourceName(after)))
		}
	}
	return strings.Join(found, ", ")
}

// decides reports whether a configuration key affects what trained weights do.
func decides(path string, n *network.Network, fresh []string) bool {
	if path == "data.step_length" {
		return true
	}
	if key, ok := strings.CutPrefix(path, "network.readout."); ok {
		leaky := !n.Spiking() && !slices.Contains(fresh, "readout")
		return key == "kind" || leaky && slices.Contains([]string{"tau", "tau_synapse", "delay", "initial"}, key)
	}
	var l int
	if _, err := fmt.Sscanf(path, "network.layer[%d].", &l); err != nil || l >= len(n.Layers) {
		return false
	}
	key := strings.TrimPrefix(path, fmt.Sprintf("network.layer[%d].", l))
	if parameter, ok := strings.CutPrefix(key, "noise."); ok {
		return parameter == "kind" || network.Noises.Find(n.Layers[l].Noise.Kind).Takes(parameter)
	}
	neuron := network.Neurons.Find(n.Layers[l].Neuron)
	return neuron.Takes(key) || slices.Contains([]string{"delay", "recurrent_delay", "neuron", "tau_membrane", "tau_synapse", "reset", "stride", "padding"}, key)
}

// keepPretrained writes the weights that training starts from to the run's folder, so that it
// can start again after they have moved.
func (r *run) keepPretrained() error {
	if r.source == nil {
		return nil
	}
	return atomicfile.Write(filepath.Join(r.options.Folder, pretrainedFile), r.source.Model.Write)
}

// resumePretrained finds what a run without checkpoints starts from, and refuses to replace
// weights of which there is no other copy.
func resumePretrained(folder string, config *Config) (*Source, error) {
	before, unread := ReadConfig(folder)
	kept, err := ReadModel(filepath.Join(folder, pretrainedFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	path := filepath.Join(folder, modelFile)
	model, err := ReadModel(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	p := &config.Pretrained
	if model != nil {
		if trainedIn(folder) || kept != nil && kept.SHA256() != model.SHA256() {
			return nil, fmt.Errorf("%s holds weights, but there is no checkpoint in %s to resume from: continue training from the weights with --from %s and another --out", path, folder, folder)
		}
		// An import: nothing but a configuration and weights. What those were trained from no
		// longer matters.
		source := &Source{Path: path, Model: model}
		if unread == nil {
			source.Network = before.Neurons()
		}
		if slices.Equal(p.Fresh, before.Pretrained.Fresh) {
			p.Fresh = nil
		}
		p.From, p.WeightsSHA256 = "", ""
		return source, nil
	}
	if p.From == "" && unread == nil {
		p.From, p.WeightsSHA256 = before.Pretrained.From, before.Pretrained.WeightsSHA256
		if len(p.Fresh) == 0 {
			p.Fresh = before.Pretrained.Fresh
		}
	}
	if kept == nil {
		return nil, nil
	}
	return &Source{Path: cmp.Or(p.From, filepath.Join(folder, pretrainedFile)), Model: kept}, nil
}

// trainedIn reports whether training has left traces in a folder.
func trainedIn(folder string) bool {
	return slices.ContainsFunc([]string{summaryFile, "metrics.csv", "metrics.jsonl"}, func(name string) bool {
		_, err := os.Stat(filepath.Join(folder, name))
		return err == nil
	})
}
