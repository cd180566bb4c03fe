package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/procfs"
)

// Claim is what an enclave has of a reservation.
type Claim struct {
	Name    string
	Nonce   uint64 // tells this claim from earlier and later ones of the name
	Program string // as it was started
	Since   time.Time
	CPUs    []CPU
	Memory  uint64  // bytes
	Image   uint64  // bytes that the LWK's image takes
	Slot    int     // which trampoline
	Mode    string  // of the interrupt controllers
	Runner  Process // the process that is the program for Linux
	Keeper  Process // the process that keeps the memory in its place
}

// Process is one of Linux's: the number alone may have been given to another meanwhile.
type Process struct {
	PID   int
	Start uint64 // time since boot, in ticks: field 22 of /proc/PID/stat
}

// ProcessOf is the process that has the number now; zero when there is none.
func ProcessOf(pid int) Process {
	text, err := procfs.Read("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return Process{}
	}
	// The second field, the name, is in parentheses and may hold anything.
	_, rest, _ := cutLast(text, ")")
	if f := strings.Fields(rest); len(f) > 19 && f[0] != "Z" && f[0] != "X" {
		start, _ := strconv.ParseUint(f[19], 10, 64)
		return Process{pid, start}
	}
	return Process{}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// Alive reports whether the process is there, and not a zombie.
func (p Process) Alive() bool { return p.PID != 0 && ProcessOf(p.PID) == p }

// Ask is what an enclave wants.
type Ask struct {
	Name    string
	Program string
	CPUs    cpus.Set // these, or
	Cores   int      // that many of the free ones (0: all of them)
	Memory  uint64   // bytes; 0: its cores' share of what is free
	Runner  Process
}

// goodName reports whether name can be a file's and is easy to type: letters, digits, and inside
// also ".", "_" and "-", at most 64. By hand: every start of a program would pay for a regexp.
func goodName(name string) bool {
	for i := range len(name) {
		c := name[i]
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && (i == 0 || c != '.' && c != '_' && c != '-') {
			return false
		}
	}
	return name != "" && len(name) <= 64
}

func (n *Node) claimDir() string { return filepath.Join(n.dir, "native") }

func (n *Node) claimFile(name string) string { return filepath.Join(n.claimDir(), name+".json") }

// MemoryFile is the file that is the memory of the enclave with that name.
func (n *Node) MemoryFile(name string) string { return filepath.Join(n.Mount(), name) }

// Claims are all of this boot, by name.
func (n *Node) Claims() ([]*Claim, error) {
	files, err := procfs.List(n.claimDir())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fail("cannot read the enclaves' state", err.Error(), "be root")
	}
	var list []*Claim
	for _, f := range files {
		if name, ok := strings.CutSuffix(f, ".json"); ok {
			c, err := n.Find(name)
			if err != nil {
				return nil, err
			}
			if c != nil {
				list = append(list, c)
			}
		}
	}
	return list, nil
}

