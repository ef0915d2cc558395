package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDockerfile checks that the Dockerfile fits the repository: the Go version of go.mod, a
// script that exists, the part of NVIDIA's driver that has Vulkan, and no build output in the
// image.
func TestDockerfile(t *testing.T) {
	recipe, module := string(contentOf(t, "../Dockerfile")), string(contentOf(t, "../go.mod"))
	version := func(text, pattern string) string {
		t.Helper()
		found := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("nothing matches %s", pattern)
		}
		return found[1]
	}
	if image, asked := version(recipe, `FROM golang:(\d+\.\d+)-`), version(module, `(?m)^go (\d+\.\d+)`); image != asked {
		t.Errorf("the Dockerfile has Go %s, go.mod asks for %s", image, asked)
	}
	script := version(recipe, `RUN (\S+\.sh) `)
	if info, err := os.Stat(filepath.Join("..", script)); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("%s cannot be run: %v", script, err)
	}
	if !slices.Contains(strings.Split(version(recipe, `NVIDIA_DRIVER_CAPABILITIES=(\S+)`), ","), "graphics") {
		t.Error("without graphics the toolkit leaves Vulkan out of the container")
	}
	ignored := strings.Fields(string(contentOf(t, "../.dockerignore")))
	for _, pattern := range strings.Fields(string(contentOf(t, "../.gitignore"))) {
		want, rooted := strings.CutPrefix(pattern, "/")
		if !rooted {
			want = "**/" + pattern // git looks in all folders
		}
		if !slices.Contains(ignored, want) {
			t.Errorf(".dockerignore lacks %s, which .gitignore has as %s", want, pattern)
		}
	}
}
