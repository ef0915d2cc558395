package data

import "testing"

// A tree of chunks with several levels, some chunks of which were never written:
// sample i has one spike of channel i after i milliseconds.
func TestChunkTree(t *testing.T) {
	options := defaults(t, "shd:testdata")
	options.StepLength = 0.001
	source, _, err := loadEvents("testdata/chunk_tree.h5", &options)
	if err != nil {
		t.Fatal(err)
	}
	if source.Len() != 200 || source.recorded.Empty != 4 || source.recorded.Spikes != 196 {
		t.Errorf("%d samples, %+v", source.Len(), *source.recorded)
	}
	for sample := range source.Len() {
		rows, index := source.AppendEvents(nil, nil, sample, 0)
		if sample%50 == 49 {
			if len(index) != 0 {
				t.Errorf("sample %d has spikes %v", sample, index)
			}
			continue
		}
		// Times were rounded to 16-bit floating point.
		step := max(sample-1, 0)
		near := rows[step][1] - rows[step][0] + rows[sample][1] - rows[sample][0]
		if len(index) != 1 || index[0] != uint32(sample) || near == 0 {
			t.Errorf("sample %d: channels %v, none in step %d or %d", sample, index, step, sample)
		}
	}
}

// The references to rows may be compressed.
func TestPackedChunks(t *testing.T) {
	options := defaults(t, "shd:testdata")
	source, _, err := loadEvents("testdata/packed_chunks.h5", &options)
	if err != nil {
		t.Fatal(err)
	}
	if got := source.channels; len(got) != 5 || got[0] != 699 {
		t.Errorf("channels %v", got)
	}
}