// Find returns the claim of that name; nil when there is none.
func (n *Node) Find(name string) (*Claim, error) {
	if !goodName(name) {
		return nil, nil
	}
	text, err := procfs.ReadAll(n.claimFile(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fail("cannot read an enclave's state", err.Error(), "be root")
	}
	c := &Claim{}
	if err := json.Unmarshal(text, c); err != nil || c.Name != name {
		return nil, fail("an enclave's state is not readable", n.claimFile(name), "remove that file, if no such enclave runs")
	}
	return c, nil
}

// Claim gives an enclave CPUs and a fresh file of memory, all zero. The lock must be held, and dead
// claims have been dropped.
func (n *Node) Claim(a Ask) (*Claim, error) {
	if !goodName(a.Name) {
		return nil, fail("bad name for an enclave", strconv.Quote(a.Name), "use letters, digits, dots, dashes")
	}
	s, err := n.State()
	if err != nil {
		return nil, err
	}
	if s == nil || s.Phase != Reserved {
		return nil, fail("no CPUs and no memory are reserved", "", "run `skerry node reserve --cpus LIST --mem SIZE` first")
	}
	all, err := n.Claims()
	if err != nil {
		return nil, err
	}
	c := &Claim{Name: a.Name, Nonce: rand.Uint64(), Program: a.Program, Since: time.Now().UTC().Truncate(time.Second), Mode: s.Mode, Runner: a.Runner}
	free := s.Set()
	memory := s.Memory
	used := map[int]bool{}
	for _, other := range all {
		if other.Name == a.Name {
			return nil, fail("there is an enclave of that name already", a.Name, "choose another name, or `skerry kill "+a.Name+"`")
		}
		set := other.Set()
		free = free.Minus(&set)
		memory -= min(memory, other.Memory)
		used[other.Slot] = true
	}
	for used[c.Slot] {
		if c.Slot++; c.Slot == Slots {
			return nil, fail("too many enclaves at once", fmt.Sprint(Slots), "wait for one to end")
		}
	}
	if c.CPUs, err = n.chooseCPUs(a, s, free); err != nil {
		return nil, err
	}
	share := memory / uint64(free.Count()) * uint64(len(c.CPUs)) / abi.Granule * abi.Granule
	if c.Memory = uint64(Pages(a.Memory)) * abi.Granule; a.Memory == 0 {
		c.Memory = share
	}
	if c.Memory > memory || c.Memory == 0 {
		return nil, fail("not enough reserved memory", fmt.Sprintf("%d MiB of %d MiB are free", memory>>20, s.Memory>>20), "give a smaller --mem, or reserve more")
	}
	if err := os.MkdirAll(n.claimDir(), 0o755); err != nil {
		return nil, fail("cannot make the enclaves' directory", err.Error(), "")
	}
	// The claim is there before the file: whatever happens, Drop finds both.
	if err := n.SaveClaim(c); err != nil {
		return nil, err
	}
	if err := n.allocate(c); err != nil {
		n.Drop(c)
		return nil, fail("cannot get the enclave's memory", err.Error(), "see `skerry node show`")
	}
	return c, nil
}

// allocate makes the file. Pages of an enclave that has just ended come back a little later, when Linux
// has got round to unpinning them.
func (n *Node) allocate(c *Claim) (err error) {
	for range 100 {
		if err = n.sys.Allocate(n.MemoryFile(c.Name), c.Memory); !errors.Is(err, unix.ENOSPC) {
			return err
		}
		n.sys.Settle()
	}
	return err
}

// chooseCPUs takes those that were asked for, or the highest free ones.
func (n *Node) chooseCPUs(a Ask, s *State, free cpus.Set) ([]CPU, error) {
	have := s.Set()
	want := a.CPUs
	if want.Count() == 0 {
		count := a.Cores
		if count == 0 {
			count = free.Count()
		}
		list := free.List()
		if count > len(list) || count == 0 {
			return nil, fail("not enough reserved CPUs are free", fmt.Sprintf("%d of %d (%s)", len(list), have.Count(), have.String()),
				"wait for an enclave to end (`skerry ps`), or ask for fewer")
		}
		want = cpus.Of(list[len(list)-count:]...)
	}
	if missing := want.Minus(&have); missing.Count() != 0 {
		return nil, fail("CPU is not reserved", missing.String(), "reserved: "+have.String())
	}
	if busy := want.Minus(&free); busy.Count() != 0 {
		return nil, fail("CPU is taken by another enclave", busy.String(), "see `skerry ps`")
	}
	var list []CPU
	for _, c := range s.CPUs {
		if !want.Has(c.Number) {
			continue
		}
		if n.Taken(c.Number) {
			return nil, fail("CPU was put online again", strconv.Itoa(c.Number),
				"Linux uses it; run `skerry node release`, find out who did that, and reserve again")
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b CPU) int { return a.Number - b.Number })
	return list, nil
}

// Taken reports whether Linux has the CPU online: then nothing may be sent to it.
func (n *Node) Taken(cpu int) bool {
	text, err := n.sys.Read(onlineFile(cpu))
	return err != nil || text != "0"
}

// Set is the CPUs of a claim.
func (c *Claim) Set() cpus.Set {
	var set cpus.Set
	for _, cpu := range c.CPUs {
		set.Add(cpu.Number)
	}
	return set
}

// Same reports whether both are one enclave, of one program.
func (c *Claim) Same(other *Claim) bool { return c.Name == other.Name && c.Nonce == other.Nonce }

// APIC is the id of the interrupt controller of a CPU that Linux has online.
func (n *Node) APIC(cpu int) (uint32, bool) {
	ids, err := n.apicIDs()
	id, ok := ids[cpu]
	return id, err == nil && ok
}

// MailFile is where an enclave's two processes meet.
func (n *Node) MailFile(name string) string { return filepath.Join(n.claimDir(), name+".mail") }

// SaveClaim writes a claim down.
func (n *Node) SaveClaim(c *Claim) error { return writeFile(n.claimFile(c.Name), c) }

// Drop ends a claim: its memory is Linux's again, so its cores must have been stopped. Doing it twice
// does nothing.
func (n *Node) Drop(c *Claim) error {
	for _, path := range []string{n.MemoryFile(c.Name), n.MailFile(c.Name), n.claimFile(c.Name)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fail("cannot end the enclave's claim", err.Error(), "")
		}
	}
	return nil
}
