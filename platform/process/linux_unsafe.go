package process

import (
	"syscall"
	"unsafe"
)

// Raw Linux system calls of the LWK itself. They are nosplit and touch no Go scheduler state, so
// that they work on the core's pinned goroutine and on the raw threads alike.

const (
	sysPrctl         = 157
	sysFutex         = 202
	sysTgkill        = 234
	sysSetaffinity   = 203
	sysGetpid        = 39
	sysGettid        = 186
	sysSigaction     = 13
	sysSigprocmask   = 14
	sysSigtimedwait  = 128
	sysSigqueueinfo  = 129
	sysMembarrier    = 324
	futexWait        = 0 | 128 // FUTEX_WAIT | FUTEX_PRIVATE_FLAG
	futexWake        = 1 | 128
	sigKick          = 16
	prSetDispatch    = 59
	sigSetmask       = 2
	cloneThreadFlags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 // VM FS FILES SIGHAND THREAD SYSVSEM
)

// sigKick is SIGSTKFLT: Linux never sends it on this processor, programs hardly do, and no thread of the
// Go runtime blocks it. It must be no real-time signal: those queue, so that a thread that Linux does not
// run for a while would take many at once, one on top of the other, beyond the end of its stack; and
// they are not sent at all beyond RLIMIT_SIGPENDING.

type timespec struct{ sec, nsec int64 }

//go:nosplit
func raw(nr, a, b, c, d, e, f uintptr) (uintptr, syscall.Errno) {
	r, _, err := syscall.RawSyscall6(nr, a, b, c, d, e, f)
	return r, err
}

// futexSleep waits while *w == v, at most ns nanoseconds (negative: forever).
//
//go:nosplit
func futexSleep(w *uint32, v uint32, ns int64) {
	var ts timespec
	var p uintptr
	if ns >= 0 {
		ts = timespec{ns / 1e9, ns % 1e9}
		p = uintptr(unsafe.Pointer(&ts))
	}
	raw(sysFutex, uintptr(unsafe.Pointer(w)), futexWait, uintptr(v), p, 0, 0)
}

// briefly waits for what another thread is about to do. It sleeps: a thread that yields its CPU many times
// in a row to others that do too is, on some kernels, not run for long after that, whatever it holds then.
//
//go:nosplit
func briefly() {
	ts := timespec{nsec: 20e3}
	raw(syscall.SYS_NANOSLEEP, addressOf(&ts), 0, 0, 0, 0, 0)
}

//go:nosplit
func futexRouse(w *uint32, n int) {
	raw(sysFutex, uintptr(unsafe.Pointer(w)), futexWake, uintptr(n), 0, 0, 0)
}

// mapAnonymous gets n bytes of zeroed memory that costs nothing until it is touched. It is never
// given back: it holds what lives as long as the enclave.
func mapAnonymous(n uintptr) (uintptr, error) {
	a, err := raw(syscall.SYS_MMAP, 0, n, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE, ^uintptr(0), 0)
	if err != 0 {
		return 0, err
	}
	return a, nil
}

// at returns a pointer to the structure at an address outside the Go heap. It is safe as long as
// the address comes from mapAnonymous and is inside that mapping, which is never unmapped.
//
//go:nosplit
func at[T any](addr uintptr) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(nil), addr))
}

// sigaction is the kernel's structure.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

//go:nosplit
func setHandler(sig int, sa *sigaction) syscall.Errno {
	_, err := raw(sysSigaction, uintptr(sig), uintptr(unsafe.Pointer(sa)), 0, 8, 0, 0)
	return err
}

//go:nosplit
//go:nosplit
func setSigmask(mask uint64) {
	raw(sysSigprocmask, sigSetmask, uintptr(unsafe.Pointer(&mask)), 0, 8, 0, 0)
}

// cpuMask is a CPU set as the kernel takes it.
type cpuMask [16]uint64

func maskOf(cpus []int) (m cpuMask) {
	for _, c := range cpus {
		if c >= 0 && c < len(m)*64 {
			m[c/64] |= 1 << (c % 64)
		}
	}
	return m
}

// beOrdinary gives a raw thread the policy SCHED_OTHER, which the core that made it may not have: whoever
// polls must not keep others from its CPU.
//
//go:nosplit
func beOrdinary() {
	const setscheduler, other = 144, 0
	var priority uint32
	raw(setscheduler, 0, other, uintptr(unsafe.Pointer(&priority)), 0, 0, 0)
}

//go:nosplit
func setAffinity(tid uintptr, m *cpuMask) syscall.Errno {
	_, err := raw(sysSetaffinity, tid, unsafe.Sizeof(*m), uintptr(unsafe.Pointer(m)), 0, 0, 0)
	return err
}
