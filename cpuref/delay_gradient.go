package cpuref

// DelayGradientArguments are the arrays and sizes of [DelayGradient].
type DelayGradientArguments[T Float] struct {
	Partial []T // written; [stride of the inputs]: the partial gradient of one chunk
	Weights []T // [input][stride]
	Sums    []T // the same: the partial gradient of the weights
	Later   []T // the same if all spikes arrived a step later

	Inputs, Neurons int
	Longest         int // see [Delays]
}

// DelayGradient is, for one chunk of samples, the derivative of the loss with respect to the
// share s of each input's delay d = Longest·s:
//
//	∂L/∂s_n = Longest · Σ_j W_jn (G⁺_jn − G_jn)
//
// in ascending order, where G_jn = Σ S_n[t−d] ∂L/∂h_j[t] is the gradient of the weight and G⁺_jn the
// same one step later: to first order, how the loss changes when the spikes of an input arrive one
// step later. It is the slope of the interpolation between two whole delays whose mean [DelayEvents] is
// over many samples. Twin: shaders/delay_gradient.comp.
func DelayGradient[T Float](a *DelayGradientArguments[T]) {
	stride := Stride(a.Neurons)
	clear(a.Partial)
	for n := range a.Inputs {
		weights, sums, later := a.Weights[n*stride:][:a.Neurons], a.Sums[n*stride:][:a.Neurons], a.Later[n*stride:][:a.Neurons]
		var total T
		for j, w := range weights {
			total += T(w * T(later[j]-sums[j]))
		}
		a.Partial[n] = FlushState(T(T(a.Longest) * total))
	}
}
