package data

import (
	"fmt"
	"math"
	"slices"
)

// Camera specifies how the events of an event camera become spikes of input channels in steps.
// Lengths are in pixels.
type Camera struct {
	Width  int `toml:"width"`  // of the sensor; 0: as the data have it
	Height int `toml:"height"` // the same

	CropX      int `toml:"crop_x"` // first column and row used: 0
	CropY      int `toml:"crop_y"`
	CropWidth  int `toml:"crop_width"` // how many are used; 0: all the rest
	CropHeight int `toml:"crop_height"`
	Downsample int `toml:"downsample"` // columns and rows of pixels merged into one: 1

	Polarity      string  `toml:"polarity"`        // channels (default), merge, on or off
	Binning       string  `toml:"binning"`         // time (default) or count
	EventsPerStep int     `toml:"events_per_step"` // count: 100
	Threshold     int     `toml:"threshold"`       // events of an input in a step needed for a spike: 1
	Origin        string  `toml:"origin"`          // where time begins: first (default) event, or zero
	TimeUnit      float64 `toml:"time_unit"`       // seconds; 0: 1e-6 where times are whole numbers, else 1
}

// Values of [Camera].Polarity.
const (
	polarityChannels = "channels" // two channels: 0 for events off, 1 for events on
	polarityMerge    = "merge"
	polarityOn       = "on"
	polarityOff      = "off"
)

// Values of [Camera].Binning and [Camera].Origin.
const (
	byTime      = "time"
	byCount     = "count"
	originFirst = "first"
	originZero  = "zero"
)

func defaultCamera() Camera {
	return Camera{Downsample: 1, Polarity: polarityChannels, Binning: byTime, EventsPerStep: 100, Threshold: 1, Origin: originFirst}
}

func (c *Camera) validate() error {
	length := func(key string, value, least int) error {
		return require(value >= least && value <= maxChannels, "camera."+key, value, fmt.Sprintf("%d to %d", least, maxChannels))
	}
	one := func(key, value string, allowed ...string) error {
		return require(slices.Contains(allowed, value), "camera."+key, value, orList(allowed))
	}
	if err := firstError(
		length("width", c.Width, 0), length("height", c.Height, 0),
		length("crop_x", c.CropX, 0), length("crop_y", c.CropY, 0),
		length("crop_width", c.CropWidth, 0), length("crop_height", c.CropHeight, 0),
		length("downsample", c.Downsample, 1),
		one("polarity", c.Polarity, polarityChannels, polarityMerge, polarityOn, polarityOff),
		one("binning", c.Binning, byTime, byCount),
		require(c.EventsPerStep >= 1 && c.EventsPerStep <= math.MaxInt32, "camera.events_per_step", c.EventsPerStep, "1 or more"),
		require(c.Threshold >= 1 && c.Threshold <= math.MaxUint16, "camera.threshold", c.Threshold, fmt.Sprintf("1 to %d", math.MaxUint16)),
		one("origin", c.Origin, originFirst, originZero),
		require(c.TimeUnit == 0 || positive(c.TimeUnit), "camera.time_unit", c.TimeUnit, "a number of seconds above 0, or 0 for the default"),
	); err != nil {
		return err
	}
	if c.Width > 0 && c.Height > 0 {
		_, err := c.on(c.Width, c.Height)
		return err
	}
	return nil
}

// knownCamera is what the options determine if they give the size of the sensor.
func knownCamera(o *Options) Known {
	if o.Camera.Width == 0 || o.Camera.Height == 0 {
		return Known{}
	}
	v, err := o.Camera.on(o.Camera.Width, o.Camera.Height)
	if err != nil {
		return Known{}
	}
	return Known{Channels: v.shape.Inputs(), Shape: v.shape}
}

// orList formats alternatives.
func orList(words []string) string {
	text := words[0]
	for i, word := range words[1:] {
		if i == len(words)-2 {
			text += " or " + word
		} else {
			text += ", " + word
		}
	}
	return text
}

// view is a [Camera] with a sensor of a given size.
type view struct {
	*Camera
	width, height int // of the sensor
	right, bottom int // ends of the crop
	shape         Shape
}

// on returns the view of a camera on a sensor of the given size.
func (c *Camera) on(width, height int) (*view, error) {
	v := &view{Camera: c, width: width, height: height, right: width, bottom: height}
	if c.CropWidth > 0 {
		v.right = c.CropX + c.CropWidth
	}
	if c.CropHeight > 0 {
		v.bottom = c.CropY + c.CropHeight
	}
	sensor := fmt.Sprintf("the sensor has %d×%d pixels", width, height)
	if err := firstError(
		require(c.CropX < width, "camera.crop_x", c.CropX, fmt.Sprintf("0 to %d: %s", width-1, sensor)),
		require(c.CropY < height, "camera.crop_y", c.CropY, fmt.Sprintf("0 to %d: %s", height-1, sensor)),
		require(v.right <= width, "camera.crop_width", c.CropWidth, fmt.Sprintf("0 to %d: %s", width-c.CropX, sensor)),
		require(v.bottom <= height, "camera.crop_height", c.CropHeight, fmt.Sprintf("0 to %d: %s", height-c.CropY, sensor)),
	); err != nil {
		return nil, err
	}
	n := c.Downsample
	v.shape = Shape{1, (v.bottom - c.CropY + n - 1) / n, (v.right - c.CropX + n - 1) / n}
	if c.Polarity == polarityChannels {
		v.shape.Channels = 2
	}
	if inputs := v.shape.Inputs(); inputs > maxChannels {
		return nil, fmt.Errorf("%s, which make %s = %d inputs: at most %d are possible; set data.camera.downsample, crop_width and crop_height, or polarity = \"merge\"",
			sensor, v.shape, inputs, maxChannels)
	}
	return v, nil
}

// input returns the input channel of an event, and whether it has one.
func (v *view) input(e event) (int, bool) {
	x, y := int(e.x), int(e.y)
	if x < v.CropX || x >= v.right || y < v.CropY || y >= v.bottom {
		return 0, false
	}
	channel := 0
	switch v.Polarity {
	case polarityChannels:
		if e.on {
			channel = 1
		}
	case polarityOn:
		if !e.on {
			return 0, false
		}
	case polarityOff:
		if e.on {
			return 0, false
		}
	}
	return v.shape.Input(channel, (y-v.CropY)/v.Downsample, (x-v.CropX)/v.Downsample), true
}
