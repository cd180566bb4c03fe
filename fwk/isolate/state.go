// SPDX-License-Identifier: Apache-2.0

package isolate

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/procfs"
)

// State is what was changed for a process, written down before it is done.
type State struct {
	PID    int      `json:"pid"`
	Start  uint64   `json:"start"` // of the process, in ticks since boot: numbers come back
	Boot   string   `json:"boot"`
	CPUs   []int    `json:"cpus"`
	Groups []string `json:"groups"` // control groups, the outer ones first
	Files  []Change `json:"files"`
}

// A Change is a list of CPUs in a file of Linux, from which CPUs were taken.
type Change struct {
	Path string `json:"path"`
	Took string `json:"took"` // CPUs that were in the list and no longer are
	Old  string `json:"old"`  // the list before
	New  string `json:"new"`  // and after
	Mask bool   `json:"mask"` // the file holds a mask, not a list
}

const stateDir = "/run/skerry/isolate"

func (s *State) file() string { return StateFile(s.PID) }

// save writes the state down.
func (h *Held) save() error {
	text, err := json.Marshal(&h.state)
	if err != nil {
		return err
	}
	path := h.fs.path(h.state.file())
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("writing down what is changed: %w", err)
	}
	return os.Rename(path+".new", path)
}

// lock keeps others from taking and giving at the same time; it blocks while
// somebody else does. The function it returns ends that.
func (f FS) lock() (unlock func(), err error) {
	dir := f.path(stateDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("a directory to write down what is changed: %w", err)
	}
	file, err := os.OpenFile(dir+"/lock", os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		file.Close()
		return nil, fmt.Errorf("locking %s: %w", dir, err)
	}
	return func() { file.Close() }, nil
}

// Sweep gives back what processes left that are gone, and reports whether there
// was anything. It costs one look into a directory when there is not. A process
// and its keeper were both killed then; until somebody sweeps, Linux gives the
// CPUs to nobody.
func Sweep() (found bool, err error) { return FS{}.sweepNow() }

func (f FS) sweepNow() (bool, error) {
	files, err := f.written()
	if err != nil || len(files) == 0 {
		return false, err
	}
	unlock, err := f.lock()
	if err != nil {
		return true, err
	}
	defer unlock()
	return true, f.sweep()
}

// written are the files of states.
func (f FS) written() ([]string, error) { return filepath.Glob(f.path(stateDir) + "/*.json") }

// sweep is Sweep for who has the lock.
func (f FS) sweep() error {
	files, err := f.written()
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range files {
		s, err := load(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if f.alive(s) {
			continue
		}
		if s.Boot != bootID(f) {
			err = os.Remove(path) // the machine was restarted: nothing is left to undo
		} else {
			err = f.give(s)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func load(path string) (*State, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &State{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// alive reports whether the process of s still runs.
func (f FS) alive(s *State) bool {
	return s.Boot == bootID(f) && s.Start != 0 && startTime(s.PID) == s.Start
}

// give undoes what s says, and forgets it. The caller has the lock. What cannot
// be undone now (a group that still has processes) stays written down.
func (f FS) give(s *State) error {
	var errs []error
	for _, c := range s.Files {
		if err := f.putBack(c); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	s.Files = nil
	if err := f.removeGroups(s); err != nil {
		return errors.Join(append(errs, err)...)
	}
	if err := os.Remove(f.path(s.file())); err != nil && !errors.Is(err, os.ErrNotExist) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// removeGroups removes groups that are empty, the inner ones first.
func (f FS) removeGroups(s *State) error {
	for _, g := range slices.Backward(s.Groups) {
		if err := unix.Rmdir(f.path(g)); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("removing the control group %s: %w", g, err)
		}
	}
	return nil
}

// putBack restores the list, if nobody has changed it since; else it adds the
// CPUs that were taken to what it says now.
func (f FS) putBack(c Change) error {
	now, err := f.readCPUs(c.Path, c.Mask)
	if err != nil {
		return err
	}
	took, err := cpus.Parse(c.Took)
	if err != nil {
		return err
	}
	if now.String() == c.New {
		if now, err = cpus.Parse(c.Old); err != nil {
			return err
		}
	} else {
		for _, cpu := range took.List() {
			now.Add(cpu)
		}
	}
	return f.writeCPUs(c.Path, now, c.Mask)
}

// Keep waits until the process is gone whose state is in the file at path, and
// gives back what it held; it waits longer for processes that are left in its
// groups. It is what the keeper process does.
func Keep(path string) error {
	s, err := load(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // nothing was taken that does not end by itself
	}
	if err != nil {
		return err
	}
	f := FS{}
	if fd, err := unix.PidfdOpen(s.PID, 0); err == nil {
		for f.alive(s) {
			p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			if _, err := unix.Poll(p, -1); err == nil {
				break
			}
		}
		unix.Close(fd)
	}
	for f.alive(s) { // not yet reaped, or no pidfd: a zombie runs nothing
		if zombie(s.PID) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		unlock, err := f.lock()
		if err != nil {
			return err
		}
		if s, err = load(path); err != nil { // somebody else has done it
			unlock()
			return nil
		}
		err = f.give(s)
		unlock()
		if !errors.Is(err, unix.EBUSY) {
			return err
		}
		time.Sleep(wait)
	}
}

func bootID(f FS) string {
	text, _ := procfs.Read(f.path("/proc/sys/kernel/random/boot_id")) // "" where there is none
	return text
}
