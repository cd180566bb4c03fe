// Package abi is what both kernels of a node agree on: the messages between them and, in
// abi/triage, what becomes of each system call. It holds no logic.
package abi

// Kinds of message from the LWK to Linux. The low byte is the kind, the next the core that the
// answer goes to.
const (
	// MsgCall asks a proxy to execute system call Aux with Args for Thread.
	MsgCall = 1
)

// Kinds of message from Linux to the LWK.
const (
	// MsgDone: the shipped call of Thread is complete; Args[0] is its result, Args[1] the number of a
	// signal that Linux sent the caller with it (SIGPIPE, SIGXFSZ), 0 if none.
	MsgDone = 1
	// MsgSignal: Linux has a signal for the program; Args holds the first 48 bytes of its siginfo.
	MsgSignal = 2
	// MsgMemory: the enclave holds more memory than it may; Args[0] is how much, in bytes.
	MsgMemory = 3
)

// MaxThreads is the largest number of threads of a program, and so of thread numbers in messages.
const MaxThreads = 32768
