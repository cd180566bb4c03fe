package native

import (
	"math/bits"
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
)

// Instances: every process of the program has an LWK of its own, an instance: its own page tables, and at the
// LWK's addresses its own copy of the image's data and of the Go runtime's memory. What they share is in
// common, reached by the linear mapping, which all have alike. Instances share core 0 and take turns: one
// gives it to another where it would halt, or when its time is over and another wants to run. The cores
// beyond the first are the first instance's alone.
//
// This file and split in trap_amd64.s are all that knows of it below hal.Platform.

const (
	instFree  = iota
	instHeld  // made; its process is not there yet
	instAlive // has a process
	instLeft  // its program has ended; its memory is still there
	instGone  // its memory is given back but for its home, which its proxy may still look at
)

// instance is one, as all of them see it.
type instance struct {
	state    uint32
	resting  uint32 // it has nothing to do until something below comes
	wake     uint32 // somebody has woken it
	seq      uint32 // the sequence number at seqAt that says that an answer has come
	seqAt    uintptr
	deadline uint64 // tick
	cr3      uint64
	top      uintptr // offset of its page tables' top
	old      uintptr // the top of those that it had before it restarted
	home     uintptr // offset of the granule of its boot page; 0: the enclave's
	block    uintptr // address of its CoreBlock for core 0
	proxy    uintptr // address of its ProxyBlock
	parent   uint32
	lent     uint32 // its parent stands still, and shares its memory with it
	unclean  uint32 // calls were at Linux when it ended
	died     uint64 // tick at which its process was seen to be dead
}

// shared is what instances have in common. It lies in the first granule of the free memory.
type shared struct {
	frames   pool
	logLock  uint32
	alive    uint32 // instances that are instHeld or instAlive
	ending   uint32 // instances that are instLeft or instGone
	current  uint32 // whose core 0 is
	since    uint64 // tick since when
	poll     uint32 // some proxy cannot ring
	template uintptr
	list     [abi.MaxInstances]instance
}

var commonAt uintptr

//go:nosplit
func common() *shared { return at[shared](abi.LinearBase + commonAt) }

// self is this instance's number.
var self uint32

//go:nosplit
func own() *instance { return &common().list[self%abi.MaxInstances] }

// ticks converts nanoseconds.
//
//go:nosplit
func ticks(ns int64) uint64 { return uint64(ns) * 1000 / (clockScale * 1000 >> 32) }

// Where split and switchTo keep an instance that does not have the core.
var (
	switchSP   uintptr
	switchArea [fullSize + 64]byte
)

// among reports whether the core is shared.
//
//go:nosplit
func among(c *cpu) bool {
	s := common()
	return c.index == 0 && s.alive+s.ending > 1
}

// ready reports whether an instance wants the core.
//
//go:nosplit
func (i *instance) ready(now uint64) bool {
	if i.state != instAlive {
		return false
	}
	return i.resting == 0 || atomic.LoadUint32(&i.wake) != 0 || now >= i.deadline ||
		i.seqAt != 0 && atomic.LoadUint32(at[uint32](i.seqAt)) == i.seq || atomic.LoadUint32(&at[abi.CoreBlock](i.block).Command) != 0
}

// nextInstance is the next one, in turn, that wants the core: the caller's last, if with is true; -1: none. due is when
// one will without being asked, at the latest.
//
//go:nosplit
func nextInstance(with bool) (n int, due uint64) {
	s, now := common(), rdtsc()
	due = ^uint64(0)
	for k := uint32(1); k <= abi.MaxInstances; k++ {
		j := (self + k) % abi.MaxInstances
		if j == self && !with {
			break
		}
		i := &s.list[j]
		if i.ready(now) {
			return int(j), 0
		}
		if i.state == instAlive && i.deadline < due {
			due = i.deadline
		}
	}
	return -1, due
}

// turn gives the core to another instance, and returns when it is the caller's again.
//
//go:nosplit
func turn(n int) {
	s := common()
	s.current, s.since = uint32(n), rdtsc()
	switchTo(s.list[n&(abi.MaxInstances-1)].cr3)
}

// rest waits for an interrupt, at most so many nanoseconds, or until it is woken: other instances have the
// core meanwhile. It may return early.
//
//go:nosplit
func rest(c *cpu, wait int64) {
	if !among(c) {
		setTimer(wait)
		halt()
		coreBlock(c.index).Beat++
		return
	}
	me := own()
	l := &cores[0].line
	pos := l.takeAt.Pos()
	r := &boot().Replies
	me.seqAt = abi.LinearBase + uintptr(r.Off) + uintptr(pos)%(uintptr(r.Len)/64/uintptr(boot().NCores))*64 + 60
	me.seq = pos + 1
	me.deadline = rdtsc() + ticks(wait)
	me.resting = 1
	for {
		n, due := nextInstance(true)
		if n >= 0 {
			if n != int(self) {
				turn(n)
			}
			break
		}
		most := int64(50e6)
		if common().poll != 0 || cores[0].poll {
			most = pollIdle
		}
		if now := rdtsc(); due > now {
			// Nanoseconds, without a division of 128 bits: the deadline is at most a second away.
			high, low := bits.Mul64(min(due-now, 1<<40), clockScale)
			most = min(most, int64(high<<32|low>>32))
		}
		setTimer(max(most, 1000))
		halt()
		coreBlock(0).Beat++
	}
	me.resting = 0
	atomic.StoreUint32(&me.wake, 0)
}

// rouseInstance has an instance look at what it waits for.
//
//go:nosplit
func rouseInstance(n uint32) { atomic.StoreUint32(&common().list[n%abi.MaxInstances].wake, 1) }
