package scene

import (
	"image/color"

	"spikegrad/host/figure"
)

// The colours are those of package figure: safe for the colour-blind, and the same thing
// has the same colour in both.
var (
	desk     = color.NRGBA{R: 0xF2, G: 0xF3, B: 0xF5, A: 255} // around the panels
	paper    = color.NRGBA{R: 0xFF, G: 0xFF, B: 0xFF, A: 255} // of the panels
	ink      = color.NRGBA{R: 0x22, G: 0x22, B: 0x22, A: 255} // text, spikes of the input
	softInk  = color.NRGBA{R: 0x55, G: 0x55, B: 0x55, A: 255} // axes and their numbers
	gridGrey = color.NRGBA{R: 0xE4, G: 0xE4, B: 0xE4, A: 255}
	paleGrey = color.NRGBA{R: 0xB4, G: 0xB4, B: 0xB4, A: 255} // data in the background
	picked   = color.NRGBA{R: 0xFB, G: 0xE3, B: 0xB0, A: 255} // behind the picked neuron

	spikeColor      = figure.SeriesColor(0)
	trueColor       = figure.SeriesColor(1)
	predictedColor  = figure.SeriesColor(0)
	trainingColor   = figure.SeriesColor(0)
	validationColor = figure.SeriesColor(1)
	negativeColor   = figure.SeriesColor(0)
	positiveColor   = figure.SeriesColor(1)
	membraneColor   = figure.SeriesColor(2)
	thresholdColor  = figure.SeriesColor(3)
)

// Sizes in points; on a screen of ordinary resolution, a point is a pixel.
const (
	titleSize = 15.0
	textSize  = 12.5
	smallSize = 11.0

	margin     = 18
	gutter     = 46 // left of a panel, for the numbers of its axis
	headerRoom = 64 // at the top of the window
	captionGap = 22 // above a panel, for its name
	axisRoom   = 38 // below the last panel of a column
	panelGap   = 8
	tickLength = 4
)

// packed returns a colour as a pixel of the canvas.
func packed(c color.NRGBA, blueFirst bool) uint32 {
	if blueFirst {
		c.R, c.B = c.B, c.R
	}
	return uint32(c.R) | uint32(c.G)<<8 | uint32(c.B)<<16 | uint32(c.A)<<24
}
