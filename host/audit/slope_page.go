package audit

import (
	"fmt"
	"math"
	"strings"
)

// Markdown returns a page of plain sentences: how fast the loss really falls along each
// surrogate gradient, whether its length is right, which surrogate points best, and what
// it cost to find out.
func (r *SlopeResult) Markdown() string {
	var b strings.Builder
	noise := "with the escape noise of the network"
	if r.OtherMode {
		noise = "with sigmoid noise added to a network that has none"
	}
	fmt.Fprintf(&b, "# How fast does the loss fall along the surrogate gradient?\n\n")
	fmt.Fprintf(&b, "The expected loss (cross-entropy, %s, without regularizers) of %d of the %d samples of %s, %s, was measured a little forward and a little back along the surrogate gradient, with the same noise on both sides (%d draws per sample). ",
		r.Loss, r.Samples, r.DataSamples, r.Data, noise, r.Draws)
	fmt.Fprintf(&b, "The difference is the true slope there. If a surrogate gradient were right, the slope would equal its length. The network was trained with the surrogate **%s**. ± is the standard error due to noise, for the samples drawn; brackets are %.0f %% confidence intervals for the whole data set.\n\n",
		r.Surrogates[0], 100*r.Confidence)
	for i := range r.Parts {
		p := &r.Parts[i]
		fmt.Fprintf(&b, "## %s\n\n", title(p.Name))
		for _, sentence := range p.Sentences() {
			fmt.Fprintf(&b, "%s\n", sentence)
		}
		b.WriteString("\n")
		p.table(&b)
		p.steps(&b)
	}
	b.WriteString(r.Readout.page())
	b.WriteString(r.costs())
	return b.String()
}

// title capitalizes a name if it is a word.
func title(name string) string {
	if name == "all layers" {
		return "All layers"
	}
	return name
}

// Sentences describes in words what was found about each surrogate, and about all of
// them together.
func (p *SlopePart) Sentences() []string {
	var list []string
	for v := range p.Surrogates {
		list = append(list, "* "+p.sentence(v))
	}
	if p.Span == nil {
		return list
	}
	if p.Span.LengthLow == 0 {
		return append(list, "* The slopes set no lower bound on the length of the true gradient; with more samples, they would (--samples 0: all).")
	}
	text := fmt.Sprintf("* The true gradient is at least %.3g long", p.Span.LengthLow)
	var low []string
	for v, high := range p.Span.CosineHigh {
		if high < 1 {
			low = append(low, fmt.Sprintf("%s at most %s", p.Surrogates[v].Surrogate, signed(high, 2)))
		}
	}
	if len(low) > 0 {
		text += "; cosines with it: " + strings.Join(low, ", ")
	}
	text += "."
	if len(p.Span.Surrogates) > 1 && p.Best >= 0 {
		names, alone := strings.Join(p.Span.Surrogates, ", "), p.Surrogates[p.Best].Slope.Value
		combined, best := fmt.Sprintf("%.3g", p.Span.Length), fmt.Sprintf("%.3g", alone)
		if p.Span.Length > alone && combined != best {
			text += fmt.Sprintf(" The best combination of %s has a slope of about %s, the best of them alone %s.", names, combined, best)
		} else {
			text += fmt.Sprintf(" No combination of %s is measurably better than the best of them alone.", names)
		}
	}
	return append(list, text)
}

