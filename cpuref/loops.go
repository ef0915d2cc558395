package cpuref

import "math/bits"

// addRows adds to dst those rows of an array, [row][len(dst)], that index lists, in that order.
func addRows[T Float](dst, rows []T, index []uint32) {
	if v := vectors; v != nil && !double[T]() {
		v.addRows(single(dst), single(rows), index)
		return
	}
	for _, i := range index {
		addRow(dst, rows[int(i)*len(dst):])
	}
}

// addPatch adds the contributions of spikes to the positions of a patch.
func addPatch[T Float](p *patch[T]) {
	if v := vectors; v != nil && !double[T]() {
		v.addPatch(singles[patch[float32]](p))
		return
	}
	for y := range p.height {
		for x := range p.width {
			dst := p.dst[p.at+y*p.down+x*p.unit:][:p.unit]
			for _, i := range p.index {
				addRow(dst, p.weights[(int(i)+p.row+y*p.rowDown+x*p.rowRight)*p.unit:])
			}
		}
	}
}

// addSum adds to dst the sum, starting from zero, of the rows that index lists, in that order. The
// contents of sum are scratch.
func addSum[T Float](dst, sum, rows []T, index []uint32) {
	if v := vectors; v != nil && !double[T]() {
		v.addSum(single(dst), single(rows), index)
		return
	}
	clear(sum)
	addRows(sum, rows, index)
	addRow(dst, sum)
}

// trainLine is the contribution of one kernel element in a word of steps: the spikes that it passes
// on to a line of positions, and the errors of those positions, which are added to its row of the
// gradient.
type trainLine[T Float] struct {
	sum, errors  []T
	spikes       []uint32 // of all trains: offset in errors from the first step to the spike's
	begin        []uint32 // [train]: its first spike; finally, the number of spikes
	copies       int      // trains per number below
	train, apart int      // the first train, and its distance from the next position's
	row          int      // of errors: the first position's at the first step
	positions    int
}

// addLine adds the errors to the sum: positions ascending, trains ascending, spikes as listed.
func addLine[T Float](l *trainLine[T]) {
	if v := vectors; v != nil && !double[T]() {
		v.addLine(singles[trainLine[float32]](l))
		return
	}
	at, train := l.row*len(l.sum), l.train
	for range l.positions {
		for _, spike := range l.spikes[l.begin[train]:l.begin[train+l.copies]] {
			addRow(l.sum, l.errors[at+int(spike):])
		}
		at, train = at+len(l.sum), train+l.apart
	}
}

// addRow adds src to dst, element by element.
func addRow[T Float](dst, src []T) {
	if v := vectors; v != nil && !double[T]() {
		done := v.add(single(dst), single(src))
		dst, src = dst[done:], src[done:]
	}
	src = src[:len(dst)]
	for n := range dst {
		dst[n] += src[n]
	}
}

// productArguments are the arguments of [products].
type productArguments[T Float] struct {
	dst, x, weights      []T
	dstStride, xStride   int // between rows of dst and of x
	rows, inner, columns int
	lines, parts         int // of the inner index, and per line
	xLine, weightLine    int // from one line to the next, in x and in weights
	xStep, weightStep    int // from one part to the next
	weightFirst          int // where the weights of the first part begin
}

// check panics if an index of the vector loops would be out of range.
func (p *productArguments[T]) check() {
	last := (p.lines-1)*p.xLine + (p.parts-1)*p.xStep + (p.rows-1)*p.xStride + p.inner - 1
	_, _ = p.dst[(p.rows-1)*p.dstStride+p.columns-1], p.x[last]
	for _, part := range [][2]int{{0, 0}, {0, p.parts - 1}, {p.lines - 1, 0}, {p.lines - 1, p.parts - 1}} {
		begin := p.weightFirst + part[0]*p.weightLine + part[1]*p.weightStep
		_, _ = p.weights[begin], p.weights[begin+p.inner*p.columns-1]
	}
}

