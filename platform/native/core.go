package native

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/lwk/hal"
)

// core implements hal.Core.
type core struct {
	*cpu
	line  line
	i     int
	slice int64 // when the running thread's slice ends, 0: nobody waits
	due   int64 // when a sleeping thread is due, 0: none
	armed int64 // when the timer rings, 0: it does not, or has
	want  uint32
	poll  bool // Linux has no doorbell here
	rung  bool // an interrupt came that may be meant for another instance
	_     [64]byte
}

var cores [abi.MaxCores]core

const (
	sliceTime  = 3e6 // ns
	pollTime   = 4e6 // how long a program may compute before the core looks for messages, without doorbell
	pollIdle   = 200e3
	pollShared = 1e6   // the same when other instances wait
	beatTime   = 900e6 // a core that computes alone shows that it is alive
	pollTurns  = 2000  // of Poll
)

// userFlags are those of RFLAGS that are the program's.
const userFlags = 0x254dd5

func (c *core) Run(ctx *hal.Context) hal.Trap {
	for {
		if ctx.RIP >= abi.UserEnd {
			// Ring 0 would fault at the return to such an address.
			return c.exception(ctx, 13)
		}
		ctx.RFLAGS = ctx.RFLAGS&userFlags | 0x202
		c.border()
		if among(c.cpu) {
			c.share()
		}
		if c.armed == 0 || c.slice != 0 || c.due != 0 || c.poll || atomic.LoadUint32(&c.want) != 0 || among(c.cpu) {
			c.arm()
		}
		v := enter(c.cpu, asContext(ctx))
		switch {
		case v == vectorCall:
			return hal.TrapSyscall
		case v == vectorKicked:
			return hal.TrapKick
		case v == 14:
			if c.pageFault(ctx) {
				if atomic.LoadUint32(&mem.oom) != 0 {
					return hal.TrapKick // Receive has the bad news
				}
				continue
			}
			return hal.TrapFault
		case v == 18:
			machineCheck(uint32(c.i), ctx)
		case v < 32:
			return c.exception(ctx, v)
		}
		if v != vectorStray {
			eoi()
		}
		commands(c.i)
		switch v {
		case vectorTimer:
			c.armed = 0
			return hal.TrapKick
		case vectorKick, vectorBell:
			c.rung = true
			return hal.TrapKick
		}
	}
}

// border is where a core stands when it holds nothing and is about to go out of the LWK: what has to wait until it is there is
// done here.
func (c *core) border() {
	if atomic.LoadUint32(&ending.begun) != 0 {
		depart()
	}
	if atomic.LoadUint32(&still) != 0 && c.cpu != getStiller() {
		atomic.StoreUint32(&c.outside, 1)
		for atomic.LoadUint32(&still) != 0 && atomic.LoadUint32(&ending.begun) == 0 {
			pause()
			commands(c.i)
		}
		atomic.StoreUint32(&c.outside, 0)
	}
}

// share gives the core to another instance that wants it, when this one's time is over or it may have been rung for
// the other.
func (c *core) share() {
	s := common()
	tend()
	if !c.rung && rdtsc()-s.since < ticks(sliceTime) {
		return
	}
	c.rung = false
	s.since = rdtsc()
	if n, _ := nextInstance(false); n >= 0 {
		turn(n)
		c.armed = 0
	}
}

// arm sets the timer for what comes first.
func (c *core) arm() {
	now := monotonic()
	if atomic.LoadUint32(&c.want) != 0 && atomic.SwapUint32(&c.want, 0) != 0 && c.slice == 0 {
		c.slice = now + sliceTime
	}
	next := c.slice
	if c.due != 0 && (next == 0 || c.due < next) {
		next = c.due
	}
	if c.poll && (next == 0 || now+pollTime < next) {
		if c.armed > now && c.armed <= now+pollTime {
			return // soon enough
		}
		next = now + pollTime
	}
	if among(c.cpu) {
		most := now + sliceTime
		if common().poll != 0 || c.poll {
			most = now + pollShared
		}
		if c.armed > now && c.armed <= most && (next == 0 || c.armed <= next) {
			return
		}
		if next == 0 || most < next {
			next = most
		}
	}
	if next == 0 {
		if c.armed > now {
			return
		}
		next = now + beatTime
	}
	if next == c.armed {
		return
	}
	c.armed = next
	setTimer(max(next-now, 1000))
}

func (c *core) pageFault(ctx *hal.Context) bool {
	write, exec := ctx.TrapErr&2 != 0, ctx.TrapErr&16 != 0
	// A supervisor's access that ring 3 caused (of a descriptor table) is never one that we can help.
	ok, mapped := false, false
	if ctx.TrapErr&4 != 0 {
		ok, mapped = mem.fault(uintptr(ctx.CR2), write, exec)
	}
	if ok {
		return true
	}
	ctx.Sig, ctx.SigCode, ctx.SigAddr, ctx.TrapNo = 11, 1, ctx.CR2, 14
	if mapped {
		ctx.SigCode = 2
	}
	if ctx.CR2 >= abi.UserEnd {
		ctx.TrapErr |= 1 // Linux does not tell what is there
	}
	return false
}

