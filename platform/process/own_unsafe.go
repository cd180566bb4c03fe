package process

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/fwk/rawcall"
)

// Processes that fork share the enclave's CPUs, so that a core that polls takes time from the process
// whose answer it waits for; and most children end, or execute a program, after a few calls. A process
// of one thread that has forked, or was forked, therefore makes its calls to Linux itself, on its (home)
// core: its own calls. A child begins with no other thread of Linux's; Company makes them. So does a program that was just
// started, for its first ownCalls calls: most programs make many as they start, and some have ended by then.
//
// What would be a proxy's is this file's: calls that block are interrupted by the program's signals. What
// would be the listener's, too: they come to the core, which is open: it blocks none (but those that
// a signalfd reads). The handler makes a signal a message to the core (ownSignal), interrupts the call, and
// leaves the core closed, as all cores always are that have no own calls, until it goes on (attune): never
// is one handler on top of another.

// An ownCall is a call that the core is to make, or its answer.
type ownCall struct {
	nr     uintptr
	thread uint32
	state  uint32 // callNone, callToMake, callMade
	args   [6]uint64
	ret    int64
}

// ownCalls is after how many calls a program that has not forked has them shipped.
const ownCalls = 4096

const (
	callNone = iota
	callToMake
	callMade
)

// enterOwn begins own calls in a process whose listener runs: that takes nothing more.
func (p *Platform) enterOwn(c *core) {
	if c.own != 0 || c.index != enc.home || enc.ship {
		return
	}
	enc.left = ^uint64(0)
	p.holdListener()
	c.own = 1
}

// Company implements hal.Platform.
func (p *Platform) Company() { enc.company() }

func (e *enclave) company() {
	p := &Platform{}
	c := &e.cores[e.home]
	if c.own == 0 {
		return
	}
	c.own = 0
	c.close()
	if e.crew != 0 {
		p.Leave(e.kept)
		return
	}
	e.left = e.kept
	e.requests.Reset()
	e.sendAt.Reset()
	e.takeAt.Reset()
	e.pollers.Store(0)
	e.asleep.Store(0)
	if err := e.startThreads(1); err != nil {
		p.fail("no threads for the program's system calls: raise the limit on processes (ulimit -u)")
	}
}

// Heeds implements hal.Platform.
func (p *Platform) Heeds(f func(thread uint32) uint64) { heeds = f }

var heeds func(thread uint32) uint64

// A hail of signals would keep a core from ever going on, as each comes when it opens: one that the program
// blocks or ignores, from a timer, say. A listener takes them in the core's place. stormCount signals within
// stormTime are one.
const stormCount, stormTime = 32, 20e6

// ready sees to it that the core is open if it has own calls. It reports whether it still has: not in a hail.
func (c *core) ready() bool {
	if c.own != 0 && enc.ship {
		c.Settle()
		enc.company()
		return false
	}
	if c.open == c.own {
		return c.own != 0
	}
	if c.own != 0 && c.signals >= stormCount {
		c.signals = 0
		now := nanotime()
		if now-c.calm < stormTime {
			c.Settle()
			enc.company()
			return false
		}
		c.calm = now
	}
	c.attune()
	return c.own != 0
}

// attune makes the core's signal mask what it is to be in the program and in Linux.
func (c *core) attune() {
	c.Settle()
	c.open = c.own
	if c.own != 0 {
		setSigmask(enc.kept)
	} else {
		setSigmask(coreMask)
	}
}

// close keeps signals from the calling core, which was open or is to be.
func (c *core) close() {
	if c.open != 0 {
		setSigmask(coreMask)
		c.open = 0
	}
}

// toMake notes a call that the next Poll makes.
func (c *core) toMake(thread, nr uint32, args *[6]uint64) {
	o := &c.call
	o.nr, o.thread, o.args = uintptr(nr), thread, *args
	o.state = callToMake
}

