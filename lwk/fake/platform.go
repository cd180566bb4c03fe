// Package fake is a platform of ordinary Go memory, for tests of what runs above package hal: nothing
// runs on it, a test plays the program, Linux and the clock. It allocates nothing after New, so that
// tests can count what the code under test allocates.
package fake

import (
	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/hal"
)

// Platform implements hal.Platform. Tests set and read its fields.
type Platform struct {
	Time int64 // Now's answer
	Mem  Memory

	// Answer, if set, is Linux: it returns what a shipped call returns. Without, calls stay in Pending.
	Answer func(nr uint32, args *[6]uint64) int64
	// OnInline, if set, answers calls made on the core; without, they return 0.
	OnInline func(nr uintptr, args *[6]uint64) int64

	Sent        int       // calls sent so far
	Last        Call      // the last of them
	Interrupted [8]uint32 // thread numbers, the first ones
	NInterrupts int
	Resumed     int
	Everywheres int    // how often Everywhere was called
	Collected   int    // how often Collect was called
	Left        uint64 // what Leave was last given
	Ended       bool   // Exit or Die was called
	Status      int    // with this status or signal
	Died        bool

	cores   []*Core
	replies [][64]ikc.Slot
	nreply  []int
}

// Call is a call that was sent to Linux.
type Call struct {
	Core       int
	Thread, Nr uint32
	Args       [6]uint64
}

// New makes a platform with n cores and size bytes of program memory from base on.
func New(n int, base uintptr, size int) *Platform {
	p := &Platform{Time: 1e9, Mem: Memory{base, make([]byte, size)}, replies: make([][64]ikc.Slot, n), nreply: make([]int, n)}
	for i := range n {
		p.cores = append(p.cores, &Core{p: p, index: i})
	}
	return p
}

var _ hal.Platform = (*Platform)(nil)

func (p *Platform) Cores() int              { return len(p.cores) }
func (p *Platform) Core(i int) hal.Core     { return p.cores[i] }
func (p *Platform) Fake(i int) *Core        { return p.cores[i] }
func (p *Platform) Start(_ int, _ func())   {}
func (p *Platform) Memory() hal.Memory      { return Mappings{} }
func (p *Platform) User() hal.User          { return &p.Mem }
func (p *Platform) NewExt(i uint32) uintptr { return uintptr(i) }
func (p *Platform) Now() int64              { return p.Time }

// Send notes the call; with Answer it is answered at once.
func (p *Platform) Send(core int, thread, nr uint32, args *[6]uint64) bool {
	p.Sent++
	p.Last = Call{core, thread, nr, *args}
	if p.Answer != nil {
		p.Reply(core, thread, p.Answer(nr, args))
	}
	return true
}

// Reply makes Linux answer a thread's call.
func (p *Platform) Reply(core int, thread uint32, ret int64) {
	p.Deliver(core, &ikc.Slot{Kind: 1, Thread: thread, Args: [6]uint64{uint64(ret)}})
}

// Deliver queues a message for a core.
func (p *Platform) Deliver(core int, m *ikc.Slot) {
	s := &p.replies[core][p.nreply[core]]
	s.Kind, s.Thread, s.Aux, s.Args = m.Kind, m.Thread, m.Aux, m.Args
	p.nreply[core]++
}

func (p *Platform) Receive(core int, m *ikc.Slot) bool {
	n := p.nreply[core]
	if n == 0 {
		return false
	}
	q := &p.replies[core]
	m.Kind, m.Thread, m.Aux, m.Args = q[0].Kind, q[0].Thread, q[0].Aux, q[0].Args
	for i := 1; i < n; i++ {
		q[i-1].Kind, q[i-1].Thread, q[i-1].Aux, q[i-1].Args = q[i].Kind, q[i].Thread, q[i].Aux, q[i].Args
	}
	p.nreply[core]--
	return true
}

func (p *Platform) Interrupt(thread uint32) {
	p.Interrupted[p.NInterrupts%len(p.Interrupted)] = thread
	p.NInterrupts++
}

func (p *Platform) Resume(uint32) { p.Resumed++ }

func (p *Platform) Inline(nr uintptr, args *[6]uint64) int64 {
	if p.OnInline != nil {
		return p.OnInline(nr, args)
	}
	return 0
}

func (p *Platform) Collect() { p.Collected++ }

func (p *Platform) Alone(_ int, nr uintptr, args *[6]uint64, _ int, _ bool) (int64, bool) {
	r := p.Inline(nr, args)
	return r, r >= 0
}

func (p *Platform) Everywhere(nr uintptr, args *[6]uint64) int64 {
	p.Everywheres++
	return p.Inline(nr, args)
}

func (p *Platform) Fork(int, *hal.Clone, *hal.Forking) int64 { return -38 }
func (p *Platform) Vfork(int, uint64, bool) int64            { return -38 }
func (p *Platform) Vforked(int)                              {}
func (p *Platform) Company()                                 {}
func (p *Platform) Heeds(func(uint32) uint64)                {}
func (p *Platform) Exec(_, _ []string) int64                 { return -38 }
func (p *Platform) Stop(int)                                 {}
func (p *Platform) ChildSignal(bool, uint64)                 {}
func (p *Platform) Hold()                                    { p.Left = ^uint64(0) }
func (p *Platform) Leave(set uint64)                         { p.Left = set }
func (p *Platform) Exit(status int)                          { p.Ended, p.Status = true, status }
func (p *Platform) Die(sig int)                              { p.Ended, p.Died, p.Status = true, true, sig }
func (p *Platform) Still(int)                                {}
func (p *Platform) Stir()                                    {}
func (p *Platform) Revive(int) hal.Errno                     { return 11 }

// Light implements hal.Platform.
func (p *Platform) Light(int) {}
