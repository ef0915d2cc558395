package cli

import (
	"encoding/json"
	"io"
)

// writeJSON writes what a program reads.
func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
