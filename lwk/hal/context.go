package hal

// Context is the program's state of one thread while that thread is not running: its registers and
// what its last trap said. A platform fills it when Run returns and takes it up again at the next
// Run. Its layout is known to the platforms' assembly (through go_asm.h); new fields go at the end.
type Context struct {
	RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP uint64
	R8, R9, R10, R11, R12, R13, R14, R15   uint64
	RIP, RFLAGS                            uint64
	FSBase                                 uint64

	// Ext is the platform's area for the vector state that Xmm does not hold. See Core.SwitchVector.
	Ext uintptr

	// Xmm holds the low 128 bits of vector registers 0 to 15.
	Xmm [32]uint64

	// What the last trap was. After TrapSyscall, RAX holds the call's number and RIP the
	// instruction after it; Restart is where to resume for the call to be made again.
	Restart uint64

	// After TrapFault: signal number and siginfo code that Linux gives this fault, the address
	// (si_addr), the processor's error code and trap number as a signal frame has them.
	Sig     uint32
	SigCode int32
	SigAddr uint64
	TrapErr uint64
	TrapNo  uint64
	CR2     uint64

	// Gen is the platform's: the generation of its code rewriting that RIP was last checked against.
	Gen uint64
}

// Trap says why Run came back.
type Trap uintptr

const (
	// TrapSyscall: the program made a system call; its number and arguments are in the context.
	TrapSyscall Trap = iota
	// TrapFault: an exception that is the program's own doing; Sig and its company say which.
	TrapFault
	// TrapKick: another core or the Linux side asked this core to look around.
	TrapKick
	// TrapSignal: a signal from outside arrived on the core instead of at the Linux side (kill(2)
	// with a number that the core cannot block). Sig, SigCode are set.
	TrapSignal
)

// Core is one processor of the enclave. Its methods are called on that core only, except Kick and
// Wake, which any core may call. None allocates.
type Core interface {
	// Run resumes the program with ctx and returns at its next trap. Vector state other than
	// ctx.Xmm stays in the registers across traps; see SwitchVector.
	Run(ctx *Context) Trap
	// Settle must come before anything that is not light, in what follows a Run that returned a
	// system call named by Platform.Light: memory allocation, growth of the stack, and what else
	// needs the Go runtime. It may be called at any time. See the platform for what light is.
	Settle()
	// SwitchVector saves the vector state beyond Xmm that is live on this core for from (nil: for
	// nobody) and makes to's live. The LWK calls it before it runs another thread than the last.
	SwitchVector(from, to *Context)
	// InheritVector gives a new thread's context a copy of the live vector state.
	InheritVector(child *Context)
	// SignalFPSize is the size of a signal frame's fpstate here.
	SignalFPSize() int
	// SaveSignalFP writes the whole floating-point and vector state of ctx, which is live on this
	// core, to buf (64-byte aligned, SignalFPSize bytes), in the format of a Linux signal frame's
	// fpstate, magic numbers included.
	SaveSignalFP(ctx *Context, buf []byte)
	// LoadSignalFP makes such an image ctx's live state. An image that the processor would not
	// take is EINVAL and changes nothing.
	LoadSignalFP(ctx *Context, buf []byte) Errno
	// ResetFP makes ctx's live state that of a program that just started.
	ResetFP(ctx *Context)
	// ProgramPC returns the program address that pc stands for: pc itself, or, when pc is inside
	// code that the platform put in place of the program's (a rewritten call site's stub), the
	// address where the program would be without it. For frames and dumps that the program reads.
	ProgramPC(pc uint64) uint64
	// ResumePC is its inverse: where to resume for the program address pc.
	ResumePC(pc uint64) uint64
	// Poll looks for a message from Linux for a bounded time, and reports whether there is one. A Wake
	// or a Kick ends it early.
	Poll() bool
	// Idle gives the core up until Wake, a message from Linux, or deadline (Now's clock,
	// nanoseconds; 0: none). It returns at once when one of them came before.
	Idle(deadline int64)
	// Note tells, before a Run of another thread than the last, what matters for ending the slice
	// that begins: whether other threads wait for this core, when the first sleeping one is due (0:
	// none), and the thread's id, which gettid answers.
	Note(waiting bool, deadline int64, tid uint32)
	// Waiting tells that a thread has begun to wait for this core. Any core may call it.
	Waiting()
	// Wake ends this core's Idle.
	Wake()
	// Kick makes a Run on this core, now or next, return TrapKick.
	Kick()
}
