package figure

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// kinds are pictures of every kind, with the names of their panels and some of the text
// they show.
func kinds() []struct {
	name    string
	drawing Drawing
	panels  []string
	text    []string
} {
	stacked := syntheticCurves()
	stacked.Stacked = true
	wrong := syntheticRaster()
	wrong.Predicted = 13
	wrong.Layers = wrong.Layers[2:]
	return []struct {
		name    string
		drawing Drawing
		panels  []string
		text    []string
	}{
		{"curves", syntheticCurves(), []string{"loss", "accuracy"}, []string{"training", "validation", "test 0.949 ± 0.004", "epoch"}},
		{"stacked", stacked, []string{"loss", "accuracy"}, []string{"training", "epoch"}},
		{"comparison", syntheticComparison(), []string{"loss", "accuracy"}, []string{"matched sigmoid (test 0.849 ± 0.004)", "loss"}},
		{"raster", syntheticRaster(), []string{"input", "hidden 1", "hidden 2", "hidden 3", "readout"},
			[]string{"Spoken digits, test sample 17: true class 3, predicted 3 (correct)", "hidden 2 · 128 neurons · 6.55 spikes per neuron", "time (ms)", "channel", "membrane"}},
		{"rasters", Rasters{Title: "Two layers", StepMS: syntheticRaster().StepMS, Steps: syntheticRaster().Steps, Layers: syntheticRaster().Layers[:3]},
			[]string{"input", "hidden 2", "hidden 1"}, []string{"Two layers", "hidden 2", "time (ms)"}},
		{"wrong", wrong, []string{"hidden 2", "hidden 3", "readout"},
			[]string{"Spoken digits, test sample 17: true class 3, predicted 13 (wrong)", "predicted 13"}},
		{"frames", syntheticFrames(), []string{"class 0, 0 ms", "class 1, 0 ms", "class 0, 20 ms", "class 1, 20 ms", "class 0, 40 ms", "class 1, 40 ms"},
			[]string{"Two bars", "darker", "brighter", "class 1", "20 ms"}},
		{"trials", syntheticTrials(), []string{"trials", "firing probability"}, []string{"spikes in 100 trials", "firing probability in a step of 2 ms, mean over 5 steps"}},
		{"confusion", syntheticConfusion(20, 110, true), []string{"confusion"}, []string{"sieben", "true class", "predicted class", "fraction of the true class"}},
		{"many classes", syntheticConfusion(36, 500, true), []string{"confusion"}, []string{"predicted class"}},
		{"lines", syntheticLines(), []string{"lines"}, []string{"single flip", "noise trials", "relative error"}},
		{"fano", syntheticFano(), []string{"lines"}, []string{"Poisson process", "Fano factor"}},
		{"scatter", syntheticScatter(), []string{"lines"}, []string{"−0.25"}},
		{"bars", syntheticBars(false), []string{"bars"}, []string{"SuperSpike, stochastic", "0.935", "baseline"}},
		{"dots", syntheticBars(true), []string{"bars"}, []string{"MultilayerSpiker", "0.865"}},
	}
}

// TestEveryKindIsDrawn saves each kind in both formats, checks the result and draws the
// same data a second time, which has to give the same bytes.
func TestEveryKindIsDrawn(t *testing.T) {
	again := kinds()
	for i, kind := range kinds() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			picture, err := kind.drawing.Picture()
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, panel := range picture.Panels() {
				names = append(names, panel.Name)
			}
			if diff := cmp.Diff(kind.panels, names); diff != "" {
				t.Errorf("panels (-want +got):\n%s", diff)
			}

			path := filepath.Join(folder, "picture.png")
			if err := Save(path, kind.drawing); err != nil {
				t.Fatal(err)
			}
			content := readFile(t, path)
			img, err := png.Decode(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			checkImage(t, img, picture)
			if !bytes.Equal(content, render(t, again[i].drawing, PNG)) {
				t.Error("the same data gave another PNG")
			}

			path = filepath.Join(folder, "picture.SVG")
			if err := Save(path, kind.drawing); err != nil {
				t.Fatal(err)
			}
			content = readFile(t, path)
			checkSVG(t, content, picture, kind.text)
			if !bytes.Equal(content, render(t, again[i].drawing, SVG)) {
				t.Error("the same data gave another SVG")
			}
			left, err := os.ReadDir(folder)
			if err != nil || len(left) != 2 {
				t.Errorf("the folder holds %v (%v), want the two pictures only", left, err)
			}
		})
	}
}

