package check

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

// digestsFile has a line for each network of the family: its digest and its name. A line
// is added for a new network and never changed for an old one: training must give the
// same bits as with older versions.
const digestsFile = "testdata/digests.txt"

var addDigests = flag.Bool("add-digests", false, "append the digests of new networks to "+digestsFile)

// readDigests returns the digests by name, quick networks as "quick NAME".
func readDigests(t *testing.T) map[string]string {
	t.Helper()
	file, err := os.Open(digestsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	digests := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		digest, name, ok := strings.Cut(lines.Text(), " ")
		if _, twice := digests[name]; !ok || twice {
			t.Fatalf("%s: line %q is no digest and name, or the name's second", digestsFile, lines.Text())
		}
		digests[name] = digest
	}
	return digests
}

// TestDigests compares every network of the family with the bits that the program gave
// when the network was added, and checks that they are alive.
func TestDigests(t *testing.T) {
	digests := readDigests(t)
	var added strings.Builder
	for _, quick := range []bool{true, false} {
		if !quick && testing.Short() {
			continue
		}
		alive := liveness{mixed: quick}
		for _, c := range Cases(quick) {
			name := c.Name
			if quick {
				name = "quick " + name
			}
			trace := traceOf(t, &c)
			if quick == testing.Short() { // of the largest family run
				alive.see(t, &c, trace)
			}
			got := trace.Digest()
			switch want, ok := digests[name]; {
			case !ok && *addDigests:
				fmt.Fprintf(&added, "%s %s\n", got, name)
			case !ok:
				t.Errorf("%s has no digest; go test ./host/check -run TestDigests -args -add-digests appends it", name)
			case got != want:
				t.Errorf("%s: digest %s, must be %s", name, got, want)
			}
			delete(digests, name)
		}
		alive.end(t)
	}
	if !testing.Short() {
		for name := range digests {
			t.Errorf("network %q is no longer in the family", name)
		}
	}
	if added.Len() == 0 {
		return
	}
	file, err := os.OpenFile(digestsFile, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(added.String()); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
