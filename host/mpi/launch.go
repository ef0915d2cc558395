// Package mpi carries messages between the processes started by mpirun or srun. It opens the
// machine's MPI library at run time, so neither building nor a run without a launcher needs one.
//
// The library may be Open MPI, MPICH or a relative (Intel, Cray, MVAPICH), or any with the binary
// interface of MPI 5. Every wait has a time limit, so a process that hangs ends the job instead of
// hanging it.
package mpi

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// LibraryVariable names the MPI library to open, or is [Off].
const LibraryVariable = "SPIKEGRAD_MPI"

// Off, in [LibraryVariable], lets every process run on its own.
const Off = "off"

// Launch is what a launcher passed to a process in its environment.
type Launch struct {
	Ranks    int    // processes of the job; 0 without a launcher
	Rank     int    // −1 if unknown
	Variable string // where Ranks came from
}

// variables are where launchers give the number of processes and the number of this one. If
// one launcher started another, the inner one decides, so it comes first.
var variables = [][2]string{
	{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
	{"MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"},
	{"PMI_SIZE", "PMI_RANK"},
	{"FLUX_JOB_SIZE", "FLUX_TASK_RANK"},
	{"SLURM_STEP_NUM_TASKS", "SLURM_PROCID"},
}

// Launched reads the environment.
func Launched(getenv func(string) string) Launch {
	if getenv(LibraryVariable) == Off {
		return Launch{Rank: -1}
	}
	for _, v := range variables {
		ranks, err := strconv.Atoi(getenv(v[0]))
		if err != nil || ranks < 1 {
			continue
		}
		rank, err := strconv.Atoi(getenv(v[1]))
		if err != nil {
			rank = -1
		}
		return Launch{ranks, rank, v[0]}
	}
	return Launch{Rank: -1}
}

// Several reports whether the process is one of several.
func (l Launch) Several() bool { return l.Ranks > 1 }

// Leads reports whether the process is the first one, as far as it knows.
func (l Launch) Leads() bool { return l.Rank <= 0 }

// libraries returns the names to try: only the one in the environment, if set, or all
// libraries, beginning with the launcher's own.
func (l Launch) libraries(getenv func(string) string) string {
	if name := getenv(LibraryVariable); name != "" {
		return name
	}
	open, mpich := "libmpi.so.40", "libmpi.so.12 libmpich.so.12"
	if l.Variable == "OMPI_COMM_WORLD_SIZE" {
		return strings.Join([]string{open, "libmpi_abi.so.1", "libmpi_abi.so.0", "libmpi.so", "libmpi.dylib", mpich}, " ")
	}
	return strings.Join([]string{"libmpi_abi.so.1", "libmpi_abi.so.0", mpich, open, "libmpi.so", "libmpi.dylib"}, " ")
}

// ErrAlone means that every process of a launch believes it is the only one.
var ErrAlone = errors.New("the processes cannot find each other")

// check rejects a world whose size differs from the launcher's: each process would believe that it
// is alone, and all would write the same files.
func (l Launch) check(size int, version string) error {
	if l.Ranks == size {
		return nil
	}
	hint := fmt.Sprintf("name the library of the launcher in %s, or start with its own mpirun", LibraryVariable)
	if l.Variable == "SLURM_STEP_NUM_TASKS" {
		hint = "choose the launcher's interface with srun --mpi=pmix or --mpi=pmi2, or start with mpirun"
	}
	return fmt.Errorf("%w: %s is %d, but %s counts %d, so the launcher belongs to a different MPI library: %s, or set %s=%s to let every process run on its own",
		ErrAlone, l.Variable, l.Ranks, version, size, hint, LibraryVariable, Off)
}

// unopened is the error that no library can be opened.
func (l Launch) unopened(why string) error {
	return fmt.Errorf("%s is %d, and no MPI library can be opened (%s): install Open MPI or MPICH, name its library in %s, or set %s=%s to let every process run on its own",
		l.Variable, l.Ranks, why, LibraryVariable, LibraryVariable, Off)
}

// LateError means that ranks did not answer in time.
type LateError struct {
	Ranks []int // empty: all answered, but none made progress
	After time.Duration
	// Speaks is true on one of the waiting ranks: the one that should report the error.
	Speaks bool
}

func (e *LateError) Error() string {
	if len(e.Ranks) == 0 {
		return fmt.Sprintf("messages between ranks took longer than %v", e.After)
	}
	var names []string
	for _, r := range e.Ranks {
		names = append(names, strconv.Itoa(r))
	}
	who := "rank "
	if len(names) > 1 {
		who = "ranks "
	}
	return fmt.Sprintf("%s%s did not answer for %v", who, strings.Join(names, ", "), e.After)
}
