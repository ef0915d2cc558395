package data

import (
	"slices"
	"testing"
)

// TestJoin reads every sample of joined parts, an empty one among them, as of the part itself.
func TestJoin(t *testing.T) {
	options, err := Defaults("digits")
	if err != nil {
		t.Fatal(err)
	}
	found, err := Open("digits", options)
	if err != nil {
		t.Fatal(err)
	}
	parts := []Source{found.Test, &subset{found.Train, nil}, found.Validation}
	joined := Join(parts...)
	if joined.Len() != found.Test.Len()+found.Validation.Len() || joined.Channels() != 64 {
		t.Fatalf("%d samples of %d channels", joined.Len(), joined.Channels())
	}
	at := 0
	for _, part := range parts {
		for sample := range part.Len() {
			rows, index := part.AppendEvents(nil, nil, sample, uint32(sample))
			gotRows, gotIndex := joined.AppendEvents(nil, nil, at, uint32(sample))
			if joined.Label(at) != part.Label(sample) || !slices.Equal(gotRows, rows) || !slices.Equal(gotIndex, index) {
				t.Fatalf("sample %d is not sample %d of its part", at, sample)
			}
			at++
		}
	}
}
