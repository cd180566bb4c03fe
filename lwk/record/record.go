// Package record owns what an enclave notes about itself while it runs, and what is made of it: the
// report of `skerry run --stats`, and traces.
//
// While the program runs, each core and each proxy writes for itself, into memory outside the Go heap:
// counters (Counters, Proxy), always, and, for a trace, fixed-size records in a ring (Ring). Nothing
// there locks, allocates, blocks or can panic, and what cores do is light (hal.Core.Settle). Text is
// made of it (Report, Trace) by the core that ends the program, or by another process that maps the
// memory; only that allocates.
//
// Reading the clock costs tens of nanoseconds on many machines, more than the calls that are to be
// measured. So times of calls are sampled, and a trace gives calls that the lightweight kernel answers
// itself a time of their own only as long as that costs little; see Core.Enter.
package record

// Kind says what a Record is about.
type Kind uint8

const (
	// Slice: a thread has the core. Nr is the system call that ended it, NoCall if none did; Note the
	// scheduler's state of the thread then; Arg what the program calls the thread (tid).
	Slice Kind = iota + 1
	// Local: a system call that the core answered. Arg is its result; Note is 1 if there is one, 0
	// if the thread waits or is gone.
	Local
	// Refused: the same, refused.
	Refused
	// Burst: Arg calls that came too fast to be timed one by one; Nr is the first, Note is 1 if the
	// others are not all the same.
	Burst
	// Shipped: a system call that goes to Linux, until its answer came (Note 1) or the core went on with
	// something else (Note 0). Arg is the call's first argument.
	Shipped
	// Executed: on a proxy, the execution of a shipped call. Arg is its result.
	Executed
	// Signal: Nr was delivered to the thread. Fault: Nr is the signal that an exception becomes. Both
	// are points of time.
	Signal
	Fault
	// Patch: a call site (Arg) was rewritten; Nr is the call, Note the pattern, 0 if the site was left
	// as it is.
	Patch
	// Idle: the core has nothing to do. Arg is when it began to sleep, 0 if it only looked around.
	Idle
	// Turns: several turns of threads that came too fast to be timed one by one: the lower half of Arg is
	// how many, the upper how many local calls were made in them.
	Turns
	// Taken: on a proxy, from when it saw a shipped call to when the answer was sent; Executed lies in it.
	Taken
)

// NoCall is no system call's number.
const NoCall = 0xffff

// Record is one entry of a trace: 32 bytes. Times are ticks of the processor's time-stamp counter.
type Record struct {
	At     uint64 // 0: not written, or only half
	End    uint64 // 0: not over
	Arg    uint64
	Thread uint32 // number in the kernel's thread table
	Nr     uint16
	Kind   Kind
	Note   uint8
}

// RecordSize is a Record's size in bytes.
const RecordSize = 32

// Sizes of the rings, in records: 32 MiB for a core, 8 MiB for a proxy, of which only what is written
// takes memory.
const (
	CoreRecords  = 1 << 20
	ProxyRecords = 1 << 18
)
