package hal

import "github.com/skerry-os/skerry/ikc"

// Platform is a machine to run one program on.
type Platform interface {
	// Cores returns the number of cores, at least one.
	Cores() int
	// Core returns core i.
	Core(i int) Core
	// Start makes core i run loop, which does not return. Core 0 is the caller's: Start(0) does not
	// return either. The goroutine's stack is made so large before that it never moves again: Linux is
	// given addresses of buffers on it.
	Start(i int, loop func())
	// Memory and User give access to the program's address space.
	Memory() Memory
	User() User
	// NewExt returns the vector area of thread number i; it keeps its content over the thread's end.
	NewExt(i uint32) uintptr
	// Now is Linux's CLOCK_MONOTONIC in nanoseconds; it allocates nothing and makes no system call.
	Now() int64

	// Light names a system call whose handler is light, see Core.Settle.
	Light(nr int)

	// Send ships a system call of a thread to Linux; its completion comes to the core as a message
	// from Receive. False means that the channel is full: try again after a Receive.
	Send(core int, thread, nr uint32, args *[6]uint64) bool
	// Receive takes the next message from Linux for the core.
	Receive(core int, m *ikc.Slot) bool
	// Interrupt makes a shipped call of the thread end: with EINTR when it blocks in Linux already, with
	// -512 when it is still on its way and will not be made. Its completion arrives as usual. Resume ends the effect and must
	// come after that completion and before the thread's next Send.
	Interrupt(thread uint32)
	Resume(thread uint32)

	// Inline makes a system call on the calling core. For what cannot be shipped: the LWK's own
	// affairs with Linux about this process.
	Inline(nr uintptr, args *[6]uint64) int64

	// Collect returns when what signals Linux has for the process by now are messages to cores.
	Collect()
	// Alone makes a call that Linux allows only a process of one thread, or that parts the calling
	// thread from the others for good (unshare(2), setns(2)): all threads of the process but the calling
	// core's end, and are made anew by it, in the state that it is in then. The enclave has one core
	// from then on, as a fork's child; nothing of the program may run on another. threads is as for
	// Fork. late: the call is made after the others have ended, which it needs; otherwise before, and
	// if it fails all stays as it was. alone: the others have ended.
	Alone(core int, nr uintptr, args *[6]uint64, threads int, late bool) (ret int64, alone bool)
	// Everywhere makes a call whose effect Linux keeps for each thread (credentials and restrictions) in
	// every thread of Linux's behind the program, first on the calling core. An error means that it
	// changed nothing. It blocks until all have made it.
	Everywhere(nr uintptr, args *[6]uint64) int64
	// Still brings every other core to a place outside of the LWK (in the program, asleep, or waiting at
	// the border) and keeps it from coming in until Stir: nobody holds a lock or changes anything. The
	// caller holds no lock either, and is the only core that does this.
	Still(core int)
	Stir()

	// Fork makes a process of Linux that is a copy of this one, as clone3(2) with a. It returns the child's pid in the
	// parent and 0 in the child, where only the calling core, the home core, runs; or a negative errno.
	Fork(core int, a *Clone, f *Forking) int64
	// Company must come before the program has a second thread, or one on another core than the home core: from
	// then on no call of one thread holds up another. On the home core; it may make threads of Linux's.
	Company()
	// Heeds gives the platform a function that returns the signals that would interrupt a call of the
	// thread: neither ignored nor blocked. It is called on cores, settled, and must not block.
	Heeds(f func(thread uint32) uint64)
	// Revive makes core i of a forked child run its loop, from the beginning, after all below i; EAGAIN if
	// Linux has no thread for it.
	Revive(i int) Errno
	// Vfork makes a process that shares all memory with this one, on the calling core, and stops the
	// caller until the child has executed a program or ended: clone(2) with CLONE_VM and CLONE_VFORK
	// in flags. In the child (0), only Inline, Exec, Exit, Die and the core's Run may be used. The
	// caller's Go stack and ids are put back when it goes on. alone: as for Fork, in the caller.
	// -ENOSYS: not on this platform, where Fork can share.
	Vfork(core int, flags uint64, alone bool) int64
	// Vforked is for the parent's side after a successful Vfork, when all is put back: the platform
	// may collect the memory that the child's Exec took.
	Vforked(core int)
	// Exec makes this process a new enclave, with these arguments and environment of the LWK's own
	// image. It returns only on failure. It may allocate.
	Exec(argv, env []string) int64
	// Stop stops the program as a stop signal does, and returns when it is continued.
	Stop(sig int)
	// ChildSignal tells Linux the program's action for SIGCHLD as far as it is Linux's affair:
	// ignored, and SA_NOCLDSTOP and SA_NOCLDWAIT of flags.
	ChildSignal(ignored bool, flags uint64)
	// Leave says which signals Linux keeps pending for the process instead of giving them to the LWK
	// (bit n-1 for signal n): those that a signalfd(2) of the program reads there.
	Leave(set uint64)
	// Hold leaves all of them there, until the next Leave: when it returns, no signal is on its way any
	// more but in messages that the home core has not received. It waits for a few microseconds.
	Hold()

	// Exit ends the program with an exit status, Die as by an uncaught signal.
	Exit(status int)
	Die(sig int)
}