// checkImage checks the size, that nothing is cut off at the edge, and that every panel
// holds data: pixels that are neither background nor grid.
func checkImage(t *testing.T, img image.Image, picture *Picture) {
	t.Helper()
	width, height := picture.Pixels()
	if got, want := img.Bounds(), image.Rect(0, 0, width, height); got != want {
		t.Fatalf("the image measures %v, want %v", got, want)
	}
	const edge = 6
	frame := []image.Rectangle{
		image.Rect(0, 0, width, edge), image.Rect(0, height-edge, width, height),
		image.Rect(0, 0, edge, height), image.Rect(width-edge, 0, width, height),
	}
	for _, side := range frame {
		if n := countInk(img, side); n != 0 {
			t.Errorf("%d pixels of ink at the edge %v: something is cut off", n, side)
		}
	}
	for _, panel := range picture.Panels() {
		area := image.Rect(
			int(panel.Left*float64(width))+4, int(panel.Top*float64(height))+1,
			int(panel.Right*float64(width))-1, int(panel.Bottom*float64(height))-4)
		if area.Dx() < 200 || area.Dy() < 60 {
			t.Errorf("panel %q is only %d × %d pixels", panel.Name, area.Dx(), area.Dy())
		}
		ink, all := countInk(img, area), area.Dx()*area.Dy()
		if share := float64(ink) / float64(all); share < 0.002 || share > 0.7 {
			t.Errorf("panel %q: %.4f of it is ink, want data but no blot", panel.Name, share)
		}
	}
}

// countInk counts pixels darker than the grid. The copy makes it fast enough
// for the race detector.
func countInk(img image.Image, area image.Rectangle) int {
	pixels := image.NewNRGBA(area)
	draw.Draw(pixels, area, img, area.Min, draw.Src)
	n := 0
	for i := 0; i < len(pixels.Pix); i += 4 {
		if min(pixels.Pix[i], pixels.Pix[i+1], pixels.Pix[i+2]) < gridGrey.R-10 {
			n++
		}
	}
	return n
}

func checkSVG(t *testing.T, content []byte, picture *Picture, want []string) {
	t.Helper()
	width, height := picture.Size()
	if size := fmt.Sprintf(`width="%.5gpt" height="%.5gpt"`, width, height); !bytes.Contains(content, []byte(size)) {
		t.Errorf("the SVG does not say %s", size)
	}
	texts := svgTexts(t, content)
	for _, text := range want {
		if !slices.Contains(texts, text) {
			t.Errorf("text %q is missing from the SVG, which has %q", text, texts)
		}
	}
	if n := bytes.Count(content, []byte("'Liberation Sans',Arimo,Arial")); n != len(texts) {
		t.Errorf("%d of %d texts name fonts to fall back on", n, len(texts))
	}
}

