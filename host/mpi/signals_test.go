//go:build cgo && linux

package mpi

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// action is the action of a signal, as 64-bit Linux stores it.
type action struct{ Handler, Flags, Restorer, Mask uint64 }

// actions returns the actions of all signals except two that the C library reserves.
func actions() map[syscall.Signal]action {
	const restores = 0x4000000 // a flag that the C library adds
	all := map[syscall.Signal]action{}
	for s := syscall.Signal(1); s <= 64; s++ {
		var a action
		if _, _, failed := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(s), 0, uintptr(unsafe.Pointer(&a)), 8, 0, 0); failed != 0 {
			panic(failed)
		}
		if a.Flags, a.Restorer = a.Flags&^restores, 0; s < 32 || s > 33 {
			all[s] = a
		}
	}
	return all
}

// handlersVariable tells the test that it is one of the processes that it started.
const handlersVariable = "SPIKEGRAD_TEST_HANDLERS"

// TestSignalHandlers: with MPI opened, by either library, each signal has the same action as
// before, and Go still turns a memory fault into a panic.
func TestSignalHandlers(t *testing.T) {
	if os.Getenv(handlersVariable) != "" {
		openAndCompare()
	}
	for _, launcher := range []string{"mpirun.openmpi", "mpirun.mpich"} {
		command := exec.Command(launcher, "-n", "2", os.Args[0], "-test.run", "^TestSignalHandlers$")
		command.Env = append(os.Environ(), handlersVariable+"=yes",
			"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "OMPI_MCA_rmaps_base_oversubscribe=1")
		out, err := command.CombinedOutput()
		if err != nil || strings.Count(string(out), "a fault is a panic") != 2 || strings.Contains(string(out), "does something else") {
			t.Errorf("%s: %v: %s", launcher, err, out)
		}
	}
}

// openAndCompare is what each of the processes runs. It does not return.
func openAndCompare() {
	before := actions()
	world, err := Open(Launched(os.Getenv), os.Getenv, 30*time.Second)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for s, a := range actions() {
		if a != before[s] {
			fmt.Printf("%v does something else: %x, before %x\n", s, a, before[s])
		}
	}
	func() {
		defer func() { fmt.Println("a fault is a panic:", recover()) }()
		var nowhere *World
		fmt.Println(nowhere.ranks)
	}()
	world.Leave(0)
}
