package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPaper runs the quick form of every command in docs/reference/paper.md (for
// classifications, one epoch of one method) and looks for the pictures that the page names.
// Commands whose datasets would have to be downloaded are left out.
func TestPaper(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every experiment")
	}
	text, err := os.ReadFile(filepath.Join(root, "docs/reference/paper.md"))
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| [^|]+ \\| `spikegrad (reproduce [^`]+) --out FOLDER` \\| ([^|]+) \\|")
	quoted := regexp.MustCompile("`([^`]+)`")
	folders := map[string]string{} // by command
	rows := row.FindAllStringSubmatch(string(text), -1)
	if len(rows) < 10 {
		t.Fatalf("%d rows with a command", len(rows))
	}
	for _, found := range rows {
		command := found[1]
		if strings.Contains(command, ":DIR") {
			continue
		}
		if folders[command] == "" {
			folders[command] = t.TempDir()
			arguments := append(strings.Fields(command), "--quick", "--out", folders[command])
			if strings.Contains(command, "classification") {
				arguments = append(arguments, "--epochs", "1", "--seeds", "1", "--methods", "stochastic-matched")
			}
			if got := call(arguments...); got.code != exitOK {
				t.Fatalf("%s: exit status %d, %s", command, got.code, got.stderr)
			}
		}
		names := quoted.FindAllStringSubmatch(found[2], -1)
		if len(names) == 0 {
			t.Errorf("%s: no pictures are named", command)
		}
		for _, name := range names {
			pattern := strings.ReplaceAll(name[1], "…", "*") + ".png"
			if files, err := filepath.Glob(filepath.Join(folders[command], pattern)); err != nil || len(files) == 0 {
				t.Errorf("%s leaves no %s (%v)", command, pattern, err)
			}
		}
	}
}
