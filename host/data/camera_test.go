package data

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// atis writes events in the format of N-MNIST.
func atis(events ...event) []byte {
	var file []byte
	for _, e := range events {
		us := e.time / microsecond
		polarity := byte(0)
		if e.on {
			polarity = 0x80
		}
		file = append(file, byte(e.x), byte(e.y), polarity|byte(us>>16), byte(us>>8), byte(us))
	}
	return file
}

// aedat writes an AEDAT 3.1 file with a packet of another kind before that of the events.
func aedat(events ...event) []byte {
	file := bytes.NewBufferString("#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2016-07-20\r\n#!END-HEADER\r\n")
	packet := func(kind uint16, size int32, count int, overflow int32, data []byte) {
		number := int32(count)
		for _, part := range []any{kind, uint16(1), size, int32(4), overflow, number, number, number, data} {
			_ = binary.Write(file, binary.LittleEndian, part)
		}
	}
	packet(0, 12, 2, 0, make([]byte, 24))
	var data []byte
	for _, e := range events {
		word := uint32(e.x)<<17 | uint32(e.y)<<2 | 1
		if e.on {
			word |= 2
		}
		data = binary.LittleEndian.AppendUint32(data, word)
		data = binary.LittleEndian.AppendUint32(data, uint32(e.time/microsecond))
	}
	packet(1, 8, len(events), 0, data)
	return file.Bytes()
}

// at returns an on event.
func at(us int64, x, y uint16) event { return event{time: us * microsecond, x: x, y: y, on: true} }

// off returns an off event.
func off(us int64, x, y uint16) event { return event{time: us * microsecond, x: x, y: y} }

// tree writes files into a folder.
func tree(t testing.TB, files map[string][]byte) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// spikesOf formats the spikes of a sample as step:input.
func spikesOf(source Source, sample int) string {
	rows, index := source.AppendEvents(nil, nil, sample, 0)
	text := ""
	for step, row := range rows {
		for _, input := range index[row[0]:row[1]] {
			text += fmt.Sprintf(" %d:%d", step, input)
		}
	}
	return strings.TrimSpace(text)
}

func TestATIS(t *testing.T) {
	events := []event{at(5, 1, 2), off(8191, 33, 0)}
	file := append(atis(events...), 0, 240, 0, 0, 0) // the clock restarts
	file = append(file, atis(at(7, 3, 4))...)
	got, err := parseATIS(file, "00001.bin")
	want := append(events, at(8192+7, 3, 4))
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v: %v", got, want, err)
	}
	largest, err := parseATIS([]byte{33, 34, 0xff, 0xff, 0xff}, "1.bin")
	if err != nil || largest[0] != at(1<<23-1, 33, 34) {
		t.Errorf("%v: %v", largest, err)
	}
	_, err = parseATIS(file[:len(file)-1], "00001.bin")
	wantError(t, err, "00001.bin", "truncated", "19 bytes is not a multiple of 5")
}

func TestAEDAT(t *testing.T) {
	events := []event{at(100, 127, 3), off(200, 5, 126), at(1<<31-1, 0, 0)}
	file := aedat(events...)
	got, invalid, err := parseAEDAT(file, "user01.aedat")
	if err != nil || fmt.Sprint(got) != fmt.Sprint(events) || invalid != 0 {
		t.Errorf("%v, %d invalid: %v", got, invalid, err)
	}
	start := len(file) - 28 - 24 // of the packet
	change := func(at int, bytes ...byte) []byte {
		changed := append([]byte(nil), file...)
		copy(changed[at:], bytes)
		return changed
	}
	// A clock that overflowed once, and an event marked invalid.
	got, _, err = parseAEDAT(change(start+12, 1), "user01.aedat")
	if err != nil || got[0] != at(1<<31+100, 127, 3) {
		t.Errorf("%v: %v", got, err)
	}
	got, invalid, err = parseAEDAT(change(start+28, file[start+28]&^1), "user01.aedat")
	if err != nil || len(got) != 2 || invalid != 1 {
		t.Errorf("%v, %d invalid: %v", got, invalid, err)
	}
	for text, content := range map[string][]byte{
		"does not begin with #!AER-DAT3.1":          append([]byte("#!AER-DAT2.0\r\n"), file[14:]...),
		"truncated in its header":                   file[:20],
		fmt.Sprintf("byte %d: truncated", start):    file[:len(file)-1],
		fmt.Sprintf("byte %d: truncated: 9", start): file[:start+9],
		fmt.Sprintf("byte %d: damaged", start):      change(start+4, 9),
		"capacity 259":                              change(start+16, 3, 1),
		"-1 events":                                 change(start+16, 255, 255, 255, 255, 255, 255, 255, 255),
		"of 8 bytes, time offset 0":                 change(start+8, 0),
	} {
		_, _, err := parseAEDAT(content, "user01.aedat")
		wantError(t, err, "user01.aedat", text)
	}
}

