package figure

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Confusion shows how often samples of each class were classified as each other class.
// Colours give the fraction of the true class (rows add up to 1), numbers the counts.
type Confusion struct {
	Title string
	// Counts holds the number of samples (true class, predicted class).
	Counts  [][]int
	Classes []string // name of each class; empty: their numbers
	// Width of the picture in points; 0 stands for the usual one. Pages for phones need
	// about 260.
	Width float64
}

// Dimensions of a confusion matrix in points.
const (
	matrixSide   = vg.Length(330) // wanted
	leastCell    = vg.Length(9)
	greatestCell = vg.Length(32)
	mostRanks    = 150 // rows that can be told apart
	longestName  = vg.Length(110)
)

// Picture implements [Drawing].
func (f Confusion) Picture() (*Picture, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	title := f.accuracy()
	f, size := f.grouped()
	if size > 1 {
		title += fmt.Sprintf(", %d classes in a row", size)
	}
	classes := len(f.Counts)
	names := make([]tick, classes)
	widest := vg.Length(0)
	for i := range names {
		names[i] = tick{value: float64(i) + 0.5, label: smallText().shorten(f.class(i), longestName)}
		widest = max(widest, names[i].width(smallText()))
	}
	end := float64(classes)
	p := &panel{
		name:  "confusion",
		x:     axis{label: "predicted class", max: end, ticks: names, named: true},
		y:     axis{label: "true class", min: end, ticks: names, named: true}, // downwards: the diagonal falls
		marks: []mark{f.cellsMark(), scaleMark("fraction of the true class", 0, 1)},
		aside: scaleRoom,
	}
	if f.Title != "" {
		title = f.Title + ": " + title
	}
	beside := 2*outerMargin + p.sideroom() + p.aside + overhang
	cell := min(max(matrixSide/vg.Length(classes), leastCell), greatestCell)
	width := beside + cell*vg.Length(classes)
	if f.Width > 0 {
		cell = min(max((vg.Length(f.Width)-beside)/vg.Length(classes), 1), greatestCell)
		width = beside + cell*vg.Length(classes)
	} else {
		width = max(width, 2*outerMargin+titleText().width(title)+p.sideroom())
	}
	p.height, p.x.upright = cell*vg.Length(classes), widest > 0.9*cell
	return layout(width, title, nil, []*panel{p}), nil
}

func (f Confusion) check() error {
	classes := len(f.Counts)
	if classes == 0 {
		return fmt.Errorf("figure: confusion matrix without a class: give at least one")
	}
	for i, row := range f.Counts {
		if err := checkLength(fmt.Sprintf("confusion matrix: row %d", i), len(row), classes, "the rows are"); err != nil {
			return err
		}
		for j, count := range row {
			if count < 0 {
				return fmt.Errorf("figure: confusion matrix: count %d in row %d, column %d: counts are not negative", count, i, j)
			}
		}
	}
	if len(f.Classes) == 0 {
		return nil
	}
	return checkLength("confusion matrix: class names", len(f.Classes), classes, "the rows are")
}

// grouped sums blocks of size neighbouring classes if there are more classes than can be
// told apart.
func (f Confusion) grouped() (grouped Confusion, size int) {
	classes := len(f.Counts)
	size = (classes + mostRanks - 1) / mostRanks
	if size == 1 {
		return f, size
	}
	rows := (classes + size - 1) / size
	grouped = Confusion{Title: f.Title, Width: f.Width, Counts: make([][]int, rows)}
	for row := range rows {
		grouped.Counts[row] = make([]int, rows)
		first, last := row*size, min((row+1)*size, classes)-1
		grouped.Classes = append(grouped.Classes, f.class(first)+" to "+f.class(last))
	}
	for i, counts := range f.Counts {
		for j, count := range counts {
			grouped.Counts[i/size][j/size] += count
		}
	}
	return grouped, size
}

// accuracy reports how many samples lie on the diagonal.
func (f Confusion) accuracy() string {
	var correct, all int
	for i, row := range f.Counts {
		correct += row[i]
		all += sum(row)
	}
	if all == 0 {
		return "no samples"
	}
	return fmt.Sprintf("accuracy %.3f (%d of %d)", float64(correct)/float64(all), correct, all)
}

// cellsMark draws the squares, a hairline of background between them, and the counts that
// fit.
func (f Confusion) cellsMark() mark {
	return func(c draw.Canvas, p *panel) {
		style := smallText()
		style.size = min(style.size, f.countSize(p.height/vg.Length(len(f.Counts))))
		for i, row := range f.Counts {
			total := max(sum(row), 1)
			for j, count := range row {
				upper, lower := p.at(float64(j), float64(i)), p.at(float64(j+1), float64(i+1))
				fraction := float64(count) / float64(total)
				ground := sequential(fraction)
				inset := vg.Length(0.35)
				c.FillPolygon(ground, corners(vg.Rectangle{
					Min: vg.Point{X: upper.X + inset, Y: lower.Y + inset},
					Max: vg.Point{X: lower.X - inset, Y: upper.Y - inset},
				}))
				if count == 0 || style.size < 4 {
					continue
				}
				style.color = ink
				if fraction > 0.35 {
					style.color = white
				}
				middle := vg.Point{X: (upper.X + lower.X) / 2, Y: style.middle((upper.Y + lower.Y) / 2)}
				style.draw(c, middle, 0.5, fmt.Sprint(count))
			}
		}
	}
}

// countSize is the text size at which the widest count fits into a cell.
func (f Confusion) countSize(cell vg.Length) vg.Length {
	var widest vg.Length
	for _, row := range f.Counts {
		for _, count := range row {
			widest = max(widest, smallText().width(fmt.Sprint(count)))
		}
	}
	return 0.85 * cell / widest * smallText().size
}

func (f Confusion) class(i int) string {
	if len(f.Classes) > 0 {
		return f.Classes[i]
	}
	return fmt.Sprint(i)
}

func sum(list []int) int {
	total := 0
	for _, v := range list {
		total += v
	}
	return total
}
