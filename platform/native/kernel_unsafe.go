package native

import (
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
)

// What the Go runtime believes to be Linux: threads, futexes, memory, a clock, standard error. Its system
// calls come to kernelCall, in ring 0, on the core's kernel stack, with interrupts off. One lock is
// held; everything is nosplit, touches only static memory and what the caller points to, and returns.
// A thread keeps its core until it waits or yields. There are no signals: a fault of the LWK is the end
// of the core (fatal_unsafe.go).

const maxRuntimeThreads = 256

var kernel struct {
	lock    uint32
	nothing uint32
	threads [maxRuntimeThreads]thread
	rotate  uint32
}

// errors, negative, as a system call returns them.
const (
	eAGAIN    = ^uint64(11 - 1)
	eBADF     = ^uint64(9 - 1)
	eFAULT    = ^uint64(14 - 1)
	eINVAL    = ^uint64(22 - 1)
	eNOENT    = ^uint64(2 - 1)
	eNOMEM    = ^uint64(12 - 1)
	eNOSYS    = ^uint64(38 - 1)
	eTIMEDOUT = ^uint64(110 - 1)
)

// monotonic is the time in nanoseconds.
//
//go:nosplit
func monotonic() int64 {
	high, low := bits.Mul64(rdtsc()-clockTicks, clockScale)
	return int64(high<<32|low>>32) + int64(clockBase)
}

// firstThread makes the first thread, which has core 0.
//
//go:nosplit
func firstThread(c *cpu) {
	t := &kernel.threads[0]
	t.state, t.id, t.pin = threadRunning, 1, -1
	c.thread = t
}

// schedule gives the calling core a thread, waiting for one if need be. The lock is not held.
//
//go:nosplit
func schedule() {
	c := getCPU()
	for {
		spinLock(&kernel.lock)
		t, due := pick(c)
		if t != nil {
			t.state = threadRunning
			c.thread = t
			spinUnlock(&kernel.lock)
			return
		}
		c.resched = 1
		spinUnlock(&kernel.lock)
		wait := int64(1e9)
		if due != 0 {
			wait = min(max(due-monotonic(), 1000), wait)
		}
		rest(c, wait)
		c.resched = 0
	}
}

// pick finds a thread that may run on core c, in turn, and the time when the next one wakes up by itself.
//
//go:nosplit
func pick(c *cpu) (*thread, int64) {
	k, now, due := &kernel, monotonic(), int64(0)
	for n := range uint32(maxRuntimeThreads) {
		i := (k.rotate + 1 + n) % maxRuntimeThreads
		t := &k.threads[i]
		if t.state == threadWaiting && t.due != 0 {
			if t.due <= now {
				t.state, t.due = threadReady, 0
				if t.futex != 0 {
					t.futex, t.ax = 0, eTIMEDOUT
				}
			} else if due == 0 || t.due < due {
				due = t.due
			}
		}
		if t.state == threadReady && (t.pin < 0 || t.pin == int32(c.index)) {
			k.rotate = i
			return t, due
		}
	}
	return nil, due
}

// rouse makes idle cores look for threads. Under the lock.
//
//go:nosplit
func rouse() {
	me := getCPU().index
	for i := range boot().NCores {
		if c := &cpus[i%abi.MaxCores]; i != me && c.resched != 0 {
			sendIPI(c.apic, vectorKick)
		}
	}
}

// kernelCall makes the system call of the Go runtime's thread t. When it returns, the core's thread,
// which may be another one, goes on.
//
//go:nosplit
func kernelCall(t *thread) {
	k := &kernel
	spinLock(&k.lock)
	r := call(t)
	switch t.state {
	case threadRunning:
		t.ax = r
		spinUnlock(&k.lock)
		return
	case threadReady:
		t.ax = r
	}
	spinUnlock(&k.lock)
	schedule()
}

