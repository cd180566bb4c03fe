package process

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/lwk/hal"
)

// The cores of a forked child. Linux copies the memory of all cores' goroutines, stacks and the
// runtime's structures of their threads included, but only the home core's thread. Another core's thread
// is made when the child first wants it (Revive): a new one that takes the lost one's place, with its
// thread-local storage, its signal stack and its goroutine, and goes on where that began its loop.

// A markPoint is a place to which a new thread returns; see markCode.
type markPoint struct{ pc, sp, bp uintptr }

// begun is where each core's loop began.
var begun [maxCores]struct {
	at  markPoint
	alt [3]uintptr // signal stack: sigaltstack(2)'s structure
}

const sysSigaltstack = 131

// keepSignalStack notes the signal stack that the runtime gave this thread.
func (c *core) keepSignalStack() {
	raw(sysSigaltstack, 0, uintptr(unsafe.Pointer(&begun[c.index%maxCores].alt)), 0, 0, 0, 0)
}

// Revive implements hal.Platform.
func (p *Platform) Revive(i int) hal.Errno {
	c := &enc.cores[i]
	c.thread = 0
	enc.ncores = i + 1
	setSigmask(^uint64(0))
	tid := adoptThread(cloneThreadFlags, &begun[i].at, c.gofs, c.self)
	setSigmask(coreMask)
	if int64(tid) < 0 {
		enc.ncores = i
		return syscall.Errno(-int64(tid))
	}
	return 0
}

// revived is the beginning of a core's new thread.
func (p *Platform) revived(c *core) {
	raw(sysSigaltstack, uintptr(unsafe.Pointer(&begun[c.index%maxCores].alt)), 0, 0, 0, 0, 0)
	c.curfs = c.gofs
	c.thread, _ = raw(sysGettid, 0, 0, 0, 0, 0, 0)
	atomic.StoreUint32(&c.ringing, 0) // kicks that came before there was a thread; Run sees them
	setSigmask(coreMask)
	p.bind(c)
}
