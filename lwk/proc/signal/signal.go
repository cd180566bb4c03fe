// Package signal owns a program's signals as data and logic: sets, siginfo, the table of actions,
// pending queues, masks, alternate stacks, and the frame that a handler runs on. It decides nothing
// about who runs: choosing a thread, waking it, stopping or ending the program is the caller's.
//
// How the pieces go together:
//   - A Thread holds a State, a process one Actions and one Shared.
//   - SendThread and SendProcess add a signal; if they say that it was added, the caller wakes or kicks
//     a thread that does not block it. Before a stop signal is sent, and before SIGCONT, the caller
//     flushes Conflicts(sig) from Shared and from every State (Linux: prepare_signal), and continues
//     a stopped program on SIGCONT even if the signal itself is then dropped.
//   - On the way back to the program: while HasPending, take Next(st, sh, st.Mask), then
//     Actions.Take, then do as its Disposition says; Handle is Push. A Push that fails is ForceSegv.
//   - After the last of them, if no handler was pushed: State.RestoreMask.
//
// Rules. Nothing here allocates Go memory after Init, uses floating point, or blocks. A State's
// owner is the core that runs its thread: only the owner changes its mask, alternate stack and
// frames; any core may send to it. Lock order: a queue's lock, then the pool's; the lock of Actions
// is never held with another. Layouts and rules are those of Linux on x86-64 (kernel/signal.c,
// arch/x86/kernel/signal*.c and fpu/signal.c, uapi headers; signal(7), sigaction(2), sigreturn(2)).
package signal

import (
	"fmt"
	"math/bits"
	"syscall"
)

// Signals that this package treats in a special way. Max is the largest number; real-time signals
// are RTMin to Max, as the kernel numbers them (a C library keeps the first few for itself).
const (
	RTMin = 32
	Max   = 64

	sigQUIT   = int(syscall.SIGQUIT)
	sigILL    = int(syscall.SIGILL)
	sigTRAP   = int(syscall.SIGTRAP)
	sigABRT   = int(syscall.SIGABRT)
	sigBUS    = int(syscall.SIGBUS)
	sigFPE    = int(syscall.SIGFPE)
	sigKILL   = int(syscall.SIGKILL)
	sigSEGV   = int(syscall.SIGSEGV)
	sigCHLD   = int(syscall.SIGCHLD)
	sigCONT   = int(syscall.SIGCONT)
	sigSTOP   = int(syscall.SIGSTOP)
	sigTSTP   = int(syscall.SIGTSTP)
	sigTTIN   = int(syscall.SIGTTIN)
	sigTTOU   = int(syscall.SIGTTOU)
	sigURG    = int(syscall.SIGURG)
	sigXCPU   = int(syscall.SIGXCPU)
	sigXFSZ   = int(syscall.SIGXFSZ)
	sigWINCH  = int(syscall.SIGWINCH)
	sigSYS    = int(syscall.SIGSYS)
	userEnd   = 0x7ffffffff000 // no user address is at or above (TASK_SIZE_MAX, four-level tables)
	setSize   = 8              // sigsetsize that Linux wants
	unmasked  = Set(1<<(9-1) | 1<<(19-1))
	allOf     = ^Set(0)
	minFPSize = 512
)

// Set is a set of signals: bit n-1 stands for signal n, as in the kernel's sigset_t.
type Set uint64

// Of returns the set of one signal, empty if there is no such signal.
func Of(sig int) Set { return 1 << uint(sig-1) }

// Has tells whether sig is in the set.
func (s Set) Has(sig int) bool { return s&Of(sig) != 0 }

// Add returns the set with sig.
func (s Set) Add(sig int) Set { return s | Of(sig) }

// Del returns the set without sig.
func (s Set) Del(sig int) Set { return s &^ Of(sig) }

// Lowest returns the lowest signal of the set, 0 if it is empty.
func (s Set) Lowest() int {
	if s == 0 {
		return 0
	}
	return bits.TrailingZeros64(uint64(s)) + 1
}

// Valid tells whether sig is a signal's number.
func Valid(sig int) bool { return sig >= 1 && sig <= Max }

// fpSize is the size of a frame's floating-point state in bytes, the second magic number included.
var fpSize int

// Init sets the size in bytes of what Core.SaveSignalFP writes and makes the pool of queued
// signals. It allocates, and comes before everything else here; calling it again forgets what is queued.
func Init(size int) error {
	if size < minFPSize || size > MaxFPSize {
		return fmt.Errorf("signal: floating-point state of %d bytes: a signal frame has room for %d to %d; "+
			"turn off the processor state beyond that (clearcpuid= on Linux's command line) or raise MaxFPSize", size, minFPSize, MaxFPSize)
	}
	fpSize = size
	queued.init(PoolSize)
	return nil
}
