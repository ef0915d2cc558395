package reproduce

import (
	"fmt"
	"image"
	_ "image/png" // the format of targets
	"math"
	"os"

	"golang.org/x/image/draw"

	"spikegrad/cpuref"
)

// spikeImage is a picture as spikes: each row is a neuron (the lowest row is neuron 0),
// each column a step, and each dark pixel a spike.
type spikeImage struct {
	neurons, steps int
	dark           [][]bool // [neuron][step]
}

// readTarget reads a PNG, resizes it and treats pixels darker than half as spikes.
func readTarget(path string, neurons, steps int) (*spikeImage, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the target: %w", err)
	}
	defer file.Close()
	picture, _, err := image.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("the target %s is not a PNG picture: %w", path, err)
	}
	gray := image.NewGray(image.Rect(0, 0, steps, neurons))
	draw.Draw(gray, gray.Bounds(), image.White, image.Point{}, draw.Src) // white behind transparent parts
	draw.BiLinear.Scale(gray, gray.Bounds(), picture, picture.Bounds(), draw.Over, nil)
	target := newSpikeImage(neurons, steps)
	for y := range neurons {
		for x := range steps {
			target.dark[neurons-1-y][x] = gray.GrayAt(x, y).Y < 128
		}
	}
	if n := target.spikes(); n == 0 || n == neurons*steps {
		return nil, fmt.Errorf("the target %s has %d of %d pixels darker than half after resizing to %d × %d: draw dark lines on a light background",
			path, n, neurons*steps, steps, neurons)
	}
	return target, nil
}

func newSpikeImage(neurons, steps int) *spikeImage {
	s := &spikeImage{neurons: neurons, steps: steps, dark: make([][]bool, neurons)}
	for n := range s.dark {
		s.dark[n] = make([]bool, steps)
	}
	return s
}

// spikes is the number of dark pixels.
func (s *spikeImage) spikes() int {
	count := 0
	for _, row := range s.dark {
		for _, dark := range row {
			if dark {
				count++
			}
		}
	}
	return count
}

// bits packs the spikes for engines, [step][word].
func (s *spikeImage) bits() []uint32 {
	words := cpuref.Words(s.neurons)
	bits := make([]uint32, s.steps*words)
	for n, row := range s.dark {
		for t, dark := range row {
			if dark {
				bits[t*words+n/32] |= 1 << (n % 32)
			}
		}
	}
	return bits
}

// pen draws on a spikeImage in coordinates from 0 to 1, x to the right, y upwards.
type pen struct{ on *spikeImage }

// stroke draws a curve, given for s from 0 to 1, as a line one pixel wide.
func (p pen) stroke(curve func(s float64) (x, y float64)) {
	const points = 4000
	for i := range points + 1 {
		x, y := curve(float64(i) / points)
		column, row := int(math.Floor(x*float64(p.on.steps))), int(math.Floor(y*float64(p.on.neurons)))
		if column >= 0 && column < p.on.steps && row >= 0 && row < p.on.neurons {
			p.on.dark[row][column] = true
		}
	}
}

// line draws straight lines through a sequence of points {x, y}.
func (p pen) line(points ...[2]float64) {
	for i := range len(points) - 1 {
		a, b := points[i], points[i+1]
		p.stroke(func(s float64) (float64, float64) {
			return a[0] + s*(b[0]-a[0]), a[1] + s*(b[1]-a[1])
		})
	}
}

// circle draws a circle whose radii are in units of the width and of the height.
func (p pen) circle(x, y, rx, ry float64) {
	p.stroke(func(s float64) (float64, float64) {
		return x + rx*math.Cos(2*math.Pi*s), y + ry*math.Sin(2*math.Pi*s)
	})
}

// drawnTarget is the project's own picture: a snail on its way, under the sun.
func drawnTarget(neurons, steps int) *spikeImage {
	p := pen{newSpikeImage(neurons, steps)}
	// The shell: two parallel lines wind inwards.
	for _, width := range []float64{0, 0.012} {
		p.stroke(func(s float64) (float64, float64) {
			angle := -0.35*math.Pi + 2*math.Pi*3.1*s
			radius := (0.27 - width) * (1 - 0.93*s)
			return 0.42 + radius*math.Cos(angle), 0.47 + 1.02*radius*math.Sin(angle)
		})
	}
	// The body: the foot from the tail to the neck, the head and the back of the neck.
	p.line([2]float64{0.06, 0.12}, [2]float64{0.14, 0.145}, [2]float64{0.24, 0.27})
	p.line([2]float64{0.06, 0.12}, [2]float64{0.3, 0.09}, [2]float64{0.52, 0.105}, [2]float64{0.68, 0.13}, [2]float64{0.79, 0.23})
	p.stroke(func(s float64) (float64, float64) { // head
		angle := -0.38*math.Pi + 1.25*math.Pi*s
		return 0.81 + 0.075*math.Cos(angle), 0.37 + 0.11*math.Sin(angle)
	})
	p.line([2]float64{0.79, 0.23}, [2]float64{0.838, 0.272})
	p.stroke(func(s float64) (float64, float64) { // from the head to the shell
		return 0.745 - 0.135*s, 0.405 - 0.2*math.Sqrt(s)
	})
	// Feelers with eyes, and a mouth.
	p.line([2]float64{0.8, 0.478}, [2]float64{0.77, 0.66})
	p.line([2]float64{0.85, 0.465}, [2]float64{0.9, 0.63})
	for _, r := range []float64{0.008, 0.016} {
		p.circle(0.768, 0.677, r, r)
		p.circle(0.905, 0.647, r, r)
	}
	p.stroke(func(s float64) (float64, float64) { return 0.845 + 0.03*s, 0.335 + 0.035*s*s })
	// The sun with its rays.
	p.circle(0.15, 0.85, 0.065, 0.062)
	for ray := range 12 {
		sin, cos := math.Sincos(2 * math.Pi * (float64(ray) + 0.3) / 12)
		p.line([2]float64{0.15 + 0.085*cos, 0.85 + 0.08*sin}, [2]float64{0.15 + 0.125*cos, 0.85 + 0.12*sin})
	}
	// Grass.
	for blade := range 24 {
		x := 0.02 + 0.041*float64(blade)
		p.line([2]float64{x, 0.02}, [2]float64{x + 0.012, 0.055 + 0.008*float64(blade*7%5)})
		p.line([2]float64{x, 0.02}, [2]float64{x - 0.01, 0.045 + 0.008*float64(blade*3%4)})
	}
	return p.on
}