func TestNMNIST(t *testing.T) {
	folder := tree(t, map[string][]byte{
		"Train/0/00002.bin": atis(at(0, 0, 0), off(1000, 33, 33), at(3000, 1, 0)),
		"Train/1/00004.bin": atis(at(50, 2, 1)),
		"Train/10/x.bin":    atis(at(50, 2, 1)),
		"Train/2/00001.BIN": atis(at(50, 2, 1), at(60, 2, 1)),
		"Train/2/notes.txt": nil,
		"Train/.DS_Store":   nil,
		"Test/10/00003.bin": atis(at(10, 2, 1), at(299_995, 2, 1), at(300_010, 2, 1)),
	})
	options := defaults(t, "events:"+folder)
	options.Validation = 0
	s := open(t, "", options)
	if s.Train.Shape() != (Shape{2, 34, 34}) || fmt.Sprint(s.Train.ClassNames()) != "[0 1 2 10]" || s.Train.Len() != 4 || s.Test.Len() != 1 || s.Validation.Len() != 0 {
		t.Fatalf("shape %v, classes %v, %d and %d samples", s.Train.Shape(), s.Train.ClassNames(), s.Train.Len(), s.Test.Len())
	}
	for sample := range 4 {
		if s.Train.Label(s.Train.(*subset).samples[sample]) > 3 {
			t.Errorf("label %d", s.Train.Label(sample))
		}
	}
	first := s.Train.(*subset).Source
	if got := spikesOf(first, 0); got != fmt.Sprintf("0:%d 0:%d 1:%d", 33*34+33, 34*34, 34*34+1) {
		t.Errorf("spikes %s", got)
	}
	if s.Test.Label(0) != 3 || spikesOf(s.Test, 0) != fmt.Sprintf("0:%[1]d 99:%[1]d", 34*34+34+2) {
		t.Errorf("label %d, spikes %s", s.Test.Label(0), spikesOf(s.Test, 0))
	}
	notes := strings.Join(s.Notes, "; ")
	for _, want := range []string{"1 file of other types", "train: 1 event merged with another spike of the same input in the same step", "test: 1 event dropped: before time 0 or after step 99"} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes %q do not say %q", notes, want)
		}
	}
	options.Test = 0.1
	_, err := Open("", options)
	wantError(t, err, "data.test = 0.1", "its own test samples")
}

