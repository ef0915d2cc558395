// Package figure draws the project's pictures: learning curves, rasters of a sample through all
// layers, trials of one neuron, confusion matrices, and tables of numbers as lines, dots or bars.
// Plain data go in, and a PNG or an SVG comes out; the package knows nothing about networks or
// training.
//
// Every kind of picture is a struct that holds its data and has one method,
// Picture, which checks the data and lays them out:
//
//	err := figure.Save("curves.svg", figure.Curves{Runs: runs})
//
// All pictures share one style, so that they can stand side by side in a
// report: the Okabe–Ito colours, which remain distinct for colour-blind
// readers, in an order that is the same everywhere ([SeriesColor]); three sizes of
// one typeface; a white ground with a thin grid; units on the axes; legends in
// a row above the data, where they cannot cover them. The same data give the
// same bytes.
//
// Sizes and positions inside the package are in points (1/72 inch) from the lower left
// corner. Layout is the package's own because stacked panels of unequal height have to
// share an axis; drawing, typeface and file formats come from gonum/plot (vg, vgimg,
// vgsvg).
//
// A new kind of picture needs a struct with a Picture method, and builds on panel (a framed
// area with two axes), mark (what is drawn inside) and layout (columns of panels).
package figure
