package train

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"spikegrad/host/atomicfile"
)

// lockFile, in a run's folder, names the process working there.
const lockFile = ".lock"

// errHeld means that another process holds a lock.
var errHeld = errors.New("the lock is held")

// folderLock keeps other processes out of a run's folder. The system releases it when its
// process ends, however it ends.
type folderLock struct {
	file *os.File
	path string
}

// lockFolder locks a folder; if it is locked already, the error names the holder.
func lockFolder(folder string) (*folderLock, error) {
	path := filepath.Join(folder, lockFile)
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, atomicfile.Explain(path, err)
		}
		holder := readHolder(file)
		err = lockWhole(file)
		if errors.Is(err, errHeld) {
			file.Close()
			return nil, fmt.Errorf("the run in %s is in use by %s: wait until it ends, or stop it", folder, holder)
		}
		if err != nil && holder.alive() { // on a file system without locks, the name has to suffice
			file.Close()
			return nil, fmt.Errorf("the run in %s is in use by %s: wait until it ends, or remove %s if it has ended", folder, holder, path)
		}
		// Whoever released it removed the file: the one opened may not be the one there now.
		opened, openedErr := file.Stat()
		there, thereErr := os.Stat(path)
		if openedErr != nil || thereErr != nil || !os.SameFile(opened, there) {
			file.Close()
			continue
		}
		ownName().write(file)
		return &folderLock{file, path}, nil
	}
}

// release unlocks the folder, if it was taken.
func (l *folderLock) release() {
	if l == nil {
		return
	}
	removed := os.Remove(l.path)
	l.file.Close()
	if removed != nil {
		os.Remove(l.path) // not every system can remove open files
	}
}

// holder is the process that a lock file names.
type holder struct {
	process int // 0: the file names none
	machine string
}

func ownName() holder {
	machine, _ := os.Hostname()
	return holder{os.Getpid(), machine}
}

// write puts the name into a lock file. It only serves messages, so a full disk is no reason
// to stop.
func (h holder) write(file *os.File) {
	if file.Truncate(0) == nil {
		_, _ = file.WriteAt(fmt.Appendf(nil, "%d %s\n", h.process, h.machine), 0)
	}
}

func readHolder(file io.ReaderAt) holder {
	text := make([]byte, 512)
	n, _ := file.ReadAt(text, 0)
	process, machine, _ := strings.Cut(strings.TrimSpace(string(text[:n])), " ")
	number, err := strconv.Atoi(process)
	if err != nil || number < 1 {
		return holder{}
	}
	return holder{number, machine}
}

// alive reports whether the process may still be running. For one of another machine, nothing
// is known here.
func (h holder) alive() bool {
	own := ownName()
	if h.process == 0 || h == own {
		return false
	}
	return h.machine != own.machine || processAlive(h.process)
}

func (h holder) String() string {
	switch {
	case h.process == 0:
		return "another process"
	case h.machine == ownName().machine:
		return fmt.Sprintf("process %d", h.process)
	}
	return fmt.Sprintf("process %d on %s", h.process, h.machine)
}
