package sched

import (
	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/proc/signal"
)

// State says what a thread is doing.
type State uint32

const (
	Free     State = iota // no thread: the structure may be taken
	Running               // has a core: in the program, or its system call is being handled
	Runnable              // in a core's run queue
	Waiting               // for a futex, a point of time, or a signal
	Shipped               // its system call is with Linux
	Stopped               // by a stop signal
	Nascent               // being made: only who makes it touches it
)

// Thread is one thread of the program: a cooperative context, not a goroutine. Threads lie outside
// the Go heap, in the kernel's table, and are never freed, only taken again.
//
// Fields without another owner named are the thread's own core's while it runs there, and under
// Kernel.Lock otherwise.
type Thread struct {
	Ctx   hal.Context
	Index uint32 // in the kernel's table; what messages to Linux call it
	TID   uint32 // what the program calls it
	State State
	core  *Core // where it runs, or is queued
	next  *Thread
	held  uint32 // a core has its registers; several cores only
	home  bool   // it is queued at the home core, whatever Allowed says

	// Allowed is the set of cores it may run on, bit i for core i of the enclave.
	Allowed uint64

	Sig signal.State

	// ClearTID and Robust are what set_tid_address(2) (or clone) and set_robust_list(2) left.
	ClearTID uintptr
	Robust   uintptr
	Name     [16]byte

	// The system call in progress: number and arguments as the program gave them, and those that
	// were sent to Linux, which may differ.
	Nr     uint32
	Args   [6]uint64
	SentNr uint32
	Sent   [6]uint64
	Began  uint64 // when it was sent, in ticks; 0: it is not timed
	Told   bool   // the call's beginning was written, its result was not; see Hooks.Told
	After  After  // what is left to do when Linux has answered
	Cut    bool   // it was interrupted for a signal: EINTR is its answer
	Unmade bool   // its interruption came before Linux made it
	Raised uint32 // signal that Linux sent with its answer, 0: none
	Wake   Wake   // what is left to do when the thread runs again

	// Waiting for a futex.
	key     uintptr
	bits    uint32
	pi      bool
	qnext   *Thread
	qprev   *Thread
	waiting bool // is in the futex table

	// Sleeping.
	due     int64 // monotonic, ns; 0: no timeout
	heapPos int32 // position in the core's timer heap plus one
	Timeout int64 // what the call returns when due comes
	Resume  int64 // when a call that is repeated after a signal is due, 0: not said

	Borrowed bool // it is the child of a vfork, in its parent's memory

	Scratch [4]uint64 // for the call's handler
	Buf     [64]byte  // likewise: what Linux is to read in place of the program's
}

// Wake completes a wait, on the thread's core, before the thread goes on.
type Wake uint8

const (
	WakeNone Wake = iota
	WakeSigwait
)

// After completes a call that was shipped: it gets Linux's answer and returns the program's.
type After uint8

// Core returns the core whose queue the thread belongs to.
func (t *Thread) Core() *Core { return t.core }

// Return makes r the result of the call in progress.
func (t *Thread) Return(r int64) { t.Ctx.RAX = uint64(r) }

// Rewind makes the program repeat the call in progress when it runs next.
func (t *Thread) Rewind() {
	t.Ctx.RIP = t.Ctx.Restart
	t.Ctx.RAX = uint64(t.Nr)
}

// Due is when the thread's last sleep was to end.
func (t *Thread) Due() int64 { return t.due }
