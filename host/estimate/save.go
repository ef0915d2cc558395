package estimate

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// SaveJSON writes a value to a file as indented JSON, whole or not at all, and creates
// its folder.
func SaveJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w: this is a fault of the program, please report it", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cannot write %s: %w: choose another folder", path, err)
	}
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, append(text, '\n'), 0o644); err != nil {
		os.Remove(temporary)
		return fmt.Errorf("cannot write %s: %w: choose another folder, or free some space", path, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		os.Remove(temporary)
		return fmt.Errorf("cannot write %s: %w: is it a folder?", path, err)
	}
	return nil
}