// products is a matrix product in ascending inner index, line by line and part by part: row r of
// dst, columns long, becomes Σ_line Σ_part Σ_k x[r][k]·weights[k], with weights [inner][columns].
func products[T Float](p *productArguments[T]) {
	if v := vectors; v != nil && !double[T]() {
		v.products(singles[productArguments[float32]](p))
		return
	}
	for r := range p.rows {
		dst := p.dst[r*p.dstStride:][:p.columns]
		clear(dst)
		for line := range p.lines {
			for part := range p.parts {
				weights := p.weights[p.weightFirst+line*p.weightLine+part*p.weightStep:]
				for k, factor := range p.x[r*p.xStride+line*p.xLine+part*p.xStep:][:p.inner] {
					if factor == 0 {
						continue // adds nothing
					}
					row := weights[k*p.columns:][:p.columns]
					for n := range dst {
						dst[n] += T(factor * row[n])
					}
				}
			}
		}
	}
}

// decision is a step of one sample in which neurons draw their spikes.
type decision[T Float] struct {
	spikes    []uint32 // written: bits
	gates     []T      // written: 1 − S
	potential []T      // [stride]: [Neuron.Potential] at t

	noise       EscapeNoise
	parameters  [2]T
	threshold   T
	filters     int // neurons per position: the whole layer, if it has no positions
	uniform     []T // [stride]: ξ; written by drawUniform, read by decide unless there is no noise
	key         [2]uint32
	number      uint32
	step, layer uint32
	neuron      *Neuron[T]
	derivative  []T // written if not nil; [stride]: of the neuron; needs [Neuron.SharesExponential]
}

// drawUniform draws ξ of all neurons of one sample at a step.
func drawUniform[T Float](d *decision[T]) {
	if v := vectors; v != nil && !double[T]() {
		v.drawUniform(singles[decision[float32]](d))
		return
	}
	var random [4]uint32
	for n := range d.uniform {
		if n%4 == 0 {
			random = Philox(d.key, NoiseCounter(d.number, d.step, uint32(n/4), d.layer))
		}
		d.uniform[n] = Uniform[T](random[n%4])
	}
}

// decide compares the potentials of one sample at step t with ξ: S[t].
func decide[T Float](d *decision[T]) {
	if v := vectors; v != nil && v.decide != nil && !double[T]() {
		v.decide(singles[decision[float32]](d))
		return
	}
	clear(d.spikes)
	unit := Stride(d.filters)
	for n := range d.potential {
		if d.derivative != nil {
			d.derivative[n] = d.neuron.Derivative(d.potential[n]-d.threshold, false)
		}
		d.gates[n] = 1
		if n%unit >= d.filters {
			continue
		}
		u := d.potential[n] - d.threshold
		if Spikes(d.noise, d.parameters, u, d.uniform[n]) {
			d.spikes[n/32] |= 1 << (n % 32)
			d.gates[n] = 0
		}
	}
}

// neuronRows are the states of the neurons of one sample, [stride] each.
type neuronRows[T Float] struct {
	states                  [MostStates][]T // read: at step t; written: at step t+1
	potential               []T             // written: [Neuron.Potential] at step t+1; the membrane, if neurons neither adapt nor differ
	constants               []T             // of neurons that differ; nil if all are alike
	lost                    []T             // written if not nil: what a spike subtracts from the membrane
	input, recurrent, gates []T
}

// integrate advances the states of one sample by one step.
func integrate[T Float](p *Neuron[T], s *neuronRows[T]) {
	if v := vectors; v != nil && v.integrate != nil && !double[T]() {
		v.integrate(singles[Neuron[float32]](p), singles[neuronRows[float32]](s))
		return
	}
	rows := s.states[:p.Model.States()]
	for n, gate := range s.gates {
		var state NeuronState[T]
		for k, row := range rows {
			state[k] = row[n]
		}
		q := p
		if s.constants != nil {
			own := p.Own(s.constants, n)
			q = &own
		}
		lost := q.Advance(&state, s.input[n]+s.recurrent[n], gate)
		for k, row := range rows {
			row[n] = state[k]
		}
		s.potential[n] = q.Potential(&state)
		if s.lost != nil {
			s.lost[n] = lost
		}
	}
}

