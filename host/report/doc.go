// Package report makes of finished runs a page that anybody can open: one HTML file
// with configuration, learning curves, rasters, confusion matrix, Fano factors and
// audit of each run, and a comparison where there are several.
//
// A run is a folder of files that only the program and scripts read; what a colleague
// wants to be sent is one file that shows what was done and what came of it. So the
// page holds everything itself: pictures are inline SVG, drawn once for wide and once
// for narrow screens, there are no scripts, and its own policy forbids the browser to
// load anything. The same runs make the same bytes.
//
//	run, err := report.Load(ctx, "runs/first", report.Options{})
//	…
//	err = report.Write(file, []*report.Run{run})
package report
