package rawcall

import (
	"sync/atomic"
	"syscall"
	"unsafe"
	_ "unsafe" // for linkname
)

// The runtime's own bracket around a system call, as package syscall uses it: between the two nothing may
// split the stack or return from the caller, hence Blocking is nosplit.
//
//go:linkname entersyscall runtime.entersyscall
func entersyscall()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// Call makes the system call unless *cancel is not 0, and returns its result or a negative errno. A kick
// (signal Kick, see Install) that comes before the call is made has it not made (Unmade); one that comes
// later makes Linux end it with EINTR. In neither case does the call begin to block afterwards.
//
// args must hold what Linux may be given; nothing is checked here.
//
//go:noescape
func Call(cancel *uint32, nr uintptr, args *[6]uint64) int64

// callMade is the end of the SYSCALL instruction in callBegin.
const callMade = 7

// addresses stores those of callBegin, callCancel and the handler.
//
//go:noescape
func addresses(out *[3]uintptr)

// Range is for a handler other than Install's: a kick that finds its thread in [begin, made) has to go on at
// cancel.
func Range() (begin, made, cancel uintptr) {
	var a [3]uintptr
	addresses(&a)
	return a[0], a[0] + callMade, a[1]
}

// action is the kernel's struct sigaction.
type action struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

const (
	saSiginfo  = 0x4
	saRestorer = 0x04000000
	saOnstack  = 0x08000000
)

// owner is the thread that gets the signals of the process; read by the handler. 0: none yet.
var owner uint64
var process uint64

//go:noescape
func restorer(out *uintptr)

// Install makes this process's handler of signal sig: a kick cancels or interrupts a call of Call; any
// other signal that was sent to the process goes on to the thread of SetOwner, and the thread that it came
// to blocks such signals from then on; faults of the process itself and what the Go runtime sends itself go
// to the runtime.
// flags are more SA_ flags.
func Install(sig int, flags uintptr) syscall.Errno {
	var a [3]uintptr
	addresses(&a)
	act := action{handler: a[2], flags: saSiginfo | saOnstack | saRestorer | flags}
	restorer(&act.restorer)
	return setAction(sig, &act)
}

// Default and Ignore set the default action of sig, or to ignore it.
func Default(sig int) syscall.Errno { return setAction(sig, &action{}) }

// Ignore is Linux's SIG_IGN.
func Ignore(sig int) syscall.Errno { return setAction(sig, &action{handler: 1}) }

func setAction(sig int, act *action) syscall.Errno {
	_, _, e := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(act)), 0, 8, 0, 0)
	return e
}

// passed are signals that came to another thread than the owner: the handler fills a slot, full last. It is
// known to the assembly.
type passed struct {
	slots [64]struct {
		info [6]uint64
		full uint64
		_    uint64
	}
	next uint64
}

var passedOn passed

var (
	_ [0]byte = [unsafe.Offsetof(passedOn.next) - 4096]byte{}
	_ [0]byte = [unsafe.Offsetof(passedOn.slots[0].full) - 48]byte{}
)

// TakePassed takes a signal that the handler passed on; the owner calls it after a kick until it returns
// false. info is the first 48 bytes of the kernel's siginfo_t.
func TakePassed(info *[6]uint64) bool {
	from := atomic.LoadUint64(&passedOn.next)
	for i := range uint64(len(passedOn.slots)) {
		s := &passedOn.slots[(from+i)%uint64(len(passedOn.slots))] // the oldest first
		if atomic.LoadUint64(&s.full) != 0 {
			*info = s.info
			atomic.StoreUint64(&s.full, 0)
			return true
		}
	}
	return false
}

// SetOwner names the thread that gets the signals of the process: it waits for them in Wait with all of
// them blocked, and is kicked when there are some in TakePassed.
func SetOwner(tid int) {
	process = uint64(syscall.Getpid())
	owner = uint64(tid)
}

// Block makes mask the set of signals that the calling thread blocks (bit n-1 for n).
//
//go:nosplit
func Block(mask uint64) {
	const setMask = 2
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, setMask, uintptr(unsafe.Pointer(&mask)), 0, 8, 0, 0)
}

// Wait takes a signal of set that is pending, and waits for one; a goroutine's. info is the kernel's
// siginfo_t. It returns 0 when it was interrupted.
func Wait(set uint64, info *[16]uint64) int {
	r, _, e := syscall.Syscall6(syscall.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&set)), uintptr(unsafe.Pointer(info)), 0, 8, 0, 0)
	if e != 0 {
		return 0
	}
	return int(r)
}

// Take is Wait without waiting: 0 when none is pending.
func Take(set uint64, info *[16]uint64) int {
	var now [2]uint64
	r, _, e := syscall.RawSyscall6(syscall.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&set)), uintptr(unsafe.Pointer(info)), uintptr(unsafe.Pointer(&now)), 8, 0, 0)
	if e != 0 {
		return 0
	}
	return int(r)
}

// takeSignal takes a pending signal of set without waiting.
//
//go:nosplit
func takeSignal(set *uint64) uint64 {
	var now [2]uint64
	r, _, e := syscall.RawSyscall6(syscall.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(set)), 0, uintptr(unsafe.Pointer(&now)), 8, 0, 0)
	if e != 0 {
		return 0
	}
	return uint64(r)
}

// Send sends sig to a thread of this process.
//
//go:nosplit
func Send(tid uint32, sig int) {
	syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(syscall.Getpid()), uintptr(tid), uintptr(sig))
}

// FutexWait sleeps while *w is v; a goroutine's. ns: nanoseconds at most, negative: no limit.
func FutexWait(w *uint32, v uint32, ns int64) {
	const waitPrivate = 0 | 128
	var ts syscall.Timespec
	var p uintptr
	if ns >= 0 {
		ts = syscall.NsecToTimespec(ns)
		p = uintptr(unsafe.Pointer(&ts))
	}
	syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(w)), waitPrivate, uintptr(v), p, 0, 0)
}

// FutexWake wakes n sleepers of w.
//
//go:nosplit
func FutexWake(w *uint32, n int) {
	const wakePrivate = 1 | 128
	syscall.RawSyscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(w)), wakePrivate, uintptr(n), 0, 0, 0)
}

// Pause is the processor's hint that the caller polls.
//
//go:noescape
func Pause()
