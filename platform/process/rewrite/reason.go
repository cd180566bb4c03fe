package rewrite

// Reason says why a call site, or one pattern at it, was refused. It is an error and converts to
// one without allocating. A larger Reason got further; Plan returns the largest of the patterns'.
// A refused site stays correct: each call costs a dispatch trap.
type Reason uint8

const (
	// OK is no reason: the pattern was taken, or not looked at.
	OK Reason = iota
	// NotSyscall: the bytes at the address are not a syscall instruction within Code.
	NotSyscall
	// BadEntry: the entry offset does not fit a positive 32-bit displacement, or an address is absurd.
	BadEntry
	// Patched: a patch that leaves the syscall in place is directly before it; its stub comes back
	// to the address after the syscall, which must therefore stay.
	Patched
	// NoMov: no `mov $nr,%eax` with the number seen directly before the call (pattern A).
	NoMov
	// Ambiguous: where the preceding instructions start is not certain.
	Ambiguous
	// OutOfFunction: the patch would leave the function or the bytes given.
	OutOfFunction
	// NotMovable: an instruction that the patch would cover cannot run elsewhere.
	NotMovable
	// TooLong: the covered instructions are too many for a patch.
	TooLong
	// MaybeEntry: the patch would cover an address that may be another function's entry.
	MaybeEntry
	// BranchTarget: something branches, or seems to, into the covered bytes.
	BranchTarget
	// NoReturn: the call does not return, so that what follows it may belong to another function.
	NoReturn
	// Sigreturn: the call is rt_sigreturn, whose bytes unwinders recognise a signal frame by.
	Sigreturn
	// OutOfReach: the stub, or something that a moved instruction refers to, is over 2 GiB away.
	OutOfReach
)

var reasons = [...]string{
	OK:            "not refused",
	NotSyscall:    "not a syscall instruction within the bytes given",
	BadEntry:      "entry offset or address out of range",
	Patched:       "already patched",
	NoMov:         "no mov of the call's number into eax directly before it",
	Ambiguous:     "start of the preceding instructions not certain",
	OutOfFunction: "patch would leave the function or the bytes given",
	NotMovable:    "a covered instruction cannot run at another address",
	TooLong:       "covered instructions too long",
	MaybeEntry:    "patch would cover what may be a function's entry",
	BranchTarget:  "a branch leads into the covered bytes",
	NoReturn:      "the call does not return and the function's end is not known",
	Sigreturn:     "rt_sigreturn, which unwinders recognise by its bytes",
	OutOfReach:    "stub or a moved instruction's operand more than 2 GiB away",
}

// Error implements error. It allocates nothing.
func (r Reason) Error() string {
	if int(r) < len(reasons) {
		return reasons[r]
	}
	return "unknown reason"
}
