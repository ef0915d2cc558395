package train

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"spikegrad/host/atomicfile"
)

// FindRuns lists the run folders in and below a folder, in alphabetical order. If the folder is
// itself a run, it is the only one. Links below the folder are not followed.
func FindRuns(folder string) ([]string, error) {
	about, err := os.Stat(folder)
	if err != nil {
		return nil, fmt.Errorf("cannot look for runs in %s: %w", folder, atomicfile.Cause(err))
	}
	if !about.IsDir() {
		return nil, fmt.Errorf("cannot look for runs in %s: it is a file; name a folder", folder)
	}
	root := folder
	if resolved, err := filepath.EvalSymlinks(folder); err == nil {
		root = resolved
	}
	var runs []string
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if _, err := os.Stat(filepath.Join(path, configFile)); err != nil {
			return nil
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		runs = append(runs, filepath.Join(folder, below))
		return fs.SkipDir
	})
	if err != nil {
		return nil, fmt.Errorf("cannot look for runs in %s: %w", folder, err)
	}
	return runs, nil
}

// HasWeights reports whether a run folder holds final or imported weights.
func HasWeights(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, modelFile))
	return err == nil
}

// Worked returns when a run was last worked on: when it finished or, failing that, when its newest
// file was written.
func Worked(folder string, summary *Summary) (time.Time, error) {
	if summary != nil && !summary.Finished.IsZero() {
		return summary.Finished, nil
	}
	var newest time.Time
	for _, name := range []string{summaryFile, checkpointFile, configFile} {
		if about, err := os.Stat(filepath.Join(folder, name)); err == nil && about.ModTime().After(newest) {
			newest = about.ModTime()
		}
	}
	if newest.IsZero() {
		return newest, fmt.Errorf("%s holds no run", folder)
	}
	return newest.UTC().Truncate(time.Second), nil
}
