package audit

import (
	"fmt"
	"math"
	"strings"
)

// Markdown returns a page of plain sentences: how wrong the surrogate gradient is,
// where, which surrogate fits best, and what it cost to find out.
func (r *Result) Markdown() string {
	var b strings.Builder
	noise := "with the escape noise of the network"
	if r.OtherMode {
		noise = "with sigmoid noise added to a network that has none"
	}
	fmt.Fprintf(&b, "# How wrong is the surrogate gradient?\n\n")
	fmt.Fprintf(&b, "On %d samples of %s, %s, the surrogate gradient was compared with an unbiased estimate of the gradient of the expected loss (cross-entropy, %s; regularizers are left out on both sides). ",
		r.Samples, r.Data, noise, r.Loss)
	fmt.Fprintf(&b, "The network was trained with the surrogate **%s**. Brackets are %.0f %% confidence intervals for the mean over these samples; other samples would differ by more.\n\n", r.Surrogates[0], 100*r.Confidence)
	for i := range r.Layers {
		l := &r.Layers[i]
		fmt.Fprintf(&b, "## Layer %d (%s noise)\n\n%s\n\n%s\n\n", l.Layer, l.Kind, l.trained(), l.best())
		for j := range l.Parts {
			l.Parts[j].table(&b)
		}
	}
	if r.Readout != nil {
		fmt.Fprintf(&b, "## Readout\n\nThe gradient of the readout's weights is exact by back-propagation, whatever the surrogate: there are no spikes between them and the loss. Its length is %s.\n\n", r.Readout.Length)
	}
	b.WriteString(r.costs())
	return b.String()
}

// Sentences describes in words what was found about the layer: how the network's
// surrogate fares, and which of those tried fits best (empty if there is no choice).
func (l *LayerResult) Sentences() (trained, best string) { return l.trained(), l.best() }

// trained describes the network's surrogate.
func (l *LayerResult) trained() string {
	whole := &l.Parts[0]
	a := &whole.Surrogates[0]
	if a.Cosine == nil {
		return fmt.Sprintf("After %d pairs of runs, the noise of the estimate still hides the gradient, so nothing can be said about this layer. Use more pairs.", l.Pairs)
	}
	text := fmt.Sprintf("The surrogate gradient (%s) has a cosine of %s with the unbiased one: it %s.", a.Surrogate, a.Cosine, direction(a.Cosine.Value))
	if a.RelativeBias != nil {
		text += fmt.Sprintf(" The difference between the two is %s times as long as the unbiased gradient", a.RelativeBias)
	}
	if a.Scale != nil {
		text += fmt.Sprintf("; multiplied by %s, the surrogate gradient would come closest to it", a.Scale)
	}
	text += ". "
	if worst := l.worst(); worst != "" {
		text += worst
	}
	s := a.Signs
	if s.Significant == 0 {
		return text + fmt.Sprintf("The sign of the derivative is known for none of the %d weights individually.", s.Weights)
	}
	return text + fmt.Sprintf("Of %d weights, the sign of the derivative is known for %d (for about %.0f of them only by chance); for %d of these, %.1f %%, the surrogate has the opposite sign.",
		s.Weights, s.Significant, math.Ceil(s.ByChance), s.Different, 100*float64(s.Different)/float64(s.Significant))
}

// worst names the array of the layer that the network's surrogate suits less, if the
// intervals distinguish them.
func (l *LayerResult) worst() string {
	if len(l.Parts) < 3 {
		return ""
	}
	low, high := &l.Parts[1], &l.Parts[2]
	if low.cosine(0) == nil || high.cosine(0) == nil {
		return ""
	}
	if low.cosine(0).Value > high.cosine(0).Value {
		low, high = high, low
	}
	if low.cosine(0).High >= high.cosine(0).Low {
		return ""
	}
	return fmt.Sprintf("It is worse for %s (cosine %.2f) than for %s (%.2f). ", low.Name, low.cosine(0).Value, high.Name, high.cosine(0).Value)
}

