package data

import (
	"fmt"
	"testing"
)

// Every pixel of the sensor maps to the input found by counting channels, rows and columns,
// and no other pixel maps to any.
func TestCameraInputs(t *testing.T) {
	const width, height = 8, 6
	for _, polarity := range []string{polarityChannels, polarityMerge, polarityOn, polarityOff} {
		for _, crop := range [][4]int{{0, 0, width, height}, {2, 1, 5, 3}, {1, 3, 3, 3}, {5, 0, 3, 1}} {
			for _, merged := range []int{1, 2, 3, 5} {
				x0, y0, across, down := crop[0], crop[1], crop[2], crop[3]
				want := map[event]int{}
				number := 0
				for _, on := range map[string][][]bool{
					polarityChannels: {{false}, {true}}, polarityMerge: {{false, true}}, polarityOn: {{true}}, polarityOff: {{false}},
				}[polarity] {
					for top := 0; top < down; top += merged {
						for left := 0; left < across; left += merged {
							for y := top; y < min(top+merged, down); y++ {
								for x := left; x < min(left+merged, across); x++ {
									for _, side := range on {
										want[event{x: uint16(x0 + x), y: uint16(y0 + y), on: side}] = number
									}
								}
							}
							number++
						}
					}
				}
				camera := defaultCamera()
				camera.Polarity, camera.Downsample = polarity, merged
				camera.CropX, camera.CropY, camera.CropWidth, camera.CropHeight = x0, y0, across, down
				v, err := camera.on(width, height)
				if err != nil {
					t.Fatal(err)
				}
				name := fmt.Sprintf("%s, crop %v, merged %d", polarity, crop, merged)
				if v.shape.Inputs() != number {
					t.Errorf("%s: %v for %d inputs", name, v.shape, number)
				}
				for i := range width * height * 2 {
					e := event{x: uint16(i % width), y: uint16(i / width % height), on: i >= width*height}
					input, there := want[e]
					if got, seen := v.input(e); seen != there || got != input {
						t.Fatalf("%s: event %+v is of input %d, %v; want %d, %v", name, e, got, seen, input, there)
					}
				}
			}
		}
	}
}
