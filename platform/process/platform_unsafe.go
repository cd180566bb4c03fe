package process

import (
	"sync/atomic"
	"syscall"
	"unsafe"
	_ "unsafe" // for linkname

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/platform/process/rewrite"
)

const maxThreads = abi.MaxThreads

// Signals that a core must take itself: they are raised by what the program does there.
const syncSignals = 1<<(31-1) | 1<<(11-1) | 1<<(7-1) | 1<<(8-1) | 1<<(4-1) | 1<<(5-1)

func tableSize() uintptr { return unsafe.Sizeof(rewrite.Table{}) }

// procPin keeps the runtime from taking the core's goroutine off its thread: no preemption, no
// stop-the-world can begin meanwhile. Nothing on a core may block in Go.
//
//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// monotonic is nanotime's clock (light_unsafe.go) for the raw threads.
//
//go:nosplit
func monotonic() int64 {
	var ts timespec
	raw(228, 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0, 0) // clock_gettime(CLOCK_MONOTONIC)
	return ts.sec*1e9 + ts.nsec
}

// Platform implements hal.Platform on this process.
type Platform struct {
	mem  memory
	user user
	kin  bool
}

var _ hal.Platform = (*Platform)(nil)

func (p *Platform) Cores() int          { return enc.ncores }
func (p *Platform) Core(i int) hal.Core { return &enc.cores[i] }
func (p *Platform) Memory() hal.Memory  { return p.mem }
func (p *Platform) User() hal.User      { return p.user }
func (p *Platform) NewExt(i uint32) uintptr {
	return vector.ext + uintptr(i)*extStride
}
func (p *Platform) Now() int64 { return nanotime() }

// Send implements hal.Platform.
func (p *Platform) Send(core int, thread, nr uint32, args *[6]uint64) bool {
	e := enc
	if o := &e.cores[core]; o.own != 0 {
		if e.ownLeft != 0 {
			e.ownLeft--
		}
		if e.ownLeft == 1 || e.ship {
			e.ownLeft = 0
			o.Settle()
			e.company()
		}
		if o.own != 0 {
			o.toMake(thread, nr, args)
			return true
		}
	}
	s, pos, ok := e.claim()
	if !ok {
		e.cores[core].ring()
		return false
	}
	s.Kind, s.Thread, s.Aux, s.Args = abi.MsgCall|uint32(core)<<8, thread, nr, *args
	e.requests.Publish(s, pos)
	c := &e.cores[core]
	c.unrung = 1
	c.atSea++
	return true
}

// claim takes a slot of the request ring for a core.
func (e *enclave) claim() (s *ikc.Slot, pos uint32, ok bool) {
	if e.ncores == 1 {
		return e.requests.ClaimAlone(&e.sendAt)
	}
	return e.requests.Claim(&e.sendAt)
}

// Receive implements hal.Platform.
func (p *Platform) Receive(core int, m *ikc.Slot) bool {
	c := &enc.cores[core]
	if !c.replies.TakeAlone(&c.replyTake, m) {
		if c.call.state != callMade {
			return false
		}
		c.call.state = callNone
		m.Kind, m.Thread, m.Args[0], m.Args[1] = abi.MsgDone, c.call.thread, uint64(c.call.ret), 0
		return true
	}
	if m.Kind == abi.MsgDone {
		c.atSea--
	}
	return true
}

// Interrupt implements hal.Platform.
func (p *Platform) Interrupt(thread uint32) {
	c := &enc.calls[thread]
	atomic.StoreUint32(&c.cancel, 1)
	if enc.cores[enc.home].own != 0 {
		return // it has not made the call yet, or has the answer
	}
	const privateExpedited = 1 << 3
	raw(sysMembarrier, privateExpedited, 0, 0, 0, 0, 0) // see enclave.execute
	if tid := atomic.LoadUint32(&c.proxy); tid != 0 {
		raw(sysTgkill, enc.pid, uintptr(tid), sigKick, 0, 0, 0)
	}
}

// Resume implements hal.Platform.
func (p *Platform) Resume(thread uint32) { atomic.StoreUint32(&enc.calls[thread].cancel, 0) }

// Inline implements hal.Platform.
func (p *Platform) Inline(nr uintptr, a *[6]uint64) int64 {
	r, err := raw(nr, uintptr(a[0]), uintptr(a[1]), uintptr(a[2]), uintptr(a[3]), uintptr(a[4]), uintptr(a[5]))
	if err != 0 {
		return -int64(err)
	}
	return int64(r)
}

// Stop implements hal.Platform: the default action for real, so that the parent sees which signal it
// was.
func (p *Platform) Stop(sig int) {
	p.raise(sig)
	setSigmask(coreMask)
	enc.cores[enc.home].open = 0
	sa := actionFor(sig)
	setHandler(sig, &sa)
}

// raise lets Linux take the default action of a signal that everybody blocks.
func (p *Platform) raise(sig int) {
	setHandler(sig, &sigaction{})
	pid, _ := raw(sysGetpid, 0, 0, 0, 0, 0, 0)
	tid, _ := raw(sysGettid, 0, 0, 0, 0, 0, 0)
	setSigmask(^uint64(0) &^ (1 << (sig - 1)))
	raw(sysTgkill, pid, tid, uintptr(sig), 0, 0, 0)
}

// coreMask is what a core's thread blocks.
const coreMask = ^uint64(0) &^ (syncSignals | 1<<(sigKick-1))

// kickMask is what proxies and the monitor block, and, when they have had a signal, the Go runtime's
// threads: these need theirs for faults.
const (
	kickMask    = ^uint64(1 << (sigKick - 1))
	runtimeMask = kickMask &^ syncSignals
)

// Leave implements hal.Platform.
func (p *Platform) Leave(set uint64) {
	e := enc
	c := &e.cores[e.home]
	if c.rest != 0 {
		c.own, c.rest = 1, 0
	}
	e.kept = set
	if c.own != 0 {
		c.attune()
		return
	}
	atomic.StoreUint64(&e.left, set)
	if tid := atomic.LoadUint32(&enc.listener); tid != 0 {
		raw(sysTgkill, enc.pid, uintptr(tid), sigKick, 0, 0, 0) // it looks again
	}
}

// ChildSignal implements hal.Platform. Mostly the handler is never called, as all but an open core block
// the signal; it has to be one so that Linux keeps zombies and sends the signal.
func (p *Platform) ChildSignal(ignored bool, flags uint64) {
	sa := actionFor(int(syscall.SIGCHLD))
	sa.flags |= flags
	if ignored {
		sa.handler = 1
	}
	setHandler(int(syscall.SIGCHLD), &sa)
}

// Exit implements hal.Platform.
func (p *Platform) Exit(status int) {
	for {
		raw(syscall.SYS_EXIT_GROUP, uintptr(status), 0, 0, 0, 0, 0)
	}
}

// Die implements hal.Platform: the default action for real, so that the parent sees the right status.
func (p *Platform) Die(sig int) {
	p.raise(sig)
	p.Exit(128 + sig)
}
