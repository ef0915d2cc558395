package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// versionCommand is spikegrad version.
type versionCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Help returns the detailed help.
func (versionCommand) Help() string {
	return `Prints the version, the source revision the program was built from, and whether it includes Vulkan support.

Examples:

    spikegrad version
    spikegrad version --json`
}

// buildVersion describes the program's build.
type buildVersion struct {
	Version  string `json:"version"`
	Revision string `json:"revision"` // empty outside a checkout
	Date     string `json:"date"`     // of the commit, RFC 3339; empty outside a checkout
	Modified bool   `json:"modified"` // the checkout had changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Vulkan   bool   `json:"vulkan"` // built with cgo
}

// Run prints the version.
func (c *versionCommand) Run(a *app) error {
	v := currentVersion()
	if c.JSON {
		return writeJSON(a.out, v)
	}
	revision := v.Revision
	if day, _, ok := strings.Cut(v.Date, "T"); ok {
		revision += " of " + day
	}
	if v.Modified {
		revision += " with changes"
	}
	if revision != "" {
		revision = " (" + revision + ")"
	}
	vulkan := "without Vulkan: built without cgo"
	if v.Vulkan {
		vulkan = "with Vulkan"
	}
	_, err := fmt.Fprintf(a.out, "spikegrad %s%s, %s, %s, %s\n", v.Version, revision, v.Go, v.Platform, vulkan)
	return err
}

func currentVersion() buildVersion {
	v := buildVersion{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Revision = setting.Value
		case "vcs.time":
			v.Date = setting.Value
		case "vcs.modified":
			v.Modified = setting.Value == "true"
		case "CGO_ENABLED":
			v.Vulkan = setting.Value == "1"
		}
	}
	return v
}
