// Package triage owns the table that says, for each Linux x86-64 system call, where skerry runs it
// and what its arguments are. Dispatcher, proxies, documentation, tests and `skerry syscalls` all
// read this one table; it decides nothing itself and calls nothing.
//
// Sources: the kernel's ABI up to Linux 6.19 (numbers: asm/unistd_64.h; prototypes: the kernel's own
// trace event formats, kept in testdata) and sections 2 and 7 of the manual.
//
// Layout: kind.go has the kinds of arguments, arg.go how long the memory behind one is, args.go the
// short constructors used by the table_*.go files, one family each; print.go shows the table. All
// entries are static data, so that start-up only fills an array of pointers.
package triage

import "syscall"

// Where says which kernel runs a call. The zero value is no place: a call that was never placed.
type Where uint8

const (
	// Local: the LWK answers; Linux is not asked.
	Local Where = iota + 1
	// Split: the LWK does its part and may then ship all or some of the call. A dispatcher that has
	// no handler for a split call must refuse it: shipping it bare would be wrong.
	Split
	// Ship: Linux runs the call as it stands, on the calling thread's proxy.
	Ship
	// Refuse: the call fails with Call.Errno.
	Refuse
)

// String returns the lower-case word used by `skerry syscalls` and the documentation.
func (w Where) String() string {
	switch w {
	case Local:
		return "local"
	case Split:
		return "split"
	case Ship:
		return "ship"
	case Refuse:
		return "refuse"
	}
	return "unplaced"
}

// Flags are what a dispatcher or a proxy must know of a call besides its arguments.
type Flags uint16

const (
	// MayBlock: the call may wait for an event for a time without bound, or long for a device.
	MayBlock Flags = 1 << iota
	// Restart: interrupted by a handler with SA_RESTART, the call starts again; without, it is EINTR
	// (signal(7)).
	Restart
	// RestartNoHand: EINTR whenever a handler ran, whatever SA_RESTART says; it goes on only after
	// signals that ran no handler (signal(7); the kernel's ERESTARTNOHAND and ERESTART_RESTARTBLOCK).
	RestartNoHand
	// TimeoutEINTR comes with Restart: when a timeout is in force (an argument, or SO_RCVTIMEO and
	// SO_SNDTIMEO of the socket) the call behaves as RestartNoHand.
	TimeoutEINTR
	// Thread: the call changes or reads state that Linux keeps for each thread; it must run on the
	// caller's own proxy.
	Thread
	// ChangesFDs: the call may add to, take from or replace the table of file descriptors. (A read of
	// a fanotify(7) descriptor does too, and is not marked.)
	ChangesFDs
	// Cred: the call changes or reads credentials.
	Cred
	// NoReturn: the call does not return to the instruction after it.
	NoReturn
)

var flagNames = [...]string{"MayBlock", "Restart", "RestartNoHand", "TimeoutEINTR", "Thread", "ChangesFDs", "Cred", "NoReturn"}

// Names returns the names of the flags that are set, in bit order. It allocates.
func (f Flags) Names() []string {
	names := []string{}
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Call is one system call. Entries are shared and constant: nobody writes to them.
type Call struct {
	Nr    uint16        // number in rax
	Name  string        // as in asm/unistd_64.h, without __NR_
	Where Where         // which kernel runs it
	Ret   Kind          // what a success returns: FD, PID, TID, Addr, or None for a plain number
	Args  []Arg         // at most 6, in register order: rdi rsi rdx r10 r8 r9
	Flags Flags         // see Flags
	Errno syscall.Errno // for Refuse, the error to return; 0 otherwise
	Note  string        // one line: what the LWK does, or why it refuses and what to use instead
}

// Limit is one more than the highest number in the table.
const Limit = 472

// Table has the entry of call nr at index nr, nil where Linux has no such call.
var Table [Limit]*Call

func init() {
	for _, family := range [...][]Call{
		fileCalls[:], pathCalls[:], fdCalls[:], mountCalls[:], memoryCalls[:], processCalls[:], credCalls[:],
		schedCalls[:], signalCalls[:], socketCalls[:], pollCalls[:], ipcCalls[:], timeCalls[:], miscCalls[:], oldCalls[:],
	} {
		for i := range family {
			Table[family[i].Nr] = &family[i]
		}
	}
}

// Lookup returns the entry of call nr, or nil when there is no such call: that is ENOSYS. It neither
// allocates nor blocks.
func Lookup(nr int) *Call {
	if uint(nr) >= Limit {
		return nil
	}
	return Table[nr]
}

// ByName returns the entry of the call of that name, or nil. It searches the whole table.
func ByName(name string) *Call {
	for _, c := range Table {
		if c != nil && c.Name == name {
			return c
		}
	}
	return nil
}

// All returns every call in number order. It allocates.
func All() []*Call {
	calls := make([]*Call, 0, Limit)
	for _, c := range Table {
		if c != nil {
			calls = append(calls, c)
		}
	}
	return calls
}