// adjointRows are the adjoints of the neurons of one sample, [stride] each.
type adjointRows[T Float] struct {
	states                [MostStates][]T // read: at step t+1; written: at step t
	received              []T             // ∂L/∂h[t]; may be one of the states
	errors                []T             // read: ∂L/∂S[t] from above; written: received
	recurrent, spikeError []T
	before                []T // [Neuron.Potential] at t
	lost                  []T // what a spike subtracts from U[t+1]; only with [Neuron.LosesState]
	derivative            []T // g(before − θ) if given, else scratch
	given                 bool
	spikes                []uint32
	resting               []uint32 // bits of neurons with g = 0; nil: none
	constants             []T      // of neurons that differ; nil if all are alike
	held                  []T      // [state][stride]: states at t, with learned constants; nil before the first step: 0
	constantErrors        []T      // [learned][stride]: added to
}

// receive writes ∂L/∂h[t] of one sample, for neurons without a current: [Neuron.Received].
func receive[T Float](p *Neuron[T], received, membrane []T, spikes []uint32) {
	copy(received, membrane)
	if p.Reset != ResetMultiplicative {
		return
	}
	for w, word := range spikes {
		for ; word != 0; word &= word - 1 {
			received[32*w+bits.TrailingZeros32(word)] = 0
		}
	}
}

// adjoint takes the adjoints of one sample one step back.
func adjoint[T Float](p *Neuron[T], s *adjointRows[T]) {
	if v := vectors; v != nil && v.adjoint != nil && !double[T]() {
		v.adjoint(singles[Neuron[float32]](p), singles[adjointRows[float32]](s))
		return
	}
	spiked := func(n int) bool { return n/32 < len(s.spikes) && s.spikes[n/32]>>(n%32)&1 != 0 }
	if !s.given {
		for n := range s.errors {
			s.derivative[n] = p.Derivative(s.before[n]-p.Threshold, spiked(n))
		}
	}
	stopErrors(s.derivative, s.resting)
	steepen(p, s)
	rows := s.states[:p.Model.States()]
	for n := range s.errors {
		q := p
		if s.constants != nil {
			own := p.Own(s.constants, n)
			q = &own
		}
		gate, lost := T(1), q.Threshold
		if spiked(n) {
			gate = 0
		}
		if p.LosesState() {
			lost = s.lost[n]
		}
		spikeAdjoint := (s.errors[n] + s.recurrent[n]) + s.spikeError[n]
		s.errors[n] = s.received[n]
		var state NeuronState[T]
		for k, row := range rows {
			state[k] = row[n]
		}
		spikeAdjoint = q.SpikeAdjoint(spikeAdjoint, &state, p.DifferentiateReset, lost)
		sloped := T(s.derivative[n] * FlushState(spikeAdjoint))
		if p.Learn != 0 {
			s.addConstants(q, n, &state, sloped, gate)
		}
		q.Adjoint(&state, sloped, gate)
		for k, row := range rows {
			row[n] = state[k]
		}
	}
}

// steepen multiplies the surrogate derivatives by the neurons' steepness, as their potentials
// include a learned β.
func steepen[T Float](p *Neuron[T], s *adjointRows[T]) {
	if !p.Learn.Has(ConstantNoiseBeta) {
		return
	}
	stride := len(s.derivative)
	for n, steepness := range s.constants[RowSteepness*stride:][:stride] {
		s.derivative[n] = FlushState(T(s.derivative[n] * steepness))
	}
}

// addConstants adds a step's contribution to the derivatives with respect to the learned constants
// of a neuron.
func (s *adjointRows[T]) addConstants(p *Neuron[T], n int, adjoint *NeuronState[T], sloped, gate T) {
	stride := len(s.errors)
	var held NeuronState[T]
	for k := range len(s.held) / stride {
		held[k] = s.held[k*stride+n]
	}
	var sums [learnable]T
	for c := range learnable {
		if p.Learn.Has(c) {
			sums[c] = s.constantErrors[p.Learn.Place(c)*stride+n]
		}
	}
	p.AddConstants(&sums, &held, adjoint, sloped, gate)
	for c := range learnable {
		if p.Learn.Has(c) {
			s.constantErrors[p.Learn.Place(c)*stride+n] = sums[c]
		}
	}
}
