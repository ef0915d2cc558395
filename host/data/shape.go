package data

import "fmt"

// Shape is how the input channels of a network are arranged: Channels planes of Height
// rows of Width pixels. Inputs are numbered row-major: the input at channel c, row y and
// column x is (c·Height + y)·Width + x. The zero value stands for a plain row of inputs.
type Shape struct{ Channels, Height, Width int }

// Inputs returns the number of inputs; 0 for the zero value.
func (s Shape) Inputs() int { return s.Channels * s.Height * s.Width }

// Input returns the number of an input.
func (s Shape) Input(channel, y, x int) int { return (channel*s.Height+y)*s.Width + x }

// fits reports whether s is a shape of the given number of inputs, or the zero value.
func (s Shape) fits(inputs int) bool {
	within := func(length int) bool { return length >= 1 && length <= maxChannels }
	return s == (Shape{}) || within(s.Channels) && within(s.Height) && within(s.Width) && s.Inputs() == inputs
}

// String formats the shape as in 2×34×34, empty for the zero value.
func (s Shape) String() string {
	if s == (Shape{}) {
		return ""
	}
	return fmt.Sprintf("%d×%d×%d", s.Channels, s.Height, s.Width)
}
