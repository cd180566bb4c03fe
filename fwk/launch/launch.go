// Package launch starts and stops enclaves on cores and memory that package node has reserved, from an
// ordinary process of Linux's root.
//
// Two processes belong to an enclave: the runner (`skerry run`), which is the program as far as Linux
// knows, and its keeper (keep.go), which keeps the memory in its place, watches the cores, and stops
// them when the runner is gone, however it went. Rules:
//   - a core is stopped (INIT) before its memory is Linux's again, and never when Linux has the CPU
//     online: each time, that is asked right before;
//   - nothing here is trusted that lies in the enclave's memory: it is looked at for states and texts, and
//     where things are is taken from our own boot page;
//   - in the runner no descriptor is left open by accident and no timer of Go's is used: its descriptors
//     are the program's. What has to stay open is told by Descriptors.
package launch

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/apic"
	"github.com/skerry-os/skerry/fwk/install"
	"github.com/skerry-os/skerry/fwk/node"
	"github.com/skerry-os/skerry/fwk/pin"
	"github.com/skerry-os/skerry/fwk/procfs"
	"github.com/skerry-os/skerry/fwk/tsc"
	"github.com/skerry-os/skerry/platform/native/load"
)

// Bus sends to processors: package apic, or a test's.
type Bus interface {
	Init(id uint32) error
	Startup(id uint32, page uint8) error
	Interrupt(id uint32, vector uint8) error
}

// Config is what an enclave is made of.
type Config struct {
	Node  *node.Node
	Ask   node.Ask
	Image string // file of the LWK's image
	// LinuxCPUs are where the proxy works; the first one gets the LWK's interrupts.
	LinuxCPUs []int
	// PollLWK and PollLinux leave out the doorbell to that side.
	PollLWK, PollLinux bool
}

// Enclave is a claimed one. It is the runner's.
type Enclave struct {
	Claim *node.Claim
	Boot  *abi.Boot // ours; the enclave's memory has a copy
	FD    int       // the enclave's memory
	Mem   []byte    // all of it

	node     *node.Node
	bus      *apic.Bus
	image    *load.Image
	physical []uint64
	bell     *Bell
	mail     *mailbox
	instance int
}

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

func fail(what, on, do string) error { return &Error{what, on, do} }

// FindImage finds the LWK's image: what SKERRY_LWK names, or the one that is installed with skerry.
func FindImage() (string, error) {
	if path := os.Getenv("SKERRY_LWK"); path != "" {
		return path, nil
	}
	path, err := install.Find(install.LWK)
	if err != nil {
		return "", fail("the kernel's image is missing", err.Error(), "")
	}
	return path, nil
}

// Take claims cores and memory, starts the keeper, and fills in the boot page but for Reserved. Nothing
// runs yet. It blocks for as long as Linux takes to clear the memory.
func Take(c Config) (*Enclave, error) {
	raw, err := procfs.ReadAll(c.Image)
	if err != nil {
		return nil, fail("cannot read the kernel's image", err.Error(), "run `make build`")
	}
	img, err := load.Open(bytes.NewReader(raw))
	if err != nil {
		return nil, fail("cannot read the kernel's image", err.Error(), "run `make build`")
	}
	e := &Enclave{node: c.Node, image: img, FD: -1}
	if e.bus, err = apic.Open(); err != nil {
		return nil, err
	}
	if err := e.claim(c.Ask); err != nil {
		e.bus.Close()
		return nil, err
	}
	if err := e.prepare(c); err != nil {
		if undo := e.Drop(); undo != nil {
			err = fmt.Errorf("%w; and its claim could not be ended: %w", err, undo)
		}
		e.Close()
		return nil, err
	}
	return e, nil
}

// claim takes the claim under the lock, after what is left of dead enclaves was cleared away. An enclave
// of the same runner, which is executing another program, is replaced.
func (e *Enclave) claim(a node.Ask) error {
	unlock, err := e.node.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	if old, err := e.node.Find(a.Name); err == nil && old != nil && old.Runner == a.Runner {
		if err := end(e.node, e.bus, old); err != nil {
			return err
		}
	}
	if err := reap(e.node, e.bus); err != nil {
		return err
	}
	e.Claim, err = e.node.Claim(a)
	if err == nil {
		e.Claim.Image = e.image.Size()
		err = e.node.SaveClaim(e.Claim)
	}
	return err
}

