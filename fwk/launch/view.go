package launch

import (
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/node"
)

// Viewer looks at an enclave from another process.
type Viewer struct {
	node  *node.Node
	claim *node.Claim
	boot  *abi.Boot
	mem   []byte
	at    uint64 // what was printed of the log
}

// View opens an enclave's memory to look at.
func View(n *node.Node, name string) (*Viewer, error) {
	c, err := n.Find(name)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, fail("no such enclave", name, "see `skerry ps`")
	}
	v := &Viewer{node: n, claim: c}
	if v.boot, err = enclave.Layout(len(c.CPUs), c.Memory, c.Image); err != nil {
		return nil, err
	}
	fd, err := unix.Open(n.MemoryFile(name), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fail("cannot open the enclave's memory", err.Error(), "be root")
	}
	defer unix.Close(fd)
	if v.mem, err = unix.Mmap(fd, 0, int(c.Memory), unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return nil, fail("cannot map the enclave's memory", err.Error(), "")
	}
	return v, nil
}

// Close ends the look.
func (v *Viewer) Close() { _ = unix.Munmap(v.mem) }

// Alive reports whether the enclave is still there.
func (v *Viewer) Alive() bool {
	now, err := v.node.Find(v.claim.Name)
	return err == nil && now != nil && now.Same(v.claim)
}

// Core is what a core tells of itself.
type Core struct {
	State  uint32
	Beat   uint64 // grows by one with each interrupt that the core takes, and when it goes idle
	Began  uint64 // TSC when it was ready for the program, 0: not yet
	Called uint64 // TSC when it was told to start
}

// Core looks at core i, which must be there.
func (v *Viewer) Core(i int) Core {
	c := enclave.Core(v.mem, v.boot, i)
	s := Core{State: atomic.LoadUint32(&c.State), Beat: atomic.LoadUint64(&c.Beat), Called: atomic.LoadUint64(&c.Started)}
	if s.State == abi.CoreRunning {
		s.Began = atomic.LoadUint64(&c.Ticks)
	}
	return s
}

// States writes a line for each core, and of those that died what they left.
func (v *Viewer) States(w io.Writer) error {
	for i, cpu := range v.claim.CPUs {
		c := enclave.Core(v.mem, v.boot, i)
		state := StateName(atomic.LoadUint32(&c.State))
		if v.node.Taken(cpu.Number) {
			state = "taken back by Linux"
		}
		if _, err := fmt.Fprintf(w, "CPU %d: %s, heartbeat %d\n", cpu.Number, state, atomic.LoadUint64(&c.Beat)); err != nil {
			return err
		}
		if e, ok := enclave.Epitaph(v.mem, v.boot, i); ok {
			if _, err := fmt.Fprintln(w, "  "+lastWords(&e)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Log writes what is new in the log.
func (v *Viewer) Log(w io.Writer) error {
	text, next := enclave.ReadLog(v.mem, v.boot, v.at)
	v.at = next
	_, err := io.WriteString(w, clean(string(text)))
	return err
}

func lastWords(e *abi.Epitaph) string {
	return fmt.Sprintf("%s: %s (vector %d, error %#x, rip %#x, rsp %#x, cr2 %#x)", epitaphNames[e.Kind], clean(enclave.Line(e)),
		e.Vector, e.Error, e.RIP, e.RSP, e.CR2)
}

// Freed waits until the enclave of a process that was killed has given back its cores.
func Freed(n *node.Node, pid int) error {
	for range 200 {
		all, err := n.Claims()
		if err != nil {
			return err
		}
		there := false
		for _, c := range all {
			there = there || c.Runner.PID == pid
		}
		if !there {
			return nil
		}
		sleep(25)
	}
	return Reap(n)
}
