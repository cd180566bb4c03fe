package process

import (
	"sync/atomic"
	"syscall"
)

// Hold implements hal.Platform. The listener may be about to forward a signal that it has taken from
// Linux: it says when it has looked at what is to be left, which is when it has taken nothing.
func (p *Platform) Hold() {
	c := &enc.cores[enc.home]
	if c.own != 0 {
		c.own, c.rest = 0, 1
		c.close()
		return
	}
	p.holdListener()
}

func (p *Platform) holdListener() {
	atomic.StoreUint32(&held, 0)
	atomic.StoreUint64(&enc.left, ^uint64(0))
	raw(sysTgkill, enc.pid, uintptr(enc.awaitListener()), sigKick, 0, 0, 0)
	for atomic.LoadUint32(&held) == 0 {
		futexSleep(&held, 0, -1)
	}
}

// foreignSignal is the handler's work for a signal of the program's that came to a thread of the Go
// runtime: that goes on with all of them blocked, so that only the listener gets them, and Hold can
// stop their flow. moveThreads sends one for no other purpose. uc is the ucontext. The kick stays.
//
//go:nosplit
func foreignSignal(info, uc uintptr) {
	const siCode, siPID, sigmask, tgkill = 8, 16, 296, -6
	*at[uint64](uc + sigmask) = runtimeMask
	if *at[int32](info) == int32(syscall.SIGCHLD) && *at[int32](info + siCode) == tgkill && uintptr(*at[uint32](info + siPID)) == enc.pid {
		return
	}
	forwardSignal(info)
}

// held is a futex word: 1 when the listener has seen that it is to take nothing.
var held uint32

// taken returns the signals that the listener is to take.
//
//go:nosplit
func (e *enclave) taken() uint64 {
	left := atomic.LoadUint64(&e.left)
	if left == ^uint64(0) && atomic.SwapUint32(&held, 1) == 0 {
		futexRouse(&held, 1)
	}
	return ^left&^syncSignals | 1<<(sigKick-1)
}