// sentence describes one surrogate.
func (p *SlopePart) sentence(v int) string {
	s := &p.Surrogates[v]
	if s.Slope == nil && len(s.Steps) == 0 {
		return fmt.Sprintf("**%s**: its gradient is zero: no neuron that affects the loss came near its threshold.", s.Surrogate)
	}
	if s.Slope == nil {
		return fmt.Sprintf("**%s**: no result: the first step changed the loss of too few presentations. Use a larger step or more samples.", s.Surrogate)
	}
	best := &p.Surrogates[p.Best]
	long := ""
	if v != p.Best && s.Length != nil && best.Length != nil {
		switch relative := *s.Length / *best.Length; {
		case relative >= 1.5:
			long = fmt.Sprintf("is %s times longer than %s, and ", factor(relative), best.Surrogate)
		case relative <= 1/1.5:
			long = fmt.Sprintf("is %s times shorter than %s, and ", factor(1/relative), best.Surrogate)
		}
	}
	name := "**" + s.Surrogate + "** "
	switch {
	case s.Slope.zero() && long == "":
		return name + "has a slope that cannot be distinguished from 0."
	case s.Slope.zero():
		return name + long + "its slope cannot be distinguished from 0."
	case s.Slope.DataHigh < 0:
		return name + long + "increases the loss."
	}
	return name + s.lengthInWords() + p.directionInWords(v) + "."
}

// lengthInWords compares the length of a surrogate gradient with its slope.
func (s *SlopeOf) lengthInWords() string {
	switch f := s.Factor; {
	case f == nil:
		return "has a length that noise hides"
	case f.DataLow <= 1 && f.DataHigh >= 1:
		return "is as long as it should be"
	case f.Value > 1:
		return fmt.Sprintf("is %s times too short", factor(f.Value))
	default:
		return fmt.Sprintf("is %s times too long", factor(1/f.Value))
	}
}

// wellKnown is the cosine within which a direction must be known for its slope to be
// that of the mean surrogate gradient.
const wellKnown = 0.9

// directionInWords compares the direction of a surrogate with the best one.
func (p *SlopePart) directionInWords(v int) string {
	s, best := &p.Surrogates[v], &p.Surrogates[p.Best]
	switch {
	case len(p.Surrogates) == 1:
		return fmt.Sprintf("; the loss falls by %.3g per unit of length along it", s.Slope.Value)
	case v == p.Best:
		return " and has the best direction"
	case s.ToBest == nil:
		return ", and its direction cannot be compared with that of " + best.Surrogate
	case s.ToBest.DataHigh >= 1:
		return ", in a direction that cannot be distinguished from the best, that of " + best.Surrogate
	}
	text := fmt.Sprintf(" and reaches only %s of the cosine of the best, %s", percentage(s.ToBest.Value), best.Surrogate)
	if s.Direction != nil && s.Direction.Low < wellKnown {
		text += fmt.Sprintf("; its own direction is known only to within a cosine of %.2f; more --directions would narrow it", s.Direction.Low)
	}
	return text
}

// factor formats a factor above 1 with two digits.
func factor(x float64) string {
	scale := math.Pow(10, math.Floor(math.Log10(x))-1)
	if scale >= 1 {
		return fmt.Sprintf("%.0f", math.Round(x/scale)*scale)
	}
	return fmt.Sprintf("%.2g", x)
}

func percentage(share float64) string { return signed(100*share, 0) + " %" }

// signed formats a number with a real minus sign.
func signed(x float64, digits int) string {
	return strings.ReplaceAll(fmt.Sprintf("%.*f", digits, x), "-", "−")
}

