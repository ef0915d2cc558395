package mpi

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

// TestLaunched: every launcher is recognised, the inner one of two decides, and off is
// respected.
func TestLaunched(t *testing.T) {
	for name, c := range map[string]struct {
		pairs map[string]string
		want  Launch
	}{
		"none":               {nil, Launch{0, -1, ""}},
		"Open MPI":           {map[string]string{"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "3"}, Launch{4, 3, "OMPI_COMM_WORLD_SIZE"}},
		"one process":        {map[string]string{"PMI_SIZE": "1", "PMI_RANK": "0"}, Launch{1, 0, "PMI_SIZE"}},
		"Slurm":              {map[string]string{"SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "5"}, Launch{8, 5, "SLURM_STEP_NUM_TASKS"}},
		"MPICH below Slurm":  {map[string]string{"SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", "PMI_SIZE": "16", "PMI_RANK": "9"}, Launch{16, 9, "PMI_SIZE"}},
		"nonsense":           {map[string]string{"PMI_SIZE": "many", "OMPI_COMM_WORLD_SIZE": "-3"}, Launch{0, -1, ""}},
		"a rank without one": {map[string]string{"PMI_SIZE": "2"}, Launch{2, -1, "PMI_SIZE"}},
		"off":                {map[string]string{"PMI_SIZE": "2", LibraryVariable: Off}, Launch{0, -1, ""}},
	} {
		got := Launched(environment(c.pairs))
		if got != c.want || got.Several() != (c.want.Ranks > 1) || got.Leads() != (c.want.Rank <= 0) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestLibraries: the launcher's library comes first, and an explicitly named one is the
// only one.
func TestLibraries(t *testing.T) {
	open, mpich := Launch{Variable: "OMPI_COMM_WORLD_SIZE"}, Launch{Variable: "PMI_SIZE"}
	if names := open.libraries(environment(nil)); !strings.HasPrefix(names, "libmpi.so.40 ") {
		t.Errorf("Open MPI: %s", names)
	}
	if names := mpich.libraries(environment(nil)); strings.Index(names, "libmpich.so.12") > strings.Index(names, "libmpi.so.40") {
		t.Errorf("MPICH: %s", names)
	}
	if names := mpich.libraries(environment(map[string]string{LibraryVariable: "/opt/mpi.so"})); names != "/opt/mpi.so" {
		t.Errorf("a named one: %s", names)
	}
}

// TestRefusals: the errors for a world whose size differs from the launcher's, and for a missing
// library, say what to do.
func TestRefusals(t *testing.T) {
	l := Launch{4, 1, "SLURM_STEP_NUM_TASKS"}
	if err := l.check(4, "some MPI"); err != nil {
		t.Error(err)
	}
	if err := l.check(1, "some MPI"); !errors.Is(err, ErrAlone) || !strings.Contains(err.Error(), "SLURM_STEP_NUM_TASKS is 4, but some MPI counts 1") || !strings.Contains(err.Error(), "srun --mpi=pmix") {
		t.Error(err)
	}
	// In every build: with C there is no such library, without it there is none at all.
	_, err := Open(l, environment(map[string]string{LibraryVariable: "libnothing.so"}), time.Minute)
	if err == nil || !strings.HasPrefix(err.Error(), "SLURM_STEP_NUM_TASKS is 4, and no MPI library can be opened (") {
		t.Error(err)
	}
}

// TestLateError: the error names the missing ranks.
func TestLateError(t *testing.T) {
	for _, c := range []struct {
		ranks []int
		want  string
	}{
		{[]int{3}, "rank 3 did not answer for 1m0s"},
		{[]int{3, 5}, "ranks 3, 5 did not answer for 1m0s"},
		{nil, "messages between ranks took longer than 1m0s"},
	} {
		if got := (&LateError{Ranks: c.ranks, After: time.Minute}).Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
