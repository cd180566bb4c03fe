// Package rawcall makes system calls of Linux for somebody else: one that can be interrupted from
// outside without ever being missed, and what goes with the signals of a process that is a program's
// stand-in. Both platforms' Linux sides use it.
//
// Call is for threads that the Go runtime may not know (it is nosplit, allocates nothing and touches no
// Go state); Blocking is the same for a goroutine.
package rawcall

import "syscall"

const (
	// Kick is the signal that interrupts a call; its action is Install's.
	Kick = 64
	// Unmade is Call's result when the call was cancelled before it was made: Linux's ERESTARTSYS, which no
	// system call returns.
	Unmade = -512
	// Turn is the signal by which the Go runtime has each of its threads make a call
	// (syscall.AllThreadsSyscall6). It is the runtime's, and nobody may block it.
	Turn = 33
	// Quiet is a signal that the Go runtime unblocks on its own threads. Sent to one of them, it has the thread
	// block from then on what is not the runtime's own.
	Quiet = 32
	// Mask is what every thread of a process blocks that has its signals taken by one: all but Turn.
	Mask = ^uint64(1 << (Turn - 1))
	// KickMask is what a thread blocks that makes calls with Call: all but the kick and Turn.
	KickMask = Mask &^ (1 << (Kick - 1))
	// SyncSignals are those that the processor raises (SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS).
	SyncSignals = 1<<(4-1) | 1<<(5-1) | 1<<(7-1) | 1<<(8-1) | 1<<(11-1) | 1<<(31-1)
)

// Errors that Linux may accompany with a signal to the thread that called.
const (
	errPIPE = 32
	errFBIG = 27
)

// Blocking is Call for a goroutine that is locked to its thread: the runtime gives the thread's place to
// another goroutine while Linux keeps it.
//
//go:nosplit
func Blocking(cancel *uint32, nr uintptr, args *[6]uint64) int64 {
	entersyscall()
	r := Call(cancel, nr, args)
	exitsyscall()
	return r
}

// Raised takes the signal that Linux sent this thread with the result ret of its call, 0 if none: SIGPIPE
// or SIGXFSZ, which the thread blocks.
//
//go:nosplit
func Raised(ret int64) uint64 {
	if ret != -errPIPE && ret != -errFBIG {
		return 0
	}
	set := uint64(1<<(syscall.SIGPIPE-1) | 1<<(syscall.SIGXFSZ-1))
	return takeSignal(&set)
}
