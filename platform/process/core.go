package process

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/hal"
)

// core is one processor of the enclave: a thread of this process, pinned to the CPU. It implements
// hal.Core. The first fields are known to the assembly (offsets.h).
type core struct {
	self, rip, sp, bp, gofs, ctx uintptr
	user                         uint32 // in the program, or on the way
	kick                         uint32 // Run is to return
	entry                        uintptr
	pid, tid                     uint32  // answers of getpid and gettid
	fast                         uintptr // where calls answered in assembly are counted
	shadow                       uintptr
	curfs                        uintptr // what the FS base is now
	realg                        uintptr

	index  uint32
	unrung uint32  // calls were sent since somebody made sure that a proxy polls
	atSea  int32   // calls that are at Linux
	noted  uint32  // what Note was told last
	thread uintptr // Linux's id of the core's thread

	// What the monitor and other cores read.
	waiting  uint32 // threads wait for this core
	sleeping uint32 // futex word: 1 while Idle sleeps
	awaken   uint32 // Wake was called
	absent   uint32 // it runs a thread while others' calls are at Linux: whoever answers tells the monitor
	inRun    uint32 // between the test for stopped and leaving the program; several cores only
	ringing  uint32 // a kick's signal is on its way
	runs     uint64 // counts thread switches
	deadline int64  // when the first sleeping thread of this core is due, 0: none
	cpu      int
	outside  uint32 // it is neither in the program nor in the LWK; several cores only
	_        [12]byte

	// The monitor's own.
	sliceRun  uint64
	sliceSeen int64
	_         [48]byte

	// Of a core that makes calls itself (own_unsafe.go).
	own  uint32
	open uint32 // it blocks no signal
	rest uint32 // own was set before Hold
	_    [4]byte
	call ownCall

	signals uint32 // that came while it was open, up to a storm
	calm    int64  // when the last so many had come
	_       [24]byte

	replies   ikc.Ring // read by both sides
	_         [48]byte
	replySend ikc.Cursor // the proxies'
	replyTake ikc.Cursor // the core's

	shadowG [gRoom / 8]uint64 // see light_unsafe.go
}

// Run implements hal.Core.
func (c *core) Run(ctx *hal.Context) hal.Trap {
	s := &text
	if c.open != c.own {
		c.ready()
	}
	if enc.ncores > 1 {
		c.enterShared(s)
	}
	// After that, lest the text changes between the two.
	if ctx.Gen != s.gen {
		s.relocate(ctx)
	}
	t := enter(c, ctx)
	if t != uintptr(hal.TrapSyscall) || ctx.RAX >= maxLight || !lightCalls[ctx.RAX] {
		c.Settle()
	}
	if enc.ncores > 1 {
		atomic.StoreUint32(&c.inRun, 0)
		if atomic.LoadUint32(&still) != 0 {
			c.waitStill()
			c.enterKernel()
		}
	}
	if t == trapSite {
		s.trapped(c, ctx)
		t = uintptr(hal.TrapSyscall)
	}
	return hal.Trap(t)
}

// trapSite is enter's TRAP_SITE.
const trapSite = 4

// enterShared waits while another core changes the program's text.
func (c *core) enterShared(s *sites) {
	for {
		atomic.StoreUint32(&c.inRun, 1)
		if atomic.LoadUint32(&s.patching) == 0 {
			return
		}
		atomic.StoreUint32(&c.inRun, 0)
		for n := 0; atomic.LoadUint32(&s.patching) != 0; n++ {
			if n < 1000 {
				lookAway()
				continue
			}
			c.Settle()
			briefly()
		}
	}
}

// ProgramPC implements hal.Core.
func (c *core) ProgramPC(pc uint64) uint64 {
	if p, ok := text.table.ToProgram(pc); ok {
		return p
	}
	return pc
}

// ResumePC implements hal.Core.
func (c *core) ResumePC(pc uint64) uint64 {
	if p, ok := text.table.ToStub(pc); ok {
		return p
	}
	return pc
}

// stirred reports that somebody wants the core to look around, which is not a message.
func (c *core) stirred() bool {
	return atomic.LoadUint32(&c.awaken)|atomic.LoadUint32(&c.kick) != 0
}