// Signals that Linux gives the processor's exceptions (arch/x86/kernel/traps.c's behaviour, as seen by
// programs; siginfo codes: sigaction(2)).
var exceptions = [32]struct {
	sig  uint32
	code int32
	addr bool // si_addr is the instruction
}{
	0: {8, 1, true}, 1: {5, 2, true}, 3: {5, kernelCode, false}, 4: {11, kernelCode, false}, 5: {11, kernelCode, false},
	6: {4, 2, true}, 7: {4, 2, true}, 10: {11, kernelCode, false}, 11: {7, kernelCode, false}, 12: {7, kernelCode, false},
	13: {11, kernelCode, false}, 16: {8, 0, true}, 17: {7, 1, false}, 19: {8, 0, true}, 21: {11, kernelCode, false},
}

const kernelCode = 0x80 // SI_KERNEL

func (c *core) exception(ctx *hal.Context, v uintptr) hal.Trap {
	e := exceptions[v&31]
	if e.sig == 0 {
		e.sig, e.code = 11, kernelCode
	}
	ctx.Sig, ctx.SigCode, ctx.SigAddr, ctx.TrapNo = e.sig, e.code, 0, uint64(v)
	if e.addr {
		ctx.SigAddr = ctx.RIP
	}
	if v == 16 || v == 19 {
		ctx.SigCode = floatCode(v == 19)
	}
	return hal.TrapFault
}

// floatCode is FPE_*, by the status and mask bits that are set.
func floatCode(sse bool) int32 {
	status := floatStatus()
	bits := uint32(status) &^ uint32(status>>32)
	if sse {
		m := getMXCSR()
		bits = m &^ (m >> 7)
	}
	switch {
	case bits&1 != 0:
		return 7 // invalid operation
	case bits&4 != 0:
		return 3 // division by zero
	case bits&8 != 0:
		return 4 // overflow
	case bits&(2|16) != 0:
		return 5 // denormal, underflow
	case bits&32 != 0:
		return 6 // inexact
	}
	return 0
}

func floatStatus() uint64 // x87: status word, control word in the upper half
func getMXCSR() uint32
func setMXCSR(v uint32)
func fence()

// Settle has nothing to do: the runtime is itself as soon as Run returns.
func (c *core) Settle() {}

// ProgramPC and ResumePC: programs are not rewritten here.
func (c *core) ProgramPC(pc uint64) uint64 { return pc }
func (c *core) ResumePC(pc uint64) uint64  { return pc }

// news tells whether there is something for the core's loop.
func (c *core) news() bool {
	return c.line.head != c.line.tail || c.line.replies.Pending(&c.line.takeAt) || atomic.LoadUint32(&c.awake) != 0 ||
		atomic.LoadUint32(&c.kick) != 0
}

func (c *core) Poll() bool {
	for range pollTurns {
		if c.news() {
			return c.line.head != c.line.tail || c.line.replies.Pending(&c.line.takeAt)
		}
		if among(c.cpu) {
			return false // others may use the time
		}
		pause()
	}
	return false
}

func (c *core) Idle(deadline int64) {
	b := ownBlock(uint32(c.i))
	for {
		atomic.StoreUint32(&c.idle, 1)
		atomic.StoreUint32(&b.Asleep, 1)
		atomic.StoreUint32(&c.outside, 1)
		fence()
		now := monotonic()
		if c.news() || deadline != 0 && now >= deadline {
			break
		}
		wait := int64(1e9)
		if c.poll {
			wait = pollIdle
		}
		if deadline != 0 {
			wait = min(wait, deadline-now)
		}
		if among(c.cpu) {
			if common().ending != 0 {
				tend()
				wait = min(wait, graceTime/4)
			}
			wait = min(wait, watchTime)
		}
		rest(c.cpu, wait)
		commands(c.i)
		c.border()
	}
	c.armed = 0
	setTimer(0)
	atomic.StoreUint32(&b.Asleep, 0)
	atomic.StoreUint32(&c.idle, 0)
	atomic.StoreUint32(&c.awake, 0)
	atomic.StoreUint32(&c.kick, 0)
	atomic.StoreUint32(&c.outside, 0)
	fence()
	c.border()
}

func (c *core) Note(waiting bool, deadline int64, tid uint32) {
	c.pid, c.tid = programPID, tid
	c.due = deadline
	c.slice = 0
	atomic.StoreUint32(&c.want, 0)
	if waiting {
		c.slice = monotonic() + sliceTime
	}
}

// Waiting may come from another core: that one begins to count the slice, for which it must look.
func (c *core) Waiting() {
	if atomic.SwapUint32(&c.want, 1) == 0 && c.cpu != getCPU() && atomic.LoadUint32(&c.inUser) != 0 {
		sendIPI(c.apic, vectorLook)
	}
}

func (c *core) Wake() {
	atomic.StoreUint32(&c.awake, 1)
	c.rouse()
	fence()
	if atomic.LoadUint32(&c.idle) != 0 && c.cpu != getCPU() {
		sendIPI(c.apic, vectorKick)
	}
}

func (c *core) Kick() {
	atomic.StoreUint32(&c.kick, 1)
	c.rouse()
	fence()
	if c.cpu != getCPU() && (atomic.LoadUint32(&c.inUser) != 0 || atomic.LoadUint32(&c.idle) != 0) {
		sendIPI(c.apic, vectorKick)
	}
}

// rouse is for core 0, which another instance may have at the moment.
func (c *core) rouse() {
	if c.i == 0 && among(c.cpu) {
		rouseInstance(self)
	}
}