// makeOwn makes the core's own call. It reports whether there is anything to receive: if not, the core was
// kicked, and the call is still to be made.
func (c *core) makeOwn() bool {
	o := &c.call
	if o.state != callToMake {
		return true
	}
	c.Settle()
	if !c.ready() {
		// It is shipped after all.
		o.state = callNone
		for p := (&Platform{}); !p.Send(int(c.index), o.thread, uint32(o.nr), &o.args); {
			lookAway() // an empty ring, which is being made room in
		}
		return c.replies.Pending(&c.replyTake)
	}
	ret := int64(unmade)
	switch {
	case c.replies.Pending(&c.replyTake) || atomic.LoadUint32(&enc.calls[o.thread%abi.MaxThreads].cancel) != 0:
		// It is the message that may interrupt the call, or has.
	case c.stirred():
		return false
	default:
		choosy := c.open != 0 && isChoosy(o.nr, &o.args)
		if choosy {
			setSigmask(^heeds(o.thread) &^ (syncSignals | 1<<(sigKick-1)))
		}
		// A kick before the call cancels it, as for a proxy.
		ret = rawcall.Call(&c.kick, o.nr, &o.args)
		if choosy && c.open != 0 {
			c.attune()
		}
		const eintr = -4
		if (ret == unmade || ret == eintr) && !c.replies.Pending(&c.replyTake) && c.stirred() {
			return false // a kick, which is no interruption
		}
	}
	o.ret, o.state = ret, callMade
	return true
}

// unmade is the answer to a call that was not made.
const unmade = -512

// isChoosy reports whether a call that is interrupted and then made again is not the same as one that was
// not interrupted: it may do only a part, or begins to wait anew. Then a signal that the thread does not
// take, because it is blocked or ignored, must not interrupt it.
func isChoosy(nr uintptr, a *[6]uint64) bool {
	const page = 4096 // what Linux does of a pipe's, it does whole
	switch nr {
	case syscall.SYS_WRITE:
		return a[2] > page
	case syscall.SYS_POLL, syscall.SYS_EPOLL_WAIT, syscall.SYS_EPOLL_PWAIT:
		at := 3
		if nr == syscall.SYS_POLL {
			at = 2
		}
		return int32(a[at]) > 0
	case syscall.SYS_PPOLL:
		return a[2] != 0
	case syscall.SYS_SELECT, syscall.SYS_PSELECT6:
		return a[4] != 0
	case syscall.SYS_WRITEV, syscall.SYS_PWRITEV, 328, // pwritev2
		syscall.SYS_SENDTO, syscall.SYS_SENDMSG, 307, // sendmmsg
		syscall.SYS_RECVFROM, syscall.SYS_RECVMSG, 299, // recvmmsg
		syscall.SYS_ACCEPT, syscall.SYS_ACCEPT4, syscall.SYS_CONNECT,
		syscall.SYS_SENDFILE, syscall.SYS_SPLICE, syscall.SYS_TEE, syscall.SYS_VMSPLICE, 326, // copy_file_range
		syscall.SYS_SEMTIMEDOP, syscall.SYS_MQ_TIMEDSEND, syscall.SYS_MQ_TIMEDRECEIVE,
		syscall.SYS_IO_GETEVENTS, 333, 441, // io_pgetevents, epoll_pwait2
		syscall.SYS_FUTEX, 318: // getrandom
		return true
	}
	return false
}

// ownSignal is the handler's work for a signal of the program's that came to an open core: a message.
// In the program, the mask stays as it is during the handler, which is closed; here it is made so.
//
//go:nosplit
func ownSignal(info, uc uintptr, c *core) {
	const sigmask = 296
	*at[uint64](uc + sigmask) = coreMask
	c.open = 0
	c.signals++
	e := enc
	m := signalMessage(info)
	e.post(&m)
	c.rouse()
}

var (
	_ [0]byte = [unsafe.Sizeof(ownCall{}) - 72]byte{}
)
