package scene

import (
	"image"

	"spikegrad/gpu"
	"spikegrad/kernels"
)

// Key is a key or mouse button and what it does.
type Key struct{ Key, Effect string }

// Keys are the keys of the window, for its help and for the command line.
var Keys = []Key{
	{"N or →", "next sample"},
	{"P or ←", "previous sample"},
	{"T", "the same sample with fresh noise"},
	{"X", "noise on or off"},
	{"W", "next weight array"},
	{"click", "select a neuron in a raster: shows its membrane potential and its spikes over trials"},
	{"Esc", "deselect the neuron"},
	{"Space", "freeze the display; training continues"},
	{"+ and −", "more or fewer frames per second"},
	{"S", "save the picture as PNG"},
	{"H", "this help"},
	{"Q", "close the window; training continues"},
}

// help records the help, which is drawn over the picture.
func (r *recorder) help() {
	s := r.scene
	const lineHeight, keyColumn = 21.0, 84.0
	width, height := s.sheet.points(520), s.sheet.points(68+lineHeight*float64(len(Keys)))
	width, height = min(width, s.size.X), min(height, s.size.Y)
	area := image.Rect(0, 0, width, height).Add(image.Pt((s.size.X-width)/2, (s.size.Y-height)/2))
	glass := newSheet(area.Size(), s.sheet.scale, s.blueFirst)
	border := glass.points(1.5)
	glass.fill(glass.image.Bounds(), softInk)
	glass.fill(glass.image.Bounds().Inset(max(1, border)), paper)
	left := glass.points(26)
	glass.text(titleText, image.Pt(left, glass.points(38)), 0, ink, "Keys and mouse")
	for i, key := range Keys {
		baseline := glass.points(68 + lineHeight*float64(i))
		glass.text(boldText, image.Pt(left, baseline), 0, ink, key.Key)
		glass.text(plainText, image.Pt(left+glass.points(keyColumn), baseline), 0, ink, key.Effect)
	}
	var buffer *gpu.Buffer
	r.do(func() (err error) {
		if buffer, err = s.device.NewBuffer("help", uint64(len(glass.image.Pix))); err != nil {
			return err
		}
		r.made.orders = append(r.made.orders, buffer)
		return buffer.Upload(0, glass.image.Pix)
	})
	r.do(func() error {
		return s.kernels.glass.Record(r.made.draw, kernels.ViewGlassBuffers{Canvas: whole(s.canvas), Glass: whole(buffer)}, kernels.ViewGlassParameters{
			CanvasWidth: uint32(s.size.X), Left: uint32(area.Min.X), Top: uint32(area.Min.Y), Width: uint32(width), Height: uint32(height),
		})
	})
}