// table lists all surrogates at the first step.
func (p *SlopePart) table(b *strings.Builder) {
	b.WriteString("| surrogate | length | slope | slope / promised | cosine, best = 1 | direction known to |\n|---|---|---|---|---|---|\n")
	for v := range p.Surrogates {
		s := &p.Surrogates[v]
		toBest := s.ToBest.String()
		if v == p.Best {
			toBest = "1"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", s.Surrogate, number(s.Length), s.Slope.withError(), s.Factor, toBest, s.Direction)
	}
	b.WriteString("\n")
}

// steps lists slopes at all steps.
func (p *SlopePart) steps(b *strings.Builder) {
	if len(p.Surrogates[0].Steps) < 2 {
		return
	}
	b.WriteString("Slopes at several step sizes, as fractions of the norm of the weights, and their ratio to the first:\n\n| surrogate |")
	for _, s := range p.Surrogates[0].Steps {
		fmt.Fprintf(b, " %s |", stepName(s.Step))
	}
	b.WriteString(" agree |\n|---|" + strings.Repeat("---|", len(p.Surrogates[0].Steps)+1) + "\n")
	for v := range p.Surrogates {
		s := &p.Surrogates[v]
		fmt.Fprintf(b, "| %s |", s.Surrogate)
		for k := range s.Steps {
			fmt.Fprintf(b, " %s |", s.Steps[k].cell())
		}
		fmt.Fprintf(b, " %s |\n", s.agreement())
	}
	b.WriteString("\n")
}

// stepName formats a step as a percentage.
func stepName(step float64) string { return fmt.Sprintf("%g %%", math.Round(1e6*step)/1e4) }

func (s *StepSlope) cell() string {
	switch {
	case s.Slope == nil:
		return fmt.Sprintf("%d moved", s.Moved)
	case s.ToFirst == nil:
		return s.Slope.withError()
	}
	return fmt.Sprintf("%s (%s)", s.Slope.withError(), s.ToFirst)
}

// agreement reports up to which step slopes agree with the first within their intervals.
func (s *SlopeOf) agreement() string {
	last := ""
	for k := range s.Steps {
		if r := s.Steps[k].ToFirst; k > 0 && (r == nil || r.Low > 1 || r.High < 1) {
			break
		}
		last = stepName(s.Steps[k].Step)
	}
	return "up to " + last
}

// withError formats a value, its standard error due to noise, and its interval for the
// data set.
func (m *Measured) withError() string {
	if m == nil {
		return "unknown"
	}
	half := max(m.Error, (m.DataHigh-m.DataLow)/4)
	digits := 3
	if half > 0 {
		digits = max(0, min(9, 1-int(math.Floor(math.Log10(half)))))
	}
	return strings.ReplaceAll(fmt.Sprintf("%.*f ± %.*f [%.*f, %.*f]", digits, m.Value, digits, m.Error, digits, m.DataLow, digits, m.DataHigh), "-", "−")
}

// String formats a value with its interval for the data set; nil is unknown.
func (m *Measured) String() string {
	if m == nil {
		return "unknown"
	}
	return (&Estimate{m.Value, m.DataLow, m.DataHigh}).String()
}

func number(x *float64) string {
	if x == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.3g", *x)
}

// page describes the readout's self-test.
func (t *SelfTest) page() string {
	if t == nil {
		return ""
	}
	text := fmt.Sprintf("## Readout: the method tests itself\n\nThe gradient of the readout's weights is exact, whatever the surrogate, so its slope must equal its length: %.4g against %.4g, ratio %.4f. ",
		t.Slope.Value, t.Promised.Value, t.Ratio)
	if !t.Passed {
		return text + fmt.Sprintf("**They are more than %g %% of its length apart**: the steps are too long, or something is wrong. Do not rely on this page. Try again with a smaller first step.\n\n", 100*selfTestLimit)
	}
	return text + "They agree.\n\n"
}

// costs reports what the slopes took.
func (r *SlopeResult) costs() string {
	c := &r.Cost
	text := fmt.Sprintf("## What it cost\n\n%d runs forward, and %d forward and backward for the directions: %.1f s on %s.",
		c.ForwardRuns, c.GradientRuns, c.ForwardSeconds+c.GradientSeconds, r.Device)
	if c.EpochSamples > 0 {
		text += fmt.Sprintf(" An epoch of training on %d samples takes about %.1f s there, so the slopes cost as much as %.2g epochs.", c.EpochSamples, c.EpochSeconds, c.Epochs)
	}
	if p := &c.Plan; p.Epochs > 0 {
		text += fmt.Sprintf(" One surrogate more costs %.2g epochs, one step more %.2g, and intervals half as long %.2g for everything.", p.Surrogate, p.Step, p.Half)
	}
	return text + "\n"
}
