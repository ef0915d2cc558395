package tensorboard

import "fmt"

// Event is a set of values at a step.
type Event struct {
	WallTime float64 // seconds since 1970
	Step     int64
	Version  string  // of the file: only in its first event
	Values   []Value // may be none
}

// Value is content with a tag. Tags with the same prefix up to a slash are shown together.
type Value struct {
	Tag     string
	Content Content // nil if it was read and has another kind
}

// Content is a [Scalar], an [Image], a [Histogram] or a [Text].
type Content interface{ encode(m *message) }

// Scalar is a number.
type Scalar float32

// Image is a picture.
type Image struct {
	Width, Height int    // pixels
	PNG           []byte // encoded
}

// Text is Markdown.
type Text string

// fileVersion is the version of event files.
const fileVersion = "brain.Event:2"

// Field numbers, grouped by message.
const (
	eventWallTime, eventStep, eventVersion, eventSummary = 1, 2, 3, 5

	summaryValue                                                                  = 1
	valueTag, valueScalar, valueImage, valueHistogram, valueTensor, valueMetadata = 1, 2, 4, 5, 8, 9

	imageHeight, imageWidth, imageColours, imagePNG = 1, 2, 3, 4

	metadataPlugin, pluginName = 1, 1

	tensorType, tensorShape, tensorString, shapeDimension, dimensionSize = 1, 2, 8, 2, 1
)

const (
	coloursRGBA  = 4 // of an Image
	tensorOfText = 7 // a tensor's data type
	pluginOfText = "text"
)

func (e *Event) encode() []byte {
	var m message
	m.double(eventWallTime, e.WallTime)
	m.integer(eventStep, e.Step)
	if e.Version != "" {
		m.bytes(eventVersion, []byte(e.Version))
	}
	if len(e.Values) == 0 {
		return m
	}
	var summary message
	for _, v := range e.Values {
		var value message
		value.bytes(valueTag, []byte(v.Tag))
		v.Content.encode(&value)
		summary.bytes(summaryValue, value)
	}
	m.bytes(eventSummary, summary)
	return m
}

func (s Scalar) encode(m *message) { m.float(valueScalar, float32(s)) }

func (i Image) encode(m *message) {
	var image message
	image.integer(imageHeight, int64(i.Height))
	image.integer(imageWidth, int64(i.Width))
	image.integer(imageColours, coloursRGBA)
	image.bytes(imagePNG, i.PNG)
	m.bytes(valueImage, image)
}

// encode writes a tensor of one string.
func (t Text) encode(m *message) {
	var plugin, metadata, dimension, shape, tensor message
	plugin.bytes(pluginName, []byte(pluginOfText))
	metadata.bytes(metadataPlugin, plugin)
	dimension.integer(dimensionSize, 1)
	shape.bytes(shapeDimension, dimension)
	tensor.integer(tensorType, tensorOfText)
	tensor.bytes(tensorShape, shape)
	tensor.bytes(tensorString, []byte(t))
	m.bytes(valueTensor, tensor)
	m.bytes(valueMetadata, metadata)
}

// decodeEvent reads a message. Fields that this package does not write are ignored.
func decodeEvent(content []byte) (Event, error) {
	var e Event
	err := eachField(content, func(f field) error {
		switch {
		case f.number == eventWallTime && f.wire == wireFixed64:
			e.WallTime = f.double()
		case f.number == eventStep && f.wire == wireVarint:
			e.Step = int64(f.number64)
		case f.number == eventVersion && f.wire == wireBytes:
			e.Version = string(f.content)
		case f.number == eventSummary && f.wire == wireBytes:
			return eachField(f.content, func(f field) error {
				if f.number != summaryValue || f.wire != wireBytes {
					return nil
				}
				v, err := decodeValue(f.content)
				e.Values = append(e.Values, v)
				return err
			})
		}
		return nil
	})
	return e, err
}

func decodeValue(content []byte) (v Value, err error) {
	err = eachField(content, func(f field) (err error) {
		switch {
		case f.number == valueTag && f.wire == wireBytes:
			v.Tag = string(f.content)
		case f.number == valueScalar && f.wire == wireFixed32:
			v.Content = Scalar(f.float())
		case f.number == valueImage && f.wire == wireBytes:
			v.Content, err = decodeImage(f.content)
		case f.number == valueHistogram && f.wire == wireBytes:
			v.Content, err = decodeHistogram(f.content)
		case f.number == valueTensor && f.wire == wireBytes:
			v.Content, err = decodeText(f.content)
		}
		return err
	})
	if err != nil {
		return v, fmt.Errorf("%q: %w", v.Tag, err)
	}
	return v, nil
}

func decodeImage(content []byte) (Content, error) {
	var i Image
	err := eachField(content, func(f field) error {
		switch f.number {
		case imageHeight:
			i.Height = int(int32(f.number64))
		case imageWidth:
			i.Width = int(int32(f.number64))
		case imagePNG:
			i.PNG = append([]byte(nil), f.content...)
		}
		return nil
	})
	return i, err
}

// decodeText returns nil for tensors of any other type.
func decodeText(content []byte) (Content, error) {
	var kind uint64
	var texts []string
	err := eachField(content, func(f field) error {
		switch f.number {
		case tensorType:
			kind = f.number64
		case tensorString:
			texts = append(texts, string(f.content))
		}
		return nil
	})
	if err != nil || kind != tensorOfText || len(texts) != 1 {
		return nil, err
	}
	return Text(texts[0]), nil
}