// svgTexts parses an SVG and returns its text elements.
func svgTexts(t *testing.T, content []byte) []string {
	t.Helper()
	var texts []string
	inside := false
	decoder := xml.NewDecoder(bytes.NewReader(content))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			t.Fatalf("the SVG is not well-formed: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inside = token.Name.Local == "text"
		case xml.CharData:
			if inside {
				texts = append(texts, string(token))
			}
		case xml.EndElement:
			inside = false
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func render(t *testing.T, d Drawing, format Format) []byte {
	t.Helper()
	picture, err := d.Picture()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := picture.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSpikesLieWhereTheyHappened looks for single spikes at the pixel of their step and
// neuron, and for background everywhere else.
func TestSpikesLieWhereTheyHappened(t *testing.T) {
	const steps, neurons = 50, 20
	for _, spike := range []Spike{{0, 0}, {49, 19}, {10, 15}} {
		raster := Raster{StepMS: 1, Steps: steps, Layers: []SpikeLayer{{Name: "input", Neurons: neurons, Spikes: []Spike{spike}}}}
		img, panel, width, height := oneImage(t, raster)
		x := (panel.Left + (panel.Right-panel.Left)*(float64(spike.Step)+0.5)/steps) * width
		y := (panel.Bottom - (panel.Bottom-panel.Top)*(float64(spike.Neuron)+0.5)/neurons) * height
		if c := nrgba(img.At(int(x), int(y))); c.R > 0x60 {
			t.Errorf("spike %+v: the pixel at its place has colour %v", spike, c)
		}
		beside := image.Rect(int(x)+6, int(y)-3, int(x)+20, int(y)+1)
		if spike.Step == 49 {
			beside = beside.Sub(image.Pt(26, 0))
		}
		if n := countInk(img, beside); n != 0 {
			t.Errorf("spike %+v: %d pixels of ink beside it", spike, n)
		}
	}
}

func TestLinesLieAtTheirValues(t *testing.T) {
	lines := Lines{Series: []Series{{X: []float64{1, 10, 100}, Y: []float64{0.01, 0.1, 1}}}, LogX: true, LogY: true}
	img, panel, width, height := oneImage(t, lines)
	// On logarithmic axes the middle point lies in the middle of the panel.
	x, y := (panel.Left+panel.Right)/2*width, (panel.Top+panel.Bottom)/2*height
	if c := nrgba(img.At(int(x), int(y))); c != SeriesColor(0) {
		t.Errorf("the middle of the panel has colour %v, want that of the line, %v", c, SeriesColor(0))
	}
}

func TestConfusionColoursAreShares(t *testing.T) {
	matrix := Confusion{Counts: [][]int{{8, 0, 2}, {0, 0, 0}, {5, 5, 0}}}
	img, panel, width, height := oneImage(t, matrix)
	for i, row := range [][]float64{{0.8, 0, 0.2}, {0, 0, 0}, {0.5, 0.5, 0}} {
		for j, share := range row {
			// A corner of the cell, clear of the number in its middle.
			x := (panel.Left + (panel.Right-panel.Left)*(float64(j)+0.15)/3) * width
			y := (panel.Top + (panel.Bottom-panel.Top)*(float64(i)+0.15)/3) * height
			if c := nrgba(img.At(int(x), int(y))); c != sequential(share) {
				t.Errorf("cell (%d, %d) has colour %v, want %v", i, j, c, sequential(share))
			}
		}
	}
}

func TestSequentialDarkens(t *testing.T) {
	light := func(c color.NRGBA) int { return 30*int(c.R) + 59*int(c.G) + 11*int(c.B) }
	for i := range 100 {
		if a, b := sequential(float64(i)/100), sequential(float64(i+1)/100); light(a) <= light(b) {
			t.Errorf("colour of %d %% is %v, not lighter than the next, %v", i, a, b)
		}
	}
}

func TestBarsEndAtTheirValues(t *testing.T) {
	img, panel, width, height := oneImage(t, Bars{Categories: []string{"a", "b"}, Groups: []Group{{Values: []float64{-1, 1}}}})
	at := func(x, y float64) color.NRGBA {
		return nrgba(img.At(int((panel.Left+(panel.Right-panel.Left)*x)*width), int((panel.Top+(panel.Bottom-panel.Top)*y)*height)))
	}
	for _, place := range []struct {
		x, y float64
		bar  bool
	}{{0.3, 0.25, true}, {0.7, 0.25, false}, {0.3, 0.75, false}, {0.7, 0.75, true}, {0.01, 0.25, false}, {0.99, 0.75, false}} {
		if bar := at(place.x, place.y) == SeriesColor(0); bar != place.bar {
			t.Errorf("bar at (%v, %v): %v, want %v", place.x, place.y, bar, place.bar)
		}
	}
}

// oneImage renders a picture of one panel.
func oneImage(t *testing.T, d Drawing) (img image.Image, panel Panel, width, height float64) {
	t.Helper()
	picture, err := d.Picture()
	if err != nil {
		t.Fatal(err)
	}
	img, err = png.Decode(bytes.NewReader(render(t, d, PNG)))
	if err != nil {
		t.Fatal(err)
	}
	w, h := picture.Pixels()
	return img, picture.Panels()[0], float64(w), float64(h)
}

func TestProbabilityOfTrials(t *testing.T) {
	trials := Trials{StepMS: 2, Steps: 5, Spikes: [][]int{{0, 1, 4}, {0}}, Window: 2}
	edges, mean := trials.probability()
	if diff := cmp.Diff([]float64{0, 4, 8, 10}, edges); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
	// 3 spikes in 2 steps of 2 trials; none; 1 spike in the one remaining step.
	if diff := cmp.Diff([]float64{0.75, 0, 0.5}, mean); diff != "" {
		t.Errorf("probability (-want +got):\n%s", diff)
	}
}

// TestStrangeDataIsDrawn draws data that are legal but extreme.
func TestStrangeDataIsDrawn(t *testing.T) {
	line := func(values ...float64) Lines {
		x := make([]float64, len(values))
		for i := range x {
			x[i] = float64(i)
		}
		return Lines{XLabel: "x", YLabel: "y", Series: []Series{{Name: "a", X: x, Y: values}}}
	}
	logarithmic := line(1e-200, 1e200)
	logarithmic.LogY = true
	long := line(1, 2)
	long.Title = strings.Repeat("a long title ", 40)
	long.YLabel = long.Title
	long.XLabel = long.Title
	long.Series[0].Name = long.Title
	hostile := line(1, 2)
	hostile.Title = "<script>&amp;\" \x00\n\xff \ufffe ]]> 日本"
	hostile.Series[0].Name = hostile.Title
	names := syntheticBars(true)
	names.Categories[0] = long.Title
	many := Lines{}
	for i := range 30 {
		many.Series = append(many.Series, Series{Name: fmt.Sprintf("series %d", i), X: []float64{0, 1}, Y: []float64{0, float64(i)}})
	}
	for name, drawing := range map[string]Drawing{
		"one point":       line(3),
		"constant":        line(0.5, 0.5, 0.5),
		"zero":            line(0, 0),
		"negative":        line(-5, -5),
		"huge":            line(-1e249, 1e249),
		"tiny":            line(5e-324, 0),
		"huge and close":  line(1e15, 1e15+1),
		"wide logarithm":  logarithmic,
		"long text":       long,
		"hostile text":    hostile,
		"long names":      names,
		"many series":     many,
		"silent":          Raster{StepMS: 1, Steps: 10, Layers: []SpikeLayer{{Name: "input", Neurons: 3}}},
		"potentials":      Raster{StepMS: 1, Steps: 2, Layers: []SpikeLayer{{Name: "layer 0", Neurons: 2, Potentials: [][]float64{{0, 1}, {-1, 3}}}}},
		"one step":        Raster{StepMS: 0.1, Steps: 1, Layers: []SpikeLayer{{Neurons: 1, Spikes: []Spike{{}}}}, Readout: [][]float64{{1}}},
		"silent trials":   Trials{StepMS: 1, Steps: 5, Spikes: [][]int{nil}},
		"one class":       Confusion{Counts: [][]int{{0}}},
		"great counts":    Confusion{Counts: [][]int{{math.MaxInt32, 1}, {0, 7}}},
		"one epoch":       Curves{Runs: []Run{{TrainLoss: Band{Middle: []float64{2.3}}}}},
		"nothing but 1":   Curves{Runs: []Run{{ValidationAccuracy: Band{Middle: []float64{1, 1}}}}},
		"bars of nothing": Bars{Categories: []string{""}, Groups: []Group{{Values: []float64{0}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			svgTexts(t, render(t, drawing, SVG))
			img, err := png.Decode(bytes.NewReader(render(t, drawing, PNG)))
			if err != nil {
				t.Fatal(err)
			}
			bounds := img.Bounds()
			for _, x := range []int{0, bounds.Dx() - 3} {
				if n := countInk(img, image.Rect(x, 0, x+3, bounds.Dy())); n != 0 {
					t.Errorf("%d pixels of ink at the edge: something is cut off", n)
				}
			}
		})
	}
}