func TestEventFolders(t *testing.T) {
	for name, test := range map[string]struct {
		files  map[string][]byte
		change func(*Options)
		want   []string
	}{
		"empty":    {nil, nil, []string{"no events found", "trials_to_train.txt", ".aedat"}},
		"no train": {map[string][]byte{"Test/0/1.bin": nil}, nil, []string{"none named train"}},
		"other class": {map[string][]byte{"train/0/1.bin": atis(at(0, 0, 0)), "test/1/1.bin": nil}, nil,
			[]string{filepath.Join("test", "1"), `no folder "1"`}},
		"no files":  {map[string][]byte{"train/0/1.txt": nil}, nil, []string{"train", "hold no event files"}},
		"truncated": {map[string][]byte{"0/1.bin": atis(at(0, 0, 0)), "1/7.bin": {1, 2, 3}}, nil, []string{filepath.Join("1", "7.bin"), "truncated"}},
		"pixel": {map[string][]byte{"0/1.bin": atis(at(0, 0, 0), at(1, 34, 2))}, nil,
			[]string{"1.bin, event 1", "pixel (34, 2)", "34×34", "data.camera.width"}},
		"silent":   {map[string][]byte{"0/1.bin": nil}, nil, []string{"0 of 0 events remain", "data.min_kept"}},
		"too fast": {map[string][]byte{"0/1.bin": atis(at(0, 0, 0), at(9, 0, 0))}, nil, []string{"first 1 %", "data.camera.time_unit"}},
		"crop":     {map[string][]byte{"0/1.bin": atis(at(0, 0, 0))}, func(o *Options) { o.Camera.CropWidth = 35 }, []string{"data.camera.crop_width = 35", "0 to 34"}},
		"too large": {map[string][]byte{"0/1.bin": atis(at(0, 0, 0))}, func(o *Options) { o.Camera.Width, o.Camera.Height = 240, 180 },
			[]string{"240×180", "2×180×240 = 86400 inputs", "65535", "downsample"}},
		"no recording": {map[string][]byte{"trials_to_train.txt": []byte("user01_led.aedat\n")}, nil, []string{"user01_led.aedat"}},
		"no names":     {map[string][]byte{"trials_to_train.txt": nil}, nil, []string{"lists no recordings"}},
	} {
		folder := tree(t, test.files)
		options := defaults(t, "events:"+folder)
		options.Validation = 0
		if test.change != nil {
			test.change(&options)
		}
		_, err := Open("", options)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantError(t, err, test.want...)
	}
}

// A recording is cut into gestures, which may overlap.
func TestGestures(t *testing.T) {
	recording := aedat(at(900, 1, 1), at(1000, 2, 0), off(1999, 3, 0), at(2000, 4, 0), off(2500, 127, 127))
	folder := tree(t, map[string][]byte{
		"trials_to_train.txt":   []byte("user01_led.aedat\n\n"),
		"trials_to_test.txt":    []byte("user02_lab.aedat\r\n"),
		"user01_led.aedat":      recording,
		"user01_led_labels.csv": []byte("class,startTime_usec,endTime_usec\n1,1000,2000\n11,1500,2600\n"),
		"user02_lab.aedat":      recording,
		"user02_lab_labels.csv": []byte("class,startTime_usec,endTime_usec\n2,0,950\n"),
	})
	options := defaults(t, "events:"+folder)
	options.Validation, options.StepLength, options.Steps = 0, 0.0005, 4
	options.Camera.Origin = originZero
	s := open(t, "", options)
	train := s.Train.(*subset).Source
	n := 128 * 128
	if train.Len() != 2 || train.Label(0) != 0 || train.Label(1) != 10 || s.Test.Label(0) != 1 || train.Shape() != (Shape{2, 128, 128}) ||
		train.ClassNames()[9] != "air guitar" || train.Classes() != 11 {
		t.Errorf("%d samples, labels %d %d %d, classes %v", train.Len(), train.Label(0), train.Label(1), s.Test.Label(0), train.ClassNames())
	}
	for i, want := range []string{fmt.Sprintf("0:%d 1:3", n+2), fmt.Sprintf("0:3 1:%d 2:%d", n+4, n-1)} {
		if got := spikesOf(train, i); got != want {
			t.Errorf("sample %d: spikes %s, want %s", i, got, want)
		}
	}
	for text, want := range map[string]string{
		"class,a,b\n1,2\n": "line 2: 2 columns", "1,2,x\n": `line 1, column 3: "x"`, "12,1,2\n": "class 12", "1,5,5\n": "end after the start", "1,-3,5": `"-3"`,
	} {
		_, err := parseGestures(text, "user_labels.csv")
		wantError(t, err, "user_labels.csv", want)
	}
}

