package cli

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"spikegrad/host/engine"
	"spikegrad/host/mpi"
)

// Commands that share their work among the processes that a launcher starts, and commands
// that any number of processes may run independently.
var (
	overRanks = []string{"train", "eval", "estimate", "audit", "reproduce classification"}
	anywhere  = []string{"devices", "config", "completion", "reference", "version"}
)

// rankFlags are the flags of commands that share their work.
type rankFlags struct {
	RankTimeout time.Duration `default:"60s" help:"Under mpirun or srun: how long a rank may keep the others waiting before all of them are stopped." placeholder:"DURATION"`
}

// check rejects a time limit that no job could keep.
func (f *rankFlags) check() error {
	if f.RankTimeout < time.Second {
		return fmt.Errorf("--rank-timeout %v: must be at least one second, such as 60s", f.RankTimeout)
	}
	return nil
}

// rankSet is what a process knows about the other processes that the launcher started.
type rankSet struct {
	*mpi.World
	machines []machine // [rank]
}

// machine is what the ranks tell each other at the start.
type machine struct {
	Machine    string // differs from machine to machine
	Program    string // differs where results might differ
	Processors []int  // that the rank may use; empty if unknown
	Most       int    // how many it may use at a time
	Online     int    // of the machine
}

// refuseRanks refuses to run a command in several processes that would all do the same work
// and write the same files.
func refuseRanks(launch mpi.Launch, parsed *kong.Context) error {
	if !launch.Several() || parsed.Selected() == nil {
		return nil
	}
	command := parsed.Selected().Path()
	for _, name := range append(overRanks, anywhere...) {
		if command == name {
			return nil
		}
	}
	last := len(overRanks) - 1
	return usageError{fmt.Errorf("%s runs only in a single process, but %s is %d: start it without mpirun or srun, or set %s=%s to let every process run on its own; only %s share their work",
		command, launch.Variable, launch.Ranks, mpi.LibraryVariable, mpi.Off, strings.Join(overRanks[:last], ", ")+" and "+overRanks[last])}
}

// join meets the other processes of the launcher, if there is one. All but the first then print
// nothing.
func (a *app) join(flags rankFlags) error {
	if !a.launch.Several() {
		return nil
	}
	world, err := mpi.Open(a.launch, os.Getenv, flags.RankTimeout)
	if err != nil {
		return err
	}
	a.ranks = &rankSet{World: world}
	if world.Rank() > 0 {
		a.out, a.notes, a.terminal = io.Discard, io.Discard, false
	}
	a.log = a.log.With("rank", world.Rank())
	slog.SetDefault(a.log)
	own, err := json.Marshal(thisMachine())
	if err != nil {
		return err
	}
	all, err := engine.Share(world, own)
	if err != nil {
		return err
	}
	for rank, text := range all {
		var m machine
		if err := json.Unmarshal(text, &m); err != nil {
			return fmt.Errorf("rank %d runs another version of the program: %w", rank, err)
		}
		a.ranks.machines = append(a.ranks.machines, m)
	}
	a.log.Debug("ranks have met", "ranks", world.Ranks(), "library", world.Library(), "workers", a.ranks.workers())
	if bound := a.ranks.bound(); bound != "" && world.Rank() == 0 {
		fmt.Fprintln(a.errors, "spikegrad: warning:", bound)
	}
	return a.ranks.samePrograms()
}

// samePrograms refuses ranks that run different programs.
func (r *rankSet) samePrograms() error {
	for rank, m := range r.machines {
		if m.Program != r.machines[0].Program {
			return engine.MarkAgreed(fmt.Errorf("rank %d runs spikegrad %s, rank 0 %s: install the same program on all machines", rank, m.Program, r.machines[0].Program))
		}
	}
	return nil
}

// team returns all ranks and the context of their work; without other ranks, nil and the app's
// context.
func (a *app) team() (*engine.Team, context.Context) { return engine.Join(a.ctx, a.ranks.exchange()) }

// agree returns an error on all ranks if any rank has one.
func (a *app) agree(err error) error {
	if a.ranks == nil {
		return err
	}
	return engine.Agree(a.ranks, err)
}

// exchange is the connection to the other ranks; nil if there are none.
func (r *rankSet) exchange() engine.Exchange {
	if r == nil {
		return nil
	}
	return r
}

func thisMachine() machine {
	m := machine{Processors: allowedProcessors(), Most: runtime.GOMAXPROCS(0), Online: onlineProcessors()}
	m.Machine, _ = os.Hostname()
	if boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		m.Machine = string(boot)
	}
	v := currentVersion()
	m.Program = v.Version + " " + v.Revision
	if v.Revision == "" || v.Modified { // only the executable itself identifies its source
		if path, err := os.Executable(); err == nil {
			if file, err := os.Open(path); err == nil {
				defer file.Close()
				hash := sha256.New()
				if _, err := io.Copy(hash, file); err == nil {
					m.Program += fmt.Sprintf(" (SHA-256 %.6x…)", hash.Sum(nil))
				}
			}
		}
	}
	return m
}