func (p *PartResult) cosine(surrogate int) *Estimate { return p.Surrogates[surrogate].Cosine }

// best names the surrogate that fits the noise of the layer best.
func (l *LayerResult) best() string {
	whole := &l.Parts[0]
	best := -1
	for i := range whole.Surrogates {
		if c := whole.cosine(i); c != nil && (best < 0 || c.Value > whole.cosine(best).Value) {
			best = i
		}
	}
	if best < 0 || len(whole.Surrogates) == 1 {
		return ""
	}
	var near []string
	for i := range whole.Surrogates {
		if c := whole.cosine(i); i != best && (c == nil || c.High >= whole.cosine(best).Low) {
			near = append(near, whole.Surrogates[i].Surrogate)
		}
	}
	text := fmt.Sprintf("Of the surrogates tried, **%s** points closest to the unbiased gradient", whole.Surrogates[best].Surrogate)
	if len(near) > 0 {
		return text + fmt.Sprintf("; the intervals do not distinguish it from %s.", strings.Join(near, ", "))
	}
	return text + "."
}

// direction puts a cosine into words.
func direction(cosine float64) string {
	degrees := 180 / math.Pi * math.Acos(max(-1, min(1, cosine)))
	switch {
	case cosine > 0.95:
		return fmt.Sprintf("points almost the way the loss falls (%.0f° off)", degrees)
	case cosine > 0.7:
		return fmt.Sprintf("points roughly the way the loss falls (%.0f° off)", degrees)
	case cosine > 0.2:
		return fmt.Sprintf("only partly agrees with the way the loss falls (%.0f° off)", degrees)
	case cosine > -0.2:
		return fmt.Sprintf("is almost unrelated to the way the loss falls (%.0f° off)", degrees)
	}
	return fmt.Sprintf("points against the way the loss falls (%.0f° off)", degrees)
}

// table lists all surrogates.
func (p *PartResult) table(b *strings.Builder) {
	fmt.Fprintf(b, "Weights %s; the unbiased gradient is %s long.\n\n", p.Name, p.Length)
	b.WriteString("| surrogate | cosine | difference / unbiased | best factor | opposite signs |\n|---|---|---|---|---|\n")
	for _, a := range p.Surrogates {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %d of %d known |\n", a.Surrogate, a.Cosine, a.RelativeBias, a.Scale, a.Signs.Different, a.Signs.Significant)
	}
	b.WriteString("\n")
}

// String formats an estimate with its interval; nil is unknown.
func (e *Estimate) String() string {
	if e == nil {
		return "unknown"
	}
	digits := 3
	if e.half() > 0 { // two digits of the uncertainty
		digits = max(0, min(9, 1-int(math.Floor(math.Log10(e.half())))))
	}
	text := fmt.Sprintf("%.*f [%.*f, %.*f]", digits, e.Value, digits, e.Low, digits, e.High)
	return strings.ReplaceAll(text, "-", "−")
}

// costs reports what the audit took.
func (r *Result) costs() string {
	c := &r.Cost
	text := fmt.Sprintf("## What it cost\n\n%d runs with a flipped spike, %d runs without, and %d runs forward and backward for the surrogates: %.1f s on %s.",
		c.Pairs, c.ForwardRuns-c.Pairs, c.GradientRuns, c.FlipSeconds+c.GradientSeconds, r.Device)
	if c.EpochSamples > 0 {
		text += fmt.Sprintf(" An epoch of training on %d samples takes about %.1f s there, so the audit cost as much as %.2g epochs.", c.EpochSamples, c.EpochSeconds, c.Epochs)
	}
	reached := fmt.Sprintf(" Every layer's cosines are known to ±%g.", r.Precision)
	if !r.Reached {
		reached = fmt.Sprintf(" The pairs ran out before every layer's cosines were known to ±%g.", r.Precision)
	}
	return text + reached + fmt.Sprintf(" Opposite signs are counted where the unbiased derivative differs from zero at the level %g.\n", SignLevel)
}