// Files of every kind hold the first sample of the fixtures.
func TestEventArrays(t *testing.T) {
	options := defaults(t, "events:testdata/camera_classes")
	options.Validation, options.Steps, options.StepLength = 0, 10, 0.001
	s := open(t, "", options)
	all := s.Train.(*subset).Source
	if all.Shape() != (Shape{2, 5, 6}) || fmt.Sprint(all.ClassNames()) != "[left right]" || all.Len() != 5 {
		t.Fatalf("%v, %v, %d samples", all.Shape(), all.ClassNames(), all.Len())
	}
	for sample, want := range map[int]string{0: "0:0 0:59 3:38", 1: "0:0 0:59 3:38", 2: "0:0 0:59 3:38", 3: "0:0", 4: "0:0 0:59 3:38"} {
		if got := spikesOf(all, sample); got != want {
			t.Errorf("sample %d: %s, want %s", sample, got, want)
		}
	}
	options = defaults(t, "events:testdata/camera_rows")
	options.Validation, options.Steps, options.StepLength, options.MinKept = 0, 10, 0.001, 0
	s = open(t, "", options)
	rows := s.Train.(*subset).Source
	if rows.Len() != 3 || rows.Shape() != (Shape{2, 5, 6}) || spikesOf(rows, 0) != "0:0 0:59 3:38" || rows.Label(0) != 1 || s.Test.Len() != 1 {
		t.Errorf("%d samples of %v: %s", rows.Len(), rows.Shape(), spikesOf(rows, 0))
	}
	// Another unit of time.
	options.Camera.TimeUnit = 1e-5
	if got := spikesOf(open(t, "", options).Train.(*subset).Source, 0); got != "0:0 5:59" {
		t.Errorf("spikes %s", got)
	}
	field := "[('x', '<u2'), ('y', '<u2'), ('p', '|i1'), ('t', '<f8')]"
	type row struct {
		X, Y uint16
		P    int8
		T    float64
	}
	for text, content := range map[string][]byte{
		"p[1]: 2 found":  npy(t, field, "(2,)", []row{{0, 0, 1, 0}, {0, 0, 2, 0}}),
		"t[0]: +Inf":     npy(t, field, "(1,)", []row{{0, 0, 1, math.Inf(1)}}),
		"no field p":     npy(t, "[('x', '<u2'), ('y', '<u2'), ('t', '<f4')]", "(0,)", []uint16{}),
		"no field x":     npy(t, "'<f4'", "(0,)", []float32{}),
		"x[0]: -1 found": npy(t, "[('x', '<i2'), ('y', '|i1'), ('p', '|i1'), ('t', '<i2')]", "(1,)", []int16{-1, 0, 0}),
	} {
		_, err := parseEventArray(content, "some.npy", 0)
		wantError(t, err, "some.npy", text[:min(len(text), 10)])
	}
}

func FuzzEventFiles(f *testing.F) {
	f.Add(atis(at(0, 1, 2), off(3, 4, 5)), byte(0))
	f.Add(aedat(at(0, 1, 2), off(3, 4, 5)), byte(1))
	f.Add([]byte("class,startTime_usec,endTime_usec\n1,1000,2000\n"), byte(3))
	content, err := os.ReadFile("testdata/camera_classes/left/two.npy")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content, byte(2))
	options := defaults(f, "events:x")
	f.Fuzz(func(t *testing.T, content []byte, kind byte) {
		var events []event
		switch kind % 4 {
		case 0:
			events, _ = parseATIS(content, "fuzz")
		case 1:
			events, _, _ = parseAEDAT(content, "fuzz")
		case 2:
			events, _ = parseEventArray(content, "fuzz", float64(kind)*1e-6)
		case 3:
			_, _ = parseGestures(string(content), "fuzz")
		}
		v, err := options.Camera.on(128, 128)
		if err != nil || v.check("fuzz", events) != nil {
			return
		}
		b := newCameraBinner(&options, v)
		b.add(cameraSample{events: events})
		checkRows(t, whole(t, b.s), b.s)
	})
}