func (e *Enclave) prepare(c Config) error {
	var err error
	if e.mail, err = openMail(e.node.MailFile(e.Claim.Name), true); err != nil {
		return err
	}
	// The keeper pins before addresses are asked for.
	if e.Claim.Keeper, err = startKeeper(e.Claim.Name); err != nil {
		return err
	}
	if e.FD, err = unix.Open(e.node.MemoryFile(e.Claim.Name), unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
		return fail("cannot open the enclave's memory", err.Error(), "")
	}
	if e.Mem, err = pin.Map(e.FD, e.Claim.Memory); err != nil {
		return fail("cannot map the enclave's memory", err.Error(), "")
	}
	if e.physical, err = pin.Where(e.Mem); err != nil {
		return fail("cannot use the enclave's memory", err.Error(), "be root of the machine")
	}
	if e.Boot, err = enclave.Layout(len(e.Claim.CPUs), e.Claim.Memory, e.image.Size()); err != nil {
		return fail("cannot make the enclave", err.Error(), "give a larger --mem")
	}
	if e.Claim.Mode == node.X2APIC {
		e.Boot.Flags |= abi.BootX2APIC
	}
	for i, cpu := range e.Claim.CPUs {
		e.Boot.APIC[i], e.Boot.CPU[i] = cpu.APIC, uint32(cpu.Number)
	}
	if e.Boot.TSCkHz, err = tsc.KHz(); err != nil {
		return fail("cannot find out how fast the time stamp counter is", err.Error(), "")
	}
	if !c.PollLWK {
		e.Boot.ToLWK = abi.Bell{Kind: abi.BellIPI, Vector: abi.VectorBell}
	}
	if c.PollLinux {
		return nil
	}
	for _, cpu := range c.LinuxCPUs {
		id, ok := e.node.APIC(cpu)
		if !ok {
			continue
		}
		// Without the bell Linux's side polls: a missing tracepoint is no reason not to run.
		if e.bell, err = OpenBell(cpu); err == nil {
			e.Boot.ToLinux = abi.Bell{Kind: abi.BellIPI, Vector: VectorLinux, Target: id}
		}
		break
	}
	return nil
}

// Descriptors are what has to stay open besides FD, for Ring and Wait.
func (e *Enclave) Descriptors() []int {
	var list []int
	if e.bus != nil {
		list = e.bus.Descriptors()
	}
	if e.bell != nil {
		list = append(list, e.bell.fd)
	}
	return list
}

// Ring rings core i's doorbell, if it has one.
func (e *Enclave) Ring(i int) {
	if e.Boot.ToLWK.Kind == abi.BellIPI && i >= 0 && i < len(e.Claim.CPUs) && !e.mail.stopped() {
		// A bell that does not ring is late, not lost: the core looks by itself.
		_ = e.bus.Interrupt(e.Claim.CPUs[i].APIC, abi.VectorBell)
	}
}

// Waits reports whether the LWK rings, so that Wait may be used.
func (e *Enclave) Waits() bool { return e.bell != nil }

// Wait blocks until the LWK has rung, or a signal came.
func (e *Enclave) Wait() { e.bell.Wait(-1) }

// Load fills the enclave's memory: image, page tables, boot page and program.
func (e *Enclave) Load(p *enclave.Program) error {
	if err := e.image.Load(e.Mem, e.Boot, e.physical); err != nil {
		return fail("cannot load the kernel's image", err.Error(), "")
	}
	raw := p.Append(nil)
	if uint64(len(raw)) > e.Boot.Program.Len {
		return fail("arguments and environment are too large", fmt.Sprintf("%d bytes", len(raw)), "the limit is "+fmt.Sprint(e.Boot.Program.Len))
	}
	copy(e.Mem[e.Boot.Program.Off:], raw)
	return nil
}

// Close gives back what this process holds of the enclave: mappings and descriptors. The claim, and what
// runs, stay.
func (e *Enclave) Close() {
	if e.Mem != nil {
		_ = unix.Munmap(e.Mem)
		e.Mem = nil
	}
	if e.FD >= 0 {
		unix.Close(e.FD)
		e.FD = -1
	}
	if e.bell != nil {
		e.bell.Close()
		e.bell = nil
	}
	if e.mail != nil {
		_ = unix.Munmap(e.mail.page)
		e.mail = nil
	}
	e.bus.Close()
}
