package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// link matches a link or a picture, with the target as its first group.
var link = regexp.MustCompile(`\]\(([^) ]+)(?: "[^"]*")?\)`)

// anchors lists the names under which links reach the headings of a page.
func anchors(page string) []string {
	var found []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		found = append(found, strings.ReplaceAll(strings.TrimSpace(name), " ", "-"))
	}
	return found
}

// wrongLinks lists the links of a page whose file or heading does not exist.
func wrongLinks(path, page string) []string {
	var wrong []string
	for _, found := range link.FindAllStringSubmatch(page, -1) {
		target := found[1]
		if strings.Contains(target, "://") {
			continue
		}
		file, anchor, _ := strings.Cut(target, "#")
		text := []byte(page)
		if file != "" {
			var err error
			if text, err = os.ReadFile(filepath.Join(filepath.Dir(path), file)); err != nil {
				if info, failed := os.Stat(filepath.Join(filepath.Dir(path), file)); failed != nil || !info.IsDir() {
					wrong = append(wrong, target)
				}
				continue
			}
		}
		if anchor != "" && !slices.Contains(anchors(string(text)), anchor) {
			wrong = append(wrong, target)
		}
	}
	return wrong
}

// TestLinks checks the links between pages.
func TestLinks(t *testing.T) {
	linked := pages(t)
	for _, name := range []string{"CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"} {
		path := filepath.Join(root, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		linked[path] = string(text)
	}
	for path, text := range linked {
		if wrong := wrongLinks(path, text); wrong != nil {
			t.Errorf("%s links to what does not exist: %s", path, strings.Join(wrong, ", "))
		}
	}
	page := "# The `one`\n\n[a](#the-one) [b](#two) [c](nowhere.md) ![d](../../docs/pictures/first-raster.svg \"x\") [e](../../README.md#quick-start) [f](../../README.md#gone)\n"
	if got, want := wrongLinks("page.md", page), []string{"#two", "nowhere.md", "../../README.md#gone"}; !slices.Equal(got, want) {
		t.Errorf("wrong links %q, want %q", got, want)
	}
}
