package tests

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// must runs a command in a folder, with additional environment variables, and returns its output.
func must(t *testing.T, folder string, environment []string, name string, arguments ...string) string {
	t.Helper()
	command := exec.Command(name, arguments...)
	command.Dir, command.Env = folder, append(os.Environ(), environment...)
	got := finish(t, command)
	if got.code != 0 {
		t.Fatalf("%s %s: %+v", name, strings.Join(arguments, " "), got)
	}
	return got.stdout
}

// gitIdentity makes git commit at a fixed time, under a made-up name.
var gitIdentity = []string{
	"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_AUTHOR_DATE=2030-02-03T04:05:06Z",
	"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org", "GIT_COMMITTER_DATE=2030-02-03T04:05:06Z",
}

// TestDebianPackage packages small archives: versions sort in the order of the commits, the same
// commit gives the same bytes, and the packager is named as the maintainer.
func TestDebianPackage(t *testing.T) {
	script, err := filepath.Abs("scripts/deb.sh")
	if err != nil {
		t.Fatal(err)
	}
	clone, archive := t.TempDir(), t.TempDir()
	copyFile := func(from, to string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, contentOf(t, from), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	copyFile("/bin/sh", filepath.Join(archive, "spikegrad"))
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		copyFile(filepath.Join("..", name), filepath.Join(archive, name))
	}
	for _, name := range []string{"THIRD_PARTY_LICENSES.txt", "share/man/man1/spikegrad.1", "share/bash-completion/completions/spikegrad",
		"share/zsh/site-functions/_spikegrad", "share/fish/vendor_completions.d/spikegrad.fish"} {
		copyFile("../LICENSE", filepath.Join(archive, name))
	}
	copyFile("../host/data/handwritten_digits.NOTICE.txt", filepath.Join(clone, "host/data/handwritten_digits.NOTICE.txt"))
	git := func(arguments ...string) { t.Helper(); must(t, clone, gitIdentity, "git", arguments...) }
	git("init", "--quiet")

	packages := func(environment ...string) string {
		t.Helper()
		out := t.TempDir()
		must(t, clone, append([]string{"DEBEMAIL="}, environment...), script, archive, "amd64", out)
		found, err := filepath.Glob(filepath.Join(out, "spikegrad_*_amd64.deb"))
		if err != nil || len(found) != 1 {
			t.Fatalf("packages %q, error %v", found, err)
		}
		return found[0]
	}
	before := ""
	for _, c := range []struct{ tag, version string }{
		{"", `0~git20300203\.[0-9a-f]{7,}-0upstream1`},
		{"v1.2.0-rc.1", `1\.2\.0~rc\.1-0upstream1`},
		{"v1.2.0", `1\.2\.0-0upstream1`},
		{"", `1\.2\.0\+git20300203\.1\.[0-9a-f]{7,}-0upstream1`},
		{"v1.2.1", `1\.2\.1-0upstream1`},
	} {
		git("commit", "--quiet", "--allow-empty", "--message", "one")
		if c.tag != "" {
			git("tag", "--annotate", "--message", c.tag, c.tag)
		}
		file := packages()
		version := strings.TrimSpace(must(t, "", nil, "dpkg-deb", "--field", file, "Version"))
		if !regexp.MustCompile(`^` + c.version + `$`).MatchString(version) {
			t.Errorf("version %s, want %s", version, c.version)
		}
		if before != "" {
			must(t, "", nil, "dpkg", "--compare-versions", before, "lt", version)
		}
		before = version
	}

	file, again := packages(), packages("TZ=Asia/Tokyo", "SOURCE_DATE_EPOCH=1", "DPKG_DEB_COMPRESSOR_TYPE=gzip")
	if !bytes.Equal(contentOf(t, file), contentOf(t, again)) {
		t.Error("the same commit gives two packages")
	}
	if depends := must(t, "", nil, "dpkg-deb", "--field", file, "Depends"); !regexp.MustCompile(`^libc6 \(>= 2\.[0-9]+\)\n$`).MatchString(depends) {
		t.Errorf("depends on %q", depends)
	}
	checkDebianFiles(t, file)

	for _, c := range []struct{ email, name, maintainer string }{
		{"", "", "The spikegrad authors <no-address-set@spikegrad.invalid>"},
		{"ada@example.org", "Ada Byron", "Ada Byron <ada@example.org>"},
		{"Ada Byron <ada@example.org>", "", "Ada Byron <ada@example.org>"},
		{"ada@example.org", "", "ada <ada@example.org>"},
	} {
		file := packages("DEBEMAIL="+c.email, "DEBFULLNAME="+c.name)
		if got := strings.TrimSpace(must(t, "", nil, "dpkg-deb", "--field", file, "Maintainer")); got != c.maintainer {
			t.Errorf("DEBEMAIL %q, DEBFULLNAME %q: maintainer %q, want %q", c.email, c.name, got, c.maintainer)
		}
	}
	for _, c := range []struct{ email, name string }{{"ada", "Ada"}, {"ada@example.org", "Ada\nDepends: all"}, {"ada@example.org", "Byron, Ada"}} {
		command := exec.Command(script, archive, "amd64", t.TempDir())
		command.Dir, command.Env = clone, append(os.Environ(), "DEBEMAIL="+c.email, "DEBFULLNAME="+c.name)
		if got := finish(t, command); got.code != 1 || !strings.Contains(got.stderr, "set DEBEMAIL=") {
			t.Errorf("DEBEMAIL %q, DEBFULLNAME %q: %+v", c.email, c.name, got)
		}
	}
}

