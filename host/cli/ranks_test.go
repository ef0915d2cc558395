package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"spikegrad/host/engine"
	"spikegrad/host/mpi"
)

// rankZero is a set of ranks on the given machines, as seen by the first rank.
func rankZero(machines ...machine) *rankSet { return &rankSet{World: &mpi.World{}, machines: machines} }

// TestRankWorkers: ranks share the processors that they may use, whether the launcher bound them or not.
func TestRankWorkers(t *testing.T) {
	on := func(name string, most int, processors ...int) machine {
		return machine{Machine: name, Processors: processors, Most: most, Online: 8}
	}
	for name, c := range map[string]struct {
		machines []machine
		want     int
	}{
		"alone":                      {[]machine{on("a", 4, 0, 1, 2, 3)}, 4},
		"two share all":              {[]machine{on("a", 4, 0, 1, 2, 3), on("a", 4, 0, 1, 2, 3)}, 2},
		"two machines":               {[]machine{on("a", 4, 0, 1, 2, 3), on("b", 4, 0, 1, 2, 3)}, 4},
		"bound to halves":            {[]machine{on("a", 2, 0, 1), on("a", 2, 2, 3)}, 2},
		"more ranks than processors": {[]machine{on("a", 1, 0), on("a", 1, 0), on("a", 1, 0)}, 1},
		"a limit on time":            {[]machine{on("a", 4, 0, 1, 2, 3, 4, 5, 6, 7), on("a", 4, 0, 1, 2, 3, 4, 5, 6, 7)}, 2},
		"three thirds":               {[]machine{on("a", 3, 0, 1, 2), on("a", 3, 0, 1, 2), on("a", 3, 0, 1, 2)}, 1},
		"unknown":                    {[]machine{on("a", 6), on("a", 6)}, 3},
	} {
		if got := rankZero(c.machines...).workers(); got != c.want {
			t.Errorf("%s: %d workers, want %d", name, got, c.want)
		}
	}
}

// TestRankBound: a rank with only one of many processors gets a warning, if Open MPI may
// have bound it.
func TestRankBound(t *testing.T) {
	one := machine{Machine: "a", Processors: []int{3}, Most: 1, Online: 8}
	t.Setenv("OMPI_COMM_WORLD_SIZE", "2")
	if text := rankZero(one, one).bound(); !strings.Contains(text, "1 of the 8 processors") || !strings.Contains(text, "--bind-to none") {
		t.Errorf("bound: %q", text)
	}
	free := machine{Machine: "a", Processors: []int{0, 1}, Most: 2, Online: 8}
	full := machine{Machine: "a", Processors: []int{0}, Most: 1, Online: 2}
	for _, set := range []*rankSet{rankZero(free, free), rankZero(full, full)} {
		if text := set.bound(); text != "" {
			t.Errorf("not bound: %q", text)
		}
	}
}

// TestRankPrograms: different programs do not train together.
func TestRankPrograms(t *testing.T) {
	if err := rankZero(machine{Program: "1"}, machine{Program: "1"}).samePrograms(); err != nil {
		t.Error(err)
	}
	err := rankZero(machine{Program: "1"}, machine{Program: "1"}, machine{Program: "2"}).samePrograms()
	if err == nil || !engine.Agreed(err) || !strings.HasPrefix(err.Error(), "rank 2 runs spikegrad 2, rank 0 1: ") {
		t.Error(err)
	}
	if m := thisMachine(); m.Machine == "" || m.Program == "" || m.Most < 1 {
		t.Errorf("this machine is %+v", m)
	}
}

// TestProcessorList parses processor lists as Linux writes them.
func TestProcessorList(t *testing.T) {
	for list, want := range map[string][]int{"0-3,8\n": {0, 1, 2, 3, 8}, "\t5\n": {5}, "": nil, "a-b": nil, "0-99999999999": nil} {
		if got := processorList(list); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", list, got, want)
		}
	}
}

// TestRefuseRanks: only commands that share their work, or have none, run in several
// processes.
func TestRefuseRanks(t *testing.T) {
	var grammar commands
	parser, err := kong.New(&grammar, vocabulary, kong.NoDefaultHelp(), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	two := mpi.Launch{Ranks: 2, Variable: "PMI_SIZE"}
	for arguments, refused := range map[string]bool{
		"train": false, "eval run": false, "version": false, "config": false, "devices": false,
		"audit run": false, "estimate --net mlp:2": false, "reproduce classification --data randman --out x": false, "reproduce bias --out x": true, "data inspect digits": true, "bench": true,
	} {
		parsed, err := parser.Parse(strings.Fields(arguments))
		if err != nil {
			t.Fatal(err)
		}
		if err := refuseRanks(two, parsed); (err != nil) != refused {
			t.Errorf("%s: %v", arguments, err)
		}
		if err := refuseRanks(mpi.Launch{Ranks: 1}, parsed); err != nil {
			t.Errorf("%s in one process: %v", arguments, err)
		}
	}
}

// TestRankTimeout: a time limit that no job could keep is a usage error.
func TestRankTimeout(t *testing.T) {
	if err := (&rankFlags{RankTimeout: time.Millisecond}).check(); err == nil || !strings.Contains(err.Error(), "--rank-timeout 1ms") {
		t.Error(err)
	}
	if got := call("train", "--rank-timeout", "soon"); got.code != exitUsage {
		t.Errorf("%+v", got)
	}
}
