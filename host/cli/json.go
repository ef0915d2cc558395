package cli

import (
	"encoding/json"
	"io"
)

// writeJSON writes a value as JSON for other programs.
func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
