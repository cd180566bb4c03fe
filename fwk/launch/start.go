package launch

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/apic"
	"github.com/skerry-os/skerry/fwk/node"
	"github.com/skerry-os/skerry/fwk/pin"
	"github.com/skerry-os/skerry/lwk/record"
	"github.com/skerry-os/skerry/platform/native/load"
)

// Times of a start, in milliseconds. A processor needs 10 between INIT and the start-up (Intel SDM volume
// 3, 9.4.4); the others are what an overloaded emulator needs, not hardware.
const (
	afterInit  = 10
	secondTry  = 2
	aliveAfter = 10000
)

// Start takes all cores into the LWK and returns when each has come in. On failure all are stopped, and
// the error says what is known.
func (e *Enclave) Start() error {
	// Our own may be gone from here: what Descriptors told of is the proxy's by now.
	bus, err := apic.Open()
	if err != nil {
		return err
	}
	defer bus.Close()
	// The keeper has pinned the pages since before we asked where they are; somebody may have killed it.
	now, err := pin.Where(e.Mem)
	if err != nil {
		return fail("cannot use the enclave's memory", err.Error(), "")
	}
	if !slices.Equal(now, e.physical) {
		return fail("the enclave's memory was moved before it started", "is memory being taken offline?", "try again")
	}
	at := node.Trampolines + e.Claim.Slot*node.TrampolineSlot
	code, err := load.Trampoline(e.Mem, e.Boot, uint32(at))
	if err != nil {
		return fail("cannot start the cores", err.Error(), "")
	}
	low, err := apic.MapLow(at, node.TrampolineSlot)
	if err != nil {
		return err
	}
	copy(low.Mem, code)
	low.Close()
	s := starter{bus: bus, taken: e.node.Taken, cpus: e.Claim.CPUs, page: uint8(at >> 12),
		state: func(i int) uint32 { return atomic.LoadUint32(&enclave.Core(e.Mem, e.Boot, i).State) }, sleep: sleep,
		note: func(i int) { atomic.StoreUint64(&enclave.Core(e.Mem, e.Boot, i).Started, record.Ticks()) }}
	if err := s.start(); err != nil {
		stopCores(e.node, bus, e.Claim)
		if why := Diagnose(e.Mem, e.Boot, e.Claim, e.node.Taken); why != "" {
			return fmt.Errorf("%w\n%s", err, why)
		}
		return err
	}
	return nil
}

// starter is the order of messages that starts cores; tests give it other means.
type starter struct {
	bus   Bus
	taken func(cpu int) bool
	cpus  []node.CPU
	page  uint8
	state func(core int) uint32
	sleep func(ms int)
	note  func(core int) // it is told now
}

// start brings all cores in at the same time: they are told one after another, and waited for together.
func (s *starter) start() error {
	for _, c := range s.cpus {
		if s.taken(c.Number) {
			return fail("CPU was put online again", strconv.Itoa(c.Number), "Linux uses it: run `skerry node release`, and reserve again")
		}
		if err := s.bus.Init(c.APIC); err != nil {
			return err
		}
	}
	s.sleep(afterInit)
	if err := s.tell(); err != nil {
		return err
	}
	s.sleep(secondTry)
	// A core that runs already ignores the second one.
	if err := s.tell(); err != nil {
		return err
	}
	for waited := 0; ; waited++ {
		missing := s.missing()
		if len(missing) == 0 {
			return nil
		}
		if waited == aliveAfter {
			return fail("cores do not start", "no sign of life from CPU "+strings.Join(missing, ", "),
				"does the hypervisor let processors be started? see docs/native.md")
		}
		s.sleep(1)
	}
}

// tell sends the start-up message to all cores that have not come in.
func (s *starter) tell() error {
	for i, c := range s.cpus {
		if s.state(i) == abi.CoreOff && !s.taken(c.Number) {
			s.note(i)
			if err := s.bus.Startup(c.APIC, s.page); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *starter) missing() (list []string) {
	for i, c := range s.cpus {
		if s.state(i) == abi.CoreOff {
			list = append(list, strconv.Itoa(c.Number))
		}
	}
	return list
}

// sleep does without Go's timers: see the package's rules.
func sleep(ms int) {
	left := unix.NsecToTimespec(int64(ms) * 1e6)
	for unix.Nanosleep(&left, &left) == unix.EINTR {
	}
}

// stopCores sends INIT to all cores of a claim that Linux does not have.
func stopCores(n *node.Node, bus Bus, c *node.Claim) error {
	for _, cpu := range c.CPUs {
		if n.Taken(cpu.Number) {
			continue
		}
		if err := bus.Init(cpu.APIC); err != nil {
			return err
		}
	}
	sleep(1) // it is not answered
	return nil
}

// end stops a claim's cores and gives up the claim. The lock must be held.
func end(n *node.Node, bus Bus, c *node.Claim) error {
	if err := stopCores(n, bus, c); err != nil {
		return err
	}
	if c.Keeper.PID != os.Getpid() {
		kill(c.Keeper) // it would end by itself, a little later, and holds the memory until then
	}
	return n.Drop(c)
}

// reap ends the claims of enclaves whose runner is gone and whose keeper cannot do it any more. The lock
// must be held.
func reap(n *node.Node, bus Bus) error {
	all, err := n.Claims()
	if err != nil {
		return err
	}
	for _, c := range all {
		if !Lives(n, c) {
			// Its keeper may be about to do the same; under the lock, only one of us finds the claim.
			if err := end(n, bus, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// Drop ends the enclave: its cores are stopped, and memory and cores are free for the next.
func (e *Enclave) Drop() error {
	bus, err := apic.Open() // as in Start
	if err != nil {
		return err
	}
	defer bus.Close()
	unlock, err := e.node.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	if now, err := e.node.Find(e.Claim.Name); err != nil || now == nil || !now.Same(e.Claim) {
		return err // it was ended for us
	}
	return end(e.node, bus, e.Claim)
}

// Reap clears away what is left of dead enclaves. It does nothing without a reservation.
func Reap(n *node.Node) error {
	all, err := n.Claims()
	if err != nil || !slices.ContainsFunc(all, func(c *node.Claim) bool { return !Lives(n, c) }) {
		return err
	}
	bus, err := apic.Open()
	if err != nil {
		return err
	}
	defer bus.Close()
	unlock, err := n.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	return reap(n, bus)
}

// StopAll ends all enclaves of a node that is about to be released. Those that run are ended by SIGKILL
// with force, and refused without. The lock must be held.
func StopAll(n *node.Node, force bool) error {
	all, err := n.Claims()
	if err != nil || len(all) == 0 {
		return err
	}
	bus, err := apic.Open()
	if err != nil {
		return err
	}
	defer bus.Close()
	for _, c := range all {
		if Lives(n, c) {
			if !force {
				return fail("an enclave runs", c.Name+", process "+strconv.Itoa(c.Runner.PID), "`skerry kill "+c.Name+"`, or release --force")
			}
			killAll(n, c)
		}
		if err := end(n, bus, c); err != nil {
			return err
		}
	}
	return nil
}

// kill ends a process by SIGKILL and waits until it is gone.
func kill(p node.Process) {
	if !p.Alive() {
		return
	}
	_ = unix.Kill(p.PID, unix.SIGKILL)
	for range 1000 {
		if !p.Alive() {
			return
		}
		sleep(5)
	}
}
