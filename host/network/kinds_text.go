package network

import (
	"fmt"
	"strings"

	"spikegrad/cpuref"
)

// KindsGLSL is shaders/kinds.glsl: the numbers by which kinds go between Go and the shaders,
// and the layout of rows.
func KindsGLSL() string {
	var b strings.Builder
	fmt.Fprintf(&b, `// Code generated from the tables of host/network by go generate ./shaders; DO NOT EDIT.
// The numbers by which kinds go between Go and the shaders.

const uint LANE = %du;          // rows of neurons are padded to this
const uint CHUNK_SAMPLES = %du;  // samples summed in ascending order before the tree
`, cpuref.Lane, cpuref.ChunkSamples)
	constants(&b, "NEURON", Neurons)
	constants(&b, "POOL", Pools)
	constants(&b, "CONSTANT", Constants)
	constants(&b, "NOISE", Noises)
	constants(&b, "RESET", Resets)
	constants(&b, "SURROGATE", Surrogates)
	constants(&b, "LOSS", Losses)
	constants(&b, "OPTIMIZER", Optimizers)
	b.WriteString(`
// Quads, groups of four neighbouring neurons, in a padded row of n neurons.
uint quads_of(uint n) { return (n + LANE - 1u) / LANE * (LANE / 4u); }

// Length of a padded row of n neurons.
uint stride_of(uint n) { return (n + LANE - 1u) / LANE * LANE; }

// 32-bit words that hold n spike bits.
uint words_of(uint n) { return (n + 31u) / 32u; }
`)
	return b.String()
}

func constants[N ~uint32, S any](b *strings.Builder, prefix string, kinds Kinds[N, S]) {
	b.WriteString("\n")
	for _, kind := range kinds {
		fmt.Fprintf(b, "const uint %s_%s = %du;\n", prefix, strings.ToUpper(kind.Name), kind.Number)
	}
}

// KindsPage is the reference of all kinds in Markdown.
func KindsPage() string {
	var b strings.Builder
	b.WriteString("# Kinds\n\nWhat a configuration can name, with its formula and parameters. Made by `go generate ./host/cli`\n" +
		"from the tables that the program itself works by.\n" +
		"\nu is the membrane potential U minus the threshold θ = 1, S a spike, I the synaptic current, dt the length of a step,\n" +
		"a_m = exp(−dt/τ_membrane), a_s = exp(−dt/τ_synapse), σ(x) = 1/(1 + exp(−x)), w a weight and ∇ its gradient.\n")
	section(&b, "Neurons", "`network.layer.neuron`: what drives the membrane, D in the resets below. h is the sum of weights that spikes bring in a step, and of the bias.", Neurons)
	section(&b, "Pooling", "`network.layer.pool_kind`: what the layer above gets of `pool` × `pool` positions, for each filter.", Pools)
	section(&b, "Learned constants", "`network.layer.learn`: constants of neurons that are learned, each as the logarithm ρ of what multiplies the configured value, for each neuron (filter of a convolution) or layer.", Constants)
	section(&b, "Escape noise", "`network.layer.noise.kind`: the probability p(u) of a spike.", Noises)
	section(&b, "Surrogate derivatives", "`network.layer.surrogate.kind`: g(u), which the backward pass takes for the derivative of a spike. On top of these comes `"+
		Matched+"`: p′(u), the derivative of the layer's\nescape noise. `audit --surrogates KIND:VALUE` sets the parameter of a kind that has one.", Surrogates)
	section(&b, "Resets", "`network.layer.reset`: U[t+1] after a step.", Resets)
	section(&b, "Losses", "`network.readout.loss`; cross-entropies are −log softmax(x)[label].", Losses)
	section(&b, "Regularizers", "`network.layer.regularizer.kind`.", Regularizers)
	section(&b, "Initial weights", "`network.layer.initial.kind`.", Initials)
	section(&b, "Optimizers", "`training.optimizer.kind`; all have `learning_rate`, η, and `weight_decay`, λ.", Optimizers)
	return b.String()
}

// cell makes the content of a table's cell.
var cell = strings.NewReplacer("|", `\|`, "\n", " ")

func section[N ~uint32, S any](b *strings.Builder, title, text string, kinds Kinds[N, S]) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n| kind | formula | | parameters |\n|---|---|---|---|\n", title, text)
	for _, kind := range kinds {
		var parameters []string
		for i := range kind.Parameters {
			parameters = append(parameters, kind.Parameters[i].describe())
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", kind.Name,
			cell.Replace(kind.Formula), cell.Replace(kind.Sentence), cell.Replace(strings.Join(parameters, "; ")))
	}
}

// describe says all about a parameter.
func (p *Parameter) describe() string {
	text := "`" + p.Key + "`"
	if p.Symbol != p.Key {
		text += " " + p.Symbol
	}
	text += fmt.Sprintf(" = %g", p.Default)
	if p.Unit != "" {
		text += " " + p.Unit
	}
	return text + ", " + p.Bounds.String() + ": " + p.Meaning
}