//go:nosplit
func call(t *thread) uint64 {
	switch t.ax {
	case 1: // write
		if t.di != 1 && t.di != 2 {
			return eBADF
		}
		logBytes(uintptr(t.si), uintptr(t.dx))
		return t.dx
	case 9: // mmap
		return reserve(t)
	case 24: // sched_yield
		t.state = threadReady
		return 0
	case 35: // nanosleep
		return sleep(t, uintptr(t.di))
	case 39: // getpid
		return 1
	case 56: // clone
		return newThread(t)
	case 60: // exit
		t.state = threadFree
		return 0
	case 186: // gettid
		return uint64(t.id)
	case 202: // futex
		return futex(t)
	case 203: // sched_setaffinity of the caller: runs on, and only on, the first core of the mask
		return pinThread(t)
	case 204: // sched_getaffinity
		n := boot().NCores
		*at[uint64](uintptr(t.dx)) = uint64(1)<<(n-1)<<1 - 1
		return 8
	case 228: // clock_gettime
		now := monotonic()
		*at[[2]int64](uintptr(t.si)) = [2]int64{now / 1e9, now % 1e9}
		return 0
	case 158: // arch_prctl: ARCH_SET_FS
		t.fs = t.si
		return 0
	case 231: // exit_group: the runtime has given up, or main has returned
		die(getCPU().index, abi.EpitaphPanic, 0, nil, "the Go runtime of the LWK has ended; its words are in the log")
	case 233, 281: // epoll_ctl, epoll_pwait
		if t.ax == 281 && int32(t.r10) != 0 {
			return forever(t, int64(int32(t.r10)))
		}
		return 0
	case 290, 291: // eventfd2, epoll_create1
		return 100
	case 257: // openat
		return eNOENT
	case 11, 13, 14, 28, 72, 131, 234, 3: // munmap, signals, madvise, fcntl, tgkill, close
		return 0
	}
	return eNOSYS
}

// forever waits for ms milliseconds, or, if that is negative, for good.
//
//go:nosplit
func forever(t *thread, ms int64) uint64 {
	t.state, t.futex, t.due = threadWaiting, 0, 0
	if ms >= 0 {
		t.due = monotonic() + ms*1e6
	}
	t.ax = 0
	return 0
}

// reserve is mmap of anonymous memory: addresses that were never given out before; pages come when they
// are touched. A fixed address is one of those already.
//
//go:nosplit
func reserve(t *thread) uint64 {
	const fixed, anon = 0x10, 0x20
	if t.r10&anon == 0 {
		return eNOSYS
	}
	if t.r10&fixed != 0 {
		return t.di
	}
	n := (uintptr(t.si) + granule - 1) &^ (granule - 1)
	if n > heapEnd-heapNext {
		return eNOMEM
	}
	addr := heapNext
	atomic.StoreUintptr(&heapNext, addr+n)
	return uint64(addr)
}

//go:nosplit
func sleep(t *thread, ts uintptr) uint64 {
	d := *at[[2]int64](ts)
	t.state, t.futex, t.due, t.ax = threadWaiting, 0, monotonic()+d[0]*1e9+d[1], 0
	return 0
}

//go:nosplit
func newThread(parent *thread) uint64 {
	k := &kernel
	for i := range k.threads {
		t := &k.threads[i]
		if t.state != threadFree {
			continue
		}
		*t = *parent
		t.id = uint32(i + 1)
		t.pin, t.state = -1, threadReady
		t.ax, t.sp, t.fs = 0, parent.si, parent.r8
		rouse()
		return uint64(t.id)
	}
	return eAGAIN
}

//go:nosplit
func futex(t *thread) uint64 {
	const wait, wake = 0, 1
	addr := uintptr(t.di)
	switch t.si & 0x7f {
	case wait:
		if atomic.LoadUint32(at[uint32](addr)) != uint32(t.dx) {
			return eAGAIN
		}
		t.state, t.futex, t.due, t.ax = threadWaiting, addr, 0, 0
		if t.r10 != 0 {
			d := *at[[2]int64](uintptr(t.r10))
			t.due = monotonic() + d[0]*1e9 + d[1]
		}
		return 0
	case wake:
		n := uint64(0)
		for i := range kernel.threads {
			w := &kernel.threads[i]
			if n < t.dx && w.state == threadWaiting && w.futex == addr {
				w.state, w.futex, w.due = threadReady, 0, 0
				n++
			}
		}
		if n > 0 {
			rouse()
		}
		return n
	}
	return eNOSYS
}

//go:nosplit
func pinThread(t *thread) uint64 {
	m := *at[uint64](uintptr(t.dx))
	for i := range boot().NCores {
		if m>>i&1 == 0 {
			continue
		}
		t.pin = int32(i)
		if i != getCPU().index {
			t.state = threadReady
			rouse()
		}
		return 0
	}
	return eINVAL
}

var _ = unsafe.Pointer(nil)
