package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ReadSummary reads the summary of the run in a folder; it is nil if the run is not
// finished.
func ReadSummary(folder string) (*Summary, error) {
	path := filepath.Join(folder, summaryFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a summary: %w", err)
	}
	var summary Summary
	if err := json.Unmarshal(text, &summary); err != nil {
		return nil, fmt.Errorf("%s is not a summary: %w; remove it and resume the run to write it again", path, err)
	}
	return &summary, nil
}

// ReadEpochs reads the metrics of the run in a folder, epoch by epoch; there are none
// before the first epoch is finished.
func ReadEpochs(folder string) ([]Epoch, error) {
	path := filepath.Join(folder, "metrics.jsonl")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading metrics: %w", err)
	}
	var epochs []Epoch
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var epoch Epoch
		err := decoder.Decode(&epoch)
		if errors.Is(err, io.EOF) {
			return epochs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s has no valid line %d: %w", path, len(epochs)+1, err)
		}
		epochs = append(epochs, epoch)
	}
}
