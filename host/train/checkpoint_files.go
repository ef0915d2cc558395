package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"spikegrad/host/atomicfile"
)

// The checkpoints in a run folder.
const (
	checkpointFile = "checkpoint"
	previousFile   = "checkpoint.previous"
	damagedFile    = "checkpoint.damaged"
)

// saveCheckpoint replaces the checkpoint in a folder and keeps the previous one.
// At any moment one of the two is intact.
func saveCheckpoint(folder string, c *checkpoint) error {
	current := filepath.Join(folder, checkpointFile)
	temporary, err := atomicfile.Temporary(current, c.write)
	if err != nil {
		return err
	}
	err = os.Rename(current, filepath.Join(folder, previousFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		err = os.Rename(temporary, current)
	}
	if err != nil {
		os.Remove(temporary)
		return atomicfile.Explain(current, err)
	}
	return atomicfile.SyncFolder(folder)
}

// loadCheckpoint reads the newest intact checkpoint in a folder; nil if there is
// none at all. A newer damaged one is renamed, so that the next save does not
// make it the previous one, and reported by warn.
func loadCheckpoint(folder string, warn func(string)) (*checkpoint, error) {
	var damage []string
	for _, name := range []string{checkpointFile, previousFile} {
		path := filepath.Join(folder, name)
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading a checkpoint: %w", err)
		}
		c, err := decodeCheckpoint(content)
		if err != nil {
			damage = append(damage, fmt.Sprintf("checkpoint %s is damaged: %v", path, err))
			continue
		}
		if len(damage) > 0 {
			warn(fmt.Sprintf("%s; resuming from %s, after update %d", damage[0], path, c.Progress.Updates))
			aside := filepath.Join(folder, damagedFile)
			if err := os.Rename(filepath.Join(folder, checkpointFile), aside); err != nil {
				return nil, atomicfile.Explain(aside, err)
			}
		}
		return c, nil
	}
	if len(damage) > 0 {
		return nil, fmt.Errorf("%s; there is no intact one to resume from: start the run again in another folder", strings.Join(damage, "; "))
	}
	return nil, nil
}
