// Package report turns finished runs into a page that anybody can open: one HTML file with the
// configuration, learning curves, rasters, confusion matrix, Fano factors and audit of each run,
// and a comparison if there are several.
//
// A run is a folder of files for the program and for scripts, whereas a colleague wants a single
// file that shows what was done and what came out. So the page is self-contained: pictures are
// inline SVG, drawn once for wide and once for narrow screens, there are no scripts, and its
// content security policy forbids the browser to load anything. The same runs give the same
// bytes.
//
//	run, err := report.Load(ctx, "runs/first", report.Options{})
//	…
//	err = report.Write(file, []*report.Run{run})
package report
