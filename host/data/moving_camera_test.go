package data

import (
	"math"
	"testing"

	"spikegrad/cpuref"
)

// shownDigit is a digit in front of the camera according to its formulas, in floating point.
type shownDigit struct {
	grey [digitSide][digitSide]float64 // [row][column], 0 to 16
	x, y []float64                     // [frame]: its upper left corner, in pixels of the sensor, as the frame begins
}

// at returns a grey value, dark outside the digit.
func (d *shownDigit) at(row, column int) float64 {
	if row < 0 || row >= digitSide || column < 0 || column >= digitSide {
		return 0
	}
	return d.grey[row][column]
}

// logarithm returns that of a pixel's brightness as a frame begins: it is interpolated between
// the middles of grey values, three pixels apart.
func (d *shownDigit) logarithm(frame, column, row int) float64 {
	across, down := (float64(column)+0.5-d.x[frame])/3-0.5, (float64(row)+0.5-d.y[frame])/3-0.5
	left, top := math.Floor(across), math.Floor(down)
	u, v := across-left, down-top
	c, r := int(left), int(top)
	upper := float64(d.at(r, c)*(1-u)) + float64(d.at(r, c+1)*u)
	lower := float64(d.at(r+1, c)*(1-u)) + float64(d.at(r+1, c+1)*u)
	return math.Log(1 + float64(0.5*(float64(upper*(1-v))+float64(lower*v))))
}

// showDigit returns a digit on the path of a sample.
func showDigit(digit []float32, m *MovingDigits, sample uint32) *shownDigit {
	d := &shownDigit{}
	for i, value := range digit {
		d.grey[i/digitSide][i%digitSide] = math.Floor(float64(value) * 16)
	}
	words := cpuref.Philox([2]uint32{m.Seed, uint32(cpuref.StreamDataset)}, [4]uint32{sample, 0, 0, movingStart})
	x := 5 + float64((float64(2*fraction(words[0]))-1)*m.Offset) // (34 − 8·3)/2 is the middle
	y := 5 + float64((float64(2*fraction(words[1]))-1)*m.Offset)
	d.x, d.y = []float64{x}, []float64{y}
	frames := int(math.Round(m.SaccadeLength / 0.002))
	turn := 0.125 + float64((float64(2*fraction(words[2]))-1)*m.Rotation)
	for saccade := range m.Saccades {
		sin, cos := math.Sincos(2 * math.Pi * (turn + float64(saccade)/float64(m.Saccades)))
		for i := range frames {
			u := float64(i+1) / float64(frames)
			way := m.Amplitude * u * u * (3 - float64(2*u))
			d.x, d.y = append(d.x, x+float64(way*cos)), append(d.y, y+float64(way*sin))
		}
		x, y = x+float64(m.Amplitude*cos), y+float64(m.Amplitude*sin)
	}
	return d
}

// Each event is where and when the logarithm of the brightness passes the next threshold, up or
// down, and none is missing. The digit is not its own mirror image.
func TestSimulatedEvents(t *testing.T) {
	m := MovingDigits{Copies: 1, Saccades: 3, SaccadeLength: 0.04, Amplitude: 5, Rotation: 0.5, Offset: 2, Contrast: 0.3}
	digit := make([]float32, digitSide*digitSide)
	for i := range digitSide {
		digit[i*digitSide+1] = 1
		digit[1*digitSide+i] = 0.75
		digit[4*digitSide+i/2] = 0.5
	}
	// Positions are rounded to 1/256 of a grey pixel in x and y, over which the logarithm changes
	// by 8/256 at most.
	const rounding = 0.0625
	scene := newScene(newSimulatedCamera(&m))
	events, missing := 0, 0
	for sample := range uint32(12) {
		d := showDigit(digit, &m, sample)
		memory := map[[2]uint16]float64{}
		for row := range uint16(movingSize) {
			for column := range uint16(movingSize) {
				memory[[2]uint16{column, row}] = d.logarithm(0, int(column), int(row))
			}
		}
		for _, e := range scene.record(digit, sample) {
			pixel := [2]uint16{e.x, e.y}
			if e.on {
				memory[pixel] += m.Contrast
			} else {
				memory[pixel] -= m.Contrast
			}
			frame := int(e.time / frameLength)
			if e.time < 0 || frame >= len(d.x)-1 {
				t.Fatalf("sample %d: an event at %d ns", sample, e.time)
			}
			before, after := d.logarithm(frame, int(e.x), int(e.y)), d.logarithm(frame+1, int(e.x), int(e.y))
			now := before + float64((after-before)*float64(e.time%frameLength)/frameLength)
			if math.Abs(now-memory[pixel]) > rounding {
				t.Fatalf("sample %d, pixel %v, %d ns, on is %v: the brightness is %.3f and does not pass %.3f", sample, pixel, e.time, e.on, now, memory[pixel])
			}
			events++
		}
		for pixel, last := range memory {
			if left := math.Abs(d.logarithm(len(d.x)-1, int(pixel[0]), int(pixel[1])) - last); left > m.Contrast+rounding {
				missing++
			}
		}
	}
	if missing > 0 || events < 12*1000 {
		t.Errorf("%d events, at %d pixels one is missing", events, missing)
	}
}