// Poll implements hal.Core.
func (c *core) Poll() bool {
	if c.call.state != callNone {
		return c.makeOwn()
	}
	budget := enc.spin
	if c.own != 0 {
		budget = 0 // nobody owes it an answer
	}
	for i := range max(budget, 1) {
		if c.replies.Pending(&c.replyTake) {
			return true
		}
		if i == ringAfter && c.unrung != 0 {
			c.ring()
		}
		if c.stirred() {
			return false
		}
		if atomic.LoadUint32(&still) != 0 && enc.ncores > 1 {
			c.waitStill()
			c.enterKernel()
		}
		lookAway()
	}
	return false
}

// Idle implements hal.Core: it polls for a while, then sleeps in a futex.
func (c *core) Idle(deadline int64) {
	c.Settle()
	if c.Poll() {
		return
	}
	if c.unrung != 0 {
		c.ring()
	}
	if c.stirred() {
		// The kick has done its work: the core is not in the program, and is about to look.
		atomic.StoreUint32(&c.awaken, 0)
		atomic.StoreUint32(&c.kick, 0)
		return
	}
	wait := int64(-1)
	if deadline != 0 {
		if wait = deadline - nanotime(); wait <= 0 {
			return
		}
	}
	if c.open != c.own {
		c.ready()
	}
	atomic.StoreUint32(&c.outside, 1)
	atomic.StoreUint32(&c.sleeping, 1)
	if !c.replies.Pending(&c.replyTake) && !c.stirred() {
		c.sleeps()
		futexSleep(&c.sleeping, 1, wait)
	}
	atomic.StoreUint32(&c.sleeping, 0)
	atomic.StoreUint32(&c.awaken, 0)
	c.enterKernel()
}

// ringAfter is how often Idle looks for an answer before it asks whether any proxy polls at all. It
// rarely has to ask; and asking means reading a line that the proxies write, which would cost each
// call as much as the message itself.
const ringAfter = 64

// ring makes sure that a proxy takes what was sent.
func (c *core) ring() {
	c.unrung = 0
	c.Settle()
	fence() // the message, then the question; a proxy that stops polling does it the other way round
	enc.callProxies()
}

// rouse ends the sleep of a core that has a message.
//
//go:nosplit
func (c *core) rouse() {
	if atomic.LoadUint32(&c.sleeping) != 0 && atomic.CompareAndSwapUint32(&c.sleeping, 1, 0) {
		futexRouse(&c.sleeping, 1)
	}
}

// Wake implements hal.Core.
//
//go:nosplit
func (c *core) Wake() {
	atomic.StoreUint32(&c.awaken, 1)
	c.rouse()
}

// Kick implements hal.Core.
//
//go:nosplit
func (c *core) Kick() {
	atomic.StoreUint32(&c.kick, 1)
	// One signal at a time: more would be calls for nothing, as it is pending once.
	if atomic.SwapUint32(&c.ringing, 1) == 0 {
		raw(sysTgkill, enc.pid, c.thread, sigKick, 0, 0, 0)
	}
	c.rouse()
}

// Waiting implements hal.Core.
func (c *core) Waiting() {
	if atomic.LoadUint32(&c.waiting) == 0 {
		atomic.StoreUint32(&c.waiting, 1)
	}
	enc.monitor.attend()
}

// Note implements hal.Core.
func (c *core) Note(waiting bool, deadline int64, tid uint32) {
	if c.unrung != 0 {
		c.ring()
	}
	absent := uint32(0)
	if c.atSea > 0 {
		absent = 1
	}
	if c.absent != absent {
		atomic.StoreUint32(&c.absent, absent)
	}
	if !waiting && c.noted == tid && c.waiting == 0 && c.deadline == deadline {
		return // as before: the others' view of this core stays in their caches
	}
	c.runs++
	c.noted, c.tid = tid, tid
	if waiting {
		c.Waiting()
	} else if c.waiting != 0 {
		atomic.StoreUint32(&c.waiting, 0)
	}
	if c.deadline != deadline {
		c.deadline = deadline
		if deadline != 0 {
			enc.monitor.attendBy(deadline)
		}
	}
}