// checkDebianFiles checks the files of a package, their modes and checksums, and returns the folder
// into which it unpacked the package.
func checkDebianFiles(t *testing.T, file string) string {
	t.Helper()
	var got []string
	for line := range strings.Lines(must(t, "", nil, "dpkg-deb", "--contents", file)) {
		if fields := strings.Fields(line); !strings.HasSuffix(line, "/\n") {
			got = append(got, fields[0]+" "+fields[1]+" "+fields[5])
		}
	}
	var want []string
	for _, name := range []string{"bash-completion/completions/spikegrad", "doc/spikegrad/README.md",
		"doc/spikegrad/changelog.Debian.gz", "doc/spikegrad/changelog.gz", "doc/spikegrad/copyright", "fish/vendor_completions.d/spikegrad.fish",
		"man/man1/spikegrad.1.gz", "zsh/vendor-completions/_spikegrad"} {
		want = append(want, "-rw-r--r-- root/root ./usr/share/"+name)
	}
	want = append([]string{"-rwxr-xr-x root/root ./usr/bin/spikegrad"}, want...)
	if !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	unpacked := t.TempDir()
	must(t, "", nil, "dpkg-deb", "--raw-extract", file, unpacked)
	must(t, unpacked, nil, "md5sum", "--quiet", "--check", "DEBIAN/md5sums")
	return unpacked
}

// TestArchives builds all archives twice, from clones in two folders and with different flags in the
// environment, and runs the programs built for this machine.
func TestArchives(t *testing.T) {
	if os.Getenv("SPIKEGRAD_FULL") == "" {
		t.Skip("SPIKEGRAD_FULL=1 builds for all systems, which takes minutes")
	}
	sources, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	var sums []string
	var dist, revision string
	for i, environment := range [][]string{{"DEBEMAIL="}, {"DEBEMAIL=", "GOFLAGS=-buildvcs=false -gcflags=-N", "GOAMD64=v2", "CGO_CFLAGS=-O0", "TZ=Asia/Tokyo"}} {
		clone := filepath.Join(t.TempDir(), fmt.Sprint("clone", i))
		must(t, "", nil, "git", "clone", "--quiet", sources, clone)
		must(t, clone, environment, "make", "dist")
		dist = filepath.Join(clone, "dist")
		must(t, dist, nil, "sha256sum", "--check", "--quiet", "SHA256SUMS")
		sums = append(sums, string(contentOf(t, dist, "SHA256SUMS")))
		revision = strings.TrimSpace(must(t, clone, nil, "git", "rev-parse", "HEAD"))
	}
	if sums[0] != sums[1] || strings.Count(sums[0], "\n") < 4 {
		t.Errorf("sums\n%s\nthen\n%s", sums[0], sums[1])
	}

	archives, err := filepath.Glob(filepath.Join(dist, "*-"+runtime.GOOS+"-"+runtime.GOARCH+"*.tar.gz"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("archives %q, error %v", archives, err)
	}
	unpacked := t.TempDir()
	must(t, unpacked, nil, "tar", "--extract", "--strip-components=1", "--file", archives[0])
	runs := func(program string) {
		t.Helper()
		if version := must(t, unpacked, nil, program, "version"); !strings.Contains(version, revision) || strings.Contains(version, "with changes") {
			t.Errorf("version %q, want commit %s", version, revision)
		}
		must(t, unpacked, nil, program, "check", "--quick", "--device", "cpu")
	}
	runs("./spikegrad")
	if licences := string(contentOf(t, unpacked, "THIRD_PARTY_LICENSES.txt")); !strings.Contains(licences, "=== Go: LICENSE") ||
		!strings.Contains(licences, "=== gonum.org/v1/gonum v") {
		t.Error("licences of others are missing")
	}
	packages, err := filepath.Glob(filepath.Join(dist, "*_"+runtime.GOARCH+".deb"))
	if err != nil || len(packages) != 1 {
		t.Fatalf("packages %q, error %v", packages, err)
	}
	runs(filepath.Join(checkDebianFiles(t, packages[0]), "usr/bin/spikegrad"))
}
