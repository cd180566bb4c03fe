// Package enclave owns the registry of enclaves that run: one file for each, in a directory of the
// caller's own, that says what runs where and holds the enclave's counters. `skerry run` makes the
// entry and removes it; ps, stats, top, metrics and trace read it.
//
// Rules:
//   - The file is in memory (tmpfs) and is mapped by the enclave and by its observers. The enclave
//     writes counters without locks; observers write record.Switches and nothing else.
//   - What is read is believed as little as any file of the same user: lengths are checked.
//   - An entry outlives a killed enclave. It is stale when no process of it lives: one with its number
//     must have started before the entry was made. Whoever lists the entries removes stale ones.
//   - Process ids are those of a pid namespace; entries of another are not seen.
//   - A program runs without an entry where none can be made.
package enclave

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Entry is what the registry says of one enclave.
type Entry struct {
	Name     string // what the user calls it; not necessarily the only one of this name
	Platform string // "process", "native"
	Program  string // path of the program file that runs
	PID      int    // of the process that was started
	CPUs     []int  // the enclave's cores
	Linux    []int  // where Linux works for it
	Mem      uint64 // bytes that it may use
	Started  time.Time

	// Counters says where the counters are if not in the entry: a file that can be mapped, and the
	// offset of a record.Counters for each core in it. For platforms whose kernel cannot map the entry.
	Counters struct {
		File   string
		Offset int64
	}

	path string
	boot int64 // when it was made, CLOCK_BOOTTIME in ns
	tsc  uint64
	mono int64
}

// Path is the entry's file.
func (e *Entry) Path() string { return e.path }

// Uptime is how long the enclave has been there.
func (e *Entry) Uptime() time.Duration {
	return time.Duration(clock(clockBoottime) - e.boot)
}

// Reading returns a reading of the time-stamp counter and the monotonic clock, in ns, when the enclave
// began.
func (e *Entry) Reading() (ticks uint64, mono int64) { return e.tsc, e.mono }

const suffix = ".enclave"

// List returns the caller's enclaves, the oldest first, and removes what dead ones have left. No
// directory is no enclaves.
func List() ([]*Entry, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	if err := safe(dir); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot list the enclaves: %w", err)
	}
	var list []*Entry
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		if !strings.HasSuffix(f.Name(), suffix) {
			tidy(path, f.Name())
			continue
		}
		b, err := Open(path)
		if err != nil {
			continue // just being made, or not ours
		}
		if !b.Here() {
			b.Close()
			continue
		}
		if b.Alive() {
			list = append(list, b.Entry())
		} else {
			b.remove()
		}
		b.Close()
	}
	slices.SortFunc(list, func(a, b *Entry) int {
		if a.boot != b.boot {
			return int(max(-1, min(1, a.boot-b.boot)))
		}
		return a.PID - b.PID
	})
	return list, nil
}

// tidy removes the recording (PID-SERIAL.recording) of an observer that is gone.
func tidy(path, name string) {
	number, _, ok := strings.Cut(name, "-")
	if !ok || !strings.HasSuffix(name, ".recording") {
		return
	}
	if pid, err := strconv.Atoi(number); err == nil && pid > 0 && syscall.Kill(pid, 0) == syscall.ESRCH {
		_ = os.Remove(path) // another did
	}
}

// Find returns the enclave that who names: a process id, or a name that only one has. The error says
// what there is.
func Find(who string) (*Entry, error) {
	list, err := List()
	if err != nil {
		return nil, err
	}
	var found []*Entry
	for _, e := range list {
		if strconv.Itoa(e.PID) == who {
			return e, nil
		}
		if e.Name == who {
			found = append(found, e)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		var pids []string
		for _, e := range found {
			pids = append(pids, strconv.Itoa(e.PID))
		}
		return nil, &NotFound{who, "there are several: give one of the process ids " + strings.Join(pids, ", ")}
	case len(list) == 0:
		return nil, &NotFound{who, "no enclave of yours runs"}
	}
	return nil, &NotFound{who, "see `skerry ps`"}
}

// NotFound says that no enclave, or not only one, has a name.
type NotFound struct{ Who, Do string }

func (e *NotFound) Error() string { return "no such enclave: " + e.Who + ": " + e.Do }

// Dir is where the caller's entries are: /run/skerry for root, $XDG_RUNTIME_DIR/skerry or
// /tmp/skerry-UID for others. Where that is not in memory, but /dev/shm is, /dev/shm/skerry-UID: a file
// on a disk would be written back again and again, and a core would wait for it.
func Dir() (string, error) {
	uid := os.Geteuid()
	own := "skerry-" + strconv.Itoa(uid)
	parent, name := "/tmp", own
	if uid == 0 {
		parent, name = "/run", "skerry"
	} else if x, ok := syscall.Getenv("XDG_RUNTIME_DIR"); ok && strings.HasPrefix(x, "/") {
		parent, name = x, "skerry"
	}
	if !inMemory(parent) && inMemory("/dev/shm") {
		parent, name = "/dev/shm", own
	}
	return parent + "/" + name, nil
}

// MakeDir is Dir, made if need be, and safe.
func MakeDir() (string, error) {
	dir, err := Dir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return dir, safe(dir)
}

func inMemory(dir string) bool {
	const tmpfs, ramfs = 0x01021994, 0x858458f6
	var s syscall.Statfs_t
	return syscall.Statfs(dir, &s) == nil && (s.Type == tmpfs || s.Type == ramfs)
}

// safe checks that a directory is the caller's own and nobody else's to write.
func safe(dir string) error {
	var st syscall.Stat_t
	if err := syscall.Lstat(dir, &st); err != nil {
		return err
	}
	switch {
	case st.Mode&syscall.S_IFMT != syscall.S_IFDIR:
		return fmt.Errorf("%s is not a directory: remove it", dir)
	case int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to user %d: it must be yours", dir, st.Uid)
	case st.Mode&0o022 != 0:
		return fmt.Errorf("%s can be written by others: chmod 700 it", dir)
	}
	return nil
}
