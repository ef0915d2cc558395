package scene

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font/liberation"
)

// sheet is what the host draws: everything that is not data. It consists of regions, each
// redrawn only when its content changes.
type sheet struct {
	image     *image.RGBA
	scale     float64
	blueFirst bool
	faces     map[typeface]font.Face
	regions   map[string]string // name: drawn content
	dirty     []image.Rectangle // drawn since the last take
}

// typeface is text of a size in points.
type typeface struct {
	size float64
	bold bool
}

var (
	titleText = typeface{titleSize, true}
	boldText  = typeface{textSize, true}
	plainText = typeface{textSize, false}
	smallText = typeface{smallSize, false}
)

func newSheet(size image.Point, scale float64, blueFirst bool) *sheet {
	s := &sheet{
		image: image.NewRGBA(image.Rectangle{Max: size}), scale: scale, blueFirst: blueFirst,
		faces: map[typeface]font.Face{}, regions: map[string]string{},
	}
	s.fill(s.image.Bounds(), desk)
	s.dirty = append(s.dirty, s.image.Bounds())
	return s
}

// points turns points into pixels.
func (s *sheet) points(length float64) int { return int(length*s.scale + 0.5) }

// color returns a colour in the order of the canvas's channels.
func (s *sheet) color(c color.NRGBA) color.NRGBA {
	if s.blueFirst {
		c.R, c.B = c.B, c.R
	}
	return c
}

// region redraws a part of the sheet if its content has changed.
func (s *sheet) region(name string, area image.Rectangle, content string, draw func()) {
	content = fmt.Sprintf("%v %s", area, content)
	if s.regions[name] == content {
		return
	}
	s.regions[name] = content
	s.fill(area, desk)
	draw()
	s.dirty = append(s.dirty, area)
}

// take lists the areas drawn since the last call.
func (s *sheet) take() []image.Rectangle {
	taken := s.dirty
	s.dirty = nil
	return taken
}

func (s *sheet) fill(area image.Rectangle, c color.NRGBA) {
	draw.Draw(s.image, area, image.NewUniform(s.color(c)), image.Point{}, draw.Src)
}

// frame draws a line around an area, just outside it.
func (s *sheet) frame(area image.Rectangle, c color.NRGBA) {
	outer := area.Inset(-max(1, s.points(1)))
	for _, side := range []image.Rectangle{
		{outer.Min, image.Pt(outer.Max.X, area.Min.Y)},
		{image.Pt(outer.Min.X, area.Max.Y), outer.Max},
		{outer.Min, image.Pt(area.Min.X, outer.Max.Y)},
		{image.Pt(area.Max.X, outer.Min.Y), outer.Max},
	} {
		s.fill(side, c)
	}
}

// face is a typeface of Liberation Sans at the sheet's scale.
func (s *sheet) face(t typeface) font.Face {
	if face, ok := s.faces[t]; ok {
		return face
	}
	weight := font.WeightNormal
	if t.bold {
		weight = font.WeightBold
	}
	for _, found := range liberation.Collection() {
		if found.Font.Variant != "Sans" || found.Font.Weight != weight || found.Font.Style != font.StyleNormal {
			continue
		}
		face, err := opentype.NewFace(found.Face, &opentype.FaceOptions{Size: t.size * s.scale, DPI: 72, Hinting: font.HintingFull})
		if err == nil {
			s.faces[t] = face
			return face
		}
	}
	panic("scene: the fonts of package liberation have no Sans") // they are compiled in
}

func (s *sheet) width(t typeface, text string) int {
	return font.MeasureString(s.face(t), text).Ceil()
}

// text writes a line with its baseline at a point; anchor 0 puts its left end there, 0.5
// its middle, 1 its right end. It returns the x coordinate of the line's end.
func (s *sheet) text(t typeface, at image.Point, anchor float64, c color.NRGBA, text string) int {
	at.X -= int(anchor * float64(s.width(t, text)))
	d := font.Drawer{Dst: s.image, Src: image.NewUniform(s.color(c)), Face: s.face(t), Dot: fixed.P(at.X, at.Y)}
	d.DrawString(text)
	return d.Dot.X.Ceil()
}

// shortened cuts text to a width, ending it with an ellipsis.
func (s *sheet) shortened(t typeface, text string, width int) string {
	if s.width(t, text) <= width {
		return text
	}
	letters := []rune(text)
	for len(letters) > 0 && s.width(t, string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}
