// Package abi is what both kernels of a node agree on: the messages between them and, in
// abi/triage, what becomes of each system call; on the native platform, also the layout of the memory
// that they share (enclave.go). It holds no logic.
package abi

// Kinds of message from the LWK to Linux. The low byte is the kind, the next the core that the
// answer goes to.
const (
	// MsgCall asks a proxy to execute system call Aux with Args for Thread.
	MsgCall = 1

	// The rest is used on the native platform only, where the LWK has no other way to Linux. Each is
	// answered by MsgDone to Thread, Args[0] a result or negative errno, except where none is named.

	// MsgInterrupt: the shipped call of Thread is to end. The thread's word in Boot.Cancel was set
	// before: a call that is not made yet is answered with -512 and not made, one that blocks with
	// EINTR. No answer of its own.
	MsgInterrupt = 2
	// MsgExit ends the program with exit status Args[0], MsgDie as by signal Args[0]. No answer: the
	// cores park, and the proxy ends when all have.
	MsgExit = 3
	MsgDie  = 4
	// MsgStop stops the process as by stop signal Args[0]; answered when it is continued.
	MsgStop = 5
	// MsgLeave: signals Args[0] (bit n-1) stay pending at Linux instead of being sent.
	MsgLeave = 6
	// MsgChild: SIGCHLD is ignored if Args[0] is 1; Args[1] are SA_NOCLDSTOP and SA_NOCLDWAIT.
	MsgChild = 7
	// MsgExec: the process executes the program of the block in Boot.Program, Args[0] bytes. If Args[1] is 0
	// it becomes another enclave; else it stays in this one, and once the process is made anew the instance,
	// whose home is granule Args[1] from then on, gets CommandRestart. Answered only on failure.
	MsgExec = 8
	// MsgFile: keep the content of file descriptor Args[0] from offset Args[1] (page aligned), Args[2]
	// bytes, readable as a private mapping (mmap(2), PROT_READ) that outlives the descriptor, for
	// MsgFill. The answer is a handle, from 0.
	MsgFile = 9
	// MsgFill: copy Args[2] bytes from byte Args[1] of the mapping of handle Args[0] to offset Args[3]
	// of the enclave's memory, within Boot.Free. The answer is the number of bytes: less at the file's
	// end.
	MsgFill = 10
	// MsgDrop: handle Args[0] is not needed any more. No answer.
	MsgDrop = 11
	// MsgSync does nothing, after the map log as everything is.
	MsgSync = 12
	// MsgFailed: the program could not be started. Args[0] is an errno, and a line that says what and
	// why begins at byte Args[1] of Boot.Bounce, Args[2] bytes. No answer; the cores park.
	MsgFailed = 13
	// MsgReady: the LWK is up, before it loads the program. No answer.
	MsgReady = 14
	// MsgFork makes a child of the process, the proxy of instance Args[1], whose boot page is at offset Args[0]
	// of the enclave's memory, with flags Args[2] of clone(2). The answer is its pid, when it serves;
	// Args[1] of it is a pidfd if CLONE_PIDFD is among the flags.
	MsgFork = 15
)

// InlineThread is the thread number in messages that core i of the LWK sends for itself and waits
// for: the answers come as any others. It has a word in Boot.Cancel, too.
func InlineThread(i int) uint32 { return uint32(MaxThreads + i) }

// ThreadWords is how many words Boot.Cancel has.
const ThreadWords = MaxThreads + MaxCores

// Unmade is the answer to a call that was interrupted before it was made (Linux's ERESTARTSYS, which
// a system call never returns).
const Unmade = -512

// Kinds of message from Linux to the LWK.
const (
	// MsgDone: the shipped call of Thread is complete; Args[0] is its result, Args[1] the number of a
	// signal that Linux sent the caller with it (SIGPIPE, SIGXFSZ), 0 if none.
	MsgDone = 1
	// MsgSignal: Linux has a signal for the program; Args holds the first 48 bytes of its siginfo.
	MsgSignal = 2
	// MsgMemory: the enclave holds more memory than it may; Args[0] is how much, in bytes.
	MsgMemory = 3
	// MsgPopulate: the call of Thread was not made, because memory that it points to is not in the map
	// log: Args[1] bytes from address Args[0], to be written if Args[2] is 1. The LWK makes them be there
	// and sends the call again, or ends it with EFAULT. Native platform only.
	MsgPopulate = 4
)

// MaxThreads is the largest number of threads of a program, and so of thread numbers in messages.
const MaxThreads = 32768
