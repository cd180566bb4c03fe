// Package node takes processors and memory from Linux for the native platform, and gives them back.
//
// A reservation is two things: CPUs that Linux has put offline, and a hugetlbfs mount for which Linux
// keeps enough huge pages (option min_size). Neither needs a process that lives on. Parts of it are
// claimed by enclaves (claim.go), each with CPUs and one file of that mount.
//
// Rules:
//   - what is going to be done is found out, and refused, before anything is done (Check);
//   - the state file is written before the first step, and says how things were: whatever happens then,
//     SIGKILL and failing steps included, Release puts them back, as often as it is called;
//   - files are handled without package os, which would leave descriptors open in the program's process;
//   - whoever changes a reservation or a claim holds the lock.
package node

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/procfs"
)

// State is a reservation, as the state file has it.
type State struct {
	Version int
	Phase   string // one of the phases below
	BootID  string // of the boot in which it was made: another one has forgotten it
	Since   time.Time
	CPUs    []CPU
	Memory  uint64 // bytes
	Mode    string // of the interrupt controllers: XAPIC or X2APIC

	PagesBefore int // nr_hugepages before
	PagesAdded  int // and how many were to be added
}

// Phases of a reservation. What is not Reserved was interrupted, and can only be released.
const (
	Reserving = "reserving"
	Reserved  = "reserved"
	Releasing = "releasing"
)

// CPU is one of Linux's that was taken.
type CPU struct {
	Number int
	APIC   uint32 // id of its interrupt controller
}

// Modes of the interrupt controllers.
const (
	XAPIC  = "xapic"
	X2APIC = "x2apic"
)

const version = 1

// Error says what failed, on what, and what the user can do.
type Error struct{ What, On, Do string }

func (e *Error) Error() string {
	s := e.What
	for _, more := range []string{e.On, e.Do} {
		if more != "" {
			s += ": " + more
		}
	}
	return s
}

func fail(what, on, do string) *Error { return &Error{what, on, do} }

// Node is this machine's reservation. Use Here, or for tests New.
type Node struct {
	sys System
	dir string // state, lock, claims
}

// Here is the node of this machine.
func Here() *Node { return New(Linux{}, "/run/skerry") }

// New is a node whose state is under dir.
func New(sys System, dir string) *Node { return &Node{sys: sys, dir: dir} }

func (n *Node) stateFile() string { return filepath.Join(n.dir, "node.json") }

// Mount is where the reserved memory is: one file for each enclave.
func (n *Node) Mount() string { return filepath.Join(n.dir, "memory") }

// State is the reservation; nil when there is none.
func (n *Node) State() (*State, error) {
	text, err := procfs.ReadAll(n.stateFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fail("cannot read the node's state", err.Error(), "be root")
	}
	s := &State{}
	if err := json.Unmarshal(text, s); err != nil || s.Version != version {
		return nil, fail("the node's state is not readable", n.stateFile(),
			"it is of another version of skerry: release with that one, or reboot")
	}
	if id, err := n.sys.Read("/proc/sys/kernel/random/boot_id"); err == nil && s.BootID != id {
		return nil, nil // Linux has started anew since then: nothing is taken
	}
	return s, nil
}

func (n *Node) save(s *State) error {
	return writeFile(n.stateFile(), s)
}

// writeFile replaces a file of JSON, so that a reader finds the old one or the new one.
func writeFile(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	part := path + ".part"
	if err := procfs.Create(part, string(text)+"\n", 0o644); err != nil {
		return fail("cannot write the state", err.Error(), "is /run full?")
	}
	if err := os.Rename(part, path); err != nil {
		return fail("cannot write the state", err.Error(), "is /run full?")
	}
	return nil
}

// Lock keeps all others from changing the node until unlock is called, or the process ends.
func (n *Node) Lock() (unlock func(), err error) {
	if err := os.MkdirAll(n.dir, 0o755); err != nil {
		return nil, fail("cannot make the directory of the state", err.Error(), "be root")
	}
	fd, err := unix.Open(filepath.Join(n.dir, "lock"), unix.O_CREAT|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fail("cannot lock the node", err.Error(), "be root")
	}
	for {
		if err = unix.Flock(fd, unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		unix.Close(fd)
		return nil, fail("cannot lock the node", err.Error(), "")
	}
	return func() { unix.Close(fd) }, nil
}

// Set is the CPUs of a reservation.
func (s *State) Set() cpus.Set {
	var set cpus.Set
	for _, c := range s.CPUs {
		set.Add(c.Number)
	}
	return set
}

// Pages is how many huge pages hold n bytes.
func Pages(n uint64) int { return int((n + abi.Granule - 1) / abi.Granule) }