// local returns this rank's number among the ranks on its machine, and how many there are.
func (r *rankSet) local() (number, count int) {
	for rank, m := range r.machines {
		if m.Machine == r.machines[r.Rank()].Machine {
			if rank < r.Rank() {
				number++
			}
			count++
		}
	}
	return number, count
}

// workersOr returns the requested number of workers; if that is 0 and there are other ranks, this
// rank's share of the processors.
func (r *rankSet) workersOr(asked int) int {
	if r == nil || asked != 0 {
		return asked
	}
	return r.workers()
}

// workers is this rank's number of processors, at least one: its share of each processor that
// it may use, divided among the ranks that may use it too.
func (r *rankSet) workers() int {
	own := r.machines[r.Rank()]
	_, count := r.local()
	if len(own.Processors) == 0 {
		return max(1, own.Most/count)
	}
	share := 0.0
	for _, p := range own.Processors {
		users := 0
		for _, m := range r.machines {
			if m.Machine != own.Machine {
				continue
			}
			for _, q := range m.Processors {
				if p == q {
					users++
				}
			}
		}
		share += 1 / float64(users)
	}
	share *= min(1, float64(own.Most)/float64(len(own.Processors)))
	return max(1, int(share+1e-6))
}

// bound returns a warning if the launcher bound this rank to one processor although there are
// more; otherwise it is empty.
func (r *rankSet) bound() string {
	own := r.machines[r.Rank()]
	if _, count := r.local(); len(own.Processors) != 1 || own.Online <= count || os.Getenv("OMPI_COMM_WORLD_SIZE") == "" {
		return ""
	}
	return fmt.Sprintf("rank %d may use only 1 of the %d processors of its machine: mpirun --bind-to none lets ranks use all of them", r.Rank(), own.Online)
}

// choose finds the device of a rank. Where auto picks a GPU and there are several of its type, the
// ranks of a machine take one each.
func (r *rankSet) choose(a *app, device string) (engine.Choice, error) {
	choice, err := choose(device)
	if err != nil || r == nil || device != "auto" || !choice.Vulkan {
		return choice, err
	}
	found, err := vulkanChoices()
	if err != nil {
		return choice, err
	}
	var alike []engine.Choice
	for _, c := range found {
		if c.Info.Type == choice.Info.Type {
			alike = append(alike, c)
		}
	}
	number, count := r.local()
	if count > len(alike) && r.Rank() == 0 {
		fmt.Fprintf(a.errors, "spikegrad: warning: %d ranks share the %d GPUs of a machine: one rank per GPU is faster\n", count, len(alike))
	}
	return alike[number%len(alike)], nil
}

// speaks reports whether this process is the one to report an error before it leaves the
// others.
func (a *app) speaks(err error) bool {
	if a.ranks != nil {
		return a.ranks.Rank() == 0 && engine.Agreed(err)
	}
	var usage usageError
	if a.launch.Leads() {
		return true
	}
	if errors.As(err, &usage) || errors.Is(err, mpi.ErrAlone) { // errors that every process finds
		return false
	}
	time.Sleep(patience) // the first one may have found the same error and end all
	return true
}

// patience is how long a rank waits for another to report an error that both know of, and to end
// the job.
const patience = 2 * time.Second

// leave ends the process together with the other ranks: in an orderly way if all know how it ended,
// otherwise at once. It returns only if there are no other ranks.
func (a *app) leave(err error, code int) {
	if a.ranks == nil {
		return
	}
	if err == nil || engine.Agreed(err) {
		// A rank that exits with an error ends the others, so none exits before all are done.
		// All exit with the same code, since launchers report a single one.
		codes, failed := engine.Share(a.ranks, []byte{byte(code)})
		if failed != nil {
			a.abort(failed, max(code, exitFailed))
		}
		a.ranks.Leave(int(codes[0][0]))
	}
	a.abort(err, code)
}

// abort ends all ranks. If several have waited for the same rank in vain, only one reports it.
func (a *app) abort(err error, code int) {
	message := fmt.Sprintf("rank %d: %s", a.ranks.Rank(), oneLine(err))
	var late *mpi.LateError
	if errors.As(err, &late) {
		message = oneLine(late) + ", so all ranks stop; resume the run from its last checkpoint with --resume, or raise --rank-timeout"
		if !late.Speaks {
			time.Sleep(patience)
		}
	}
	fmt.Fprintln(a.errors, "spikegrad:", message)
	a.ranks.Abort(code)
}
