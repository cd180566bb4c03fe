package triage

// Kind is what an argument is, as far as somebody who must check, translate or show it needs to know.
// Names ending in In are read by the kernel, Out written, InOut both.
type Kind uint8

const (
	None Kind = iota

	// Scalars. Arg.Size is how many bytes of the register Linux looks at.

	Int    // signed number
	UInt   // unsigned number, opaque handle
	FD     // file descriptor
	FDDir  // directory's descriptor or AT_FDCWD
	Bits   // bit mask, or a choice among constants of such a mask
	Mode   // file mode bits
	PID    // process; 0 and negative numbers as the call defines
	TID    // thread
	UID    // user; -1 where the call allows it
	GID    // group; -1 where the call allows it
	Signal // signal number
	Size   // length in bytes or count of something
	Offset // position in a file
	Addr   // program address that the call itself does not dereference

	// Memory whose length follows from registers alone: Arg.Extent gives it.

	BufIn     // Len bytes
	BufOut    // at most Len bytes
	BufInOut  // Len bytes
	StructIn  // Size bytes
	StructOut // Size bytes
	StructInOut
	ArrayIn // Len elements of Size bytes
	ArrayOut
	ArrayInOut
	SockaddrIn    // socket address of Len bytes
	CPUSetIn      // CPU mask of Len bytes
	CPUSetOut     // at most Len bytes
	SigSetIn      // signal mask, Len bytes (anything but 8 is EINVAL)
	SigSetOut     // signal mask, Len bytes, at most 8
	FDSet         // select's set: Len bits, read and written, in words of 8 bytes
	NodeMaskIn    // NUMA node mask: Len-1 bits in words of 8 bytes
	NodeMaskOut   // the same, written
	PageVecOut    // one byte for each 4 KiB page of Len bytes (mincore)
	MsgBufIn      // 8 bytes of type, then Len bytes (msgsnd)
	MsgBufOut     // 8 bytes of type, then at most Len bytes
	TimeSpecIn    // struct timespec, 16 bytes
	TimeSpecOut   //
	TimeSpecInOut //
	FutexWord     // the 32-bit word of a futex

	// Memory whose length is found only by reading program memory.

	Path            // NUL-terminated path, at most Size bytes with the NUL
	String          // NUL-terminated text, at most Size bytes with the NUL
	SockaddrOut     // socket address; argument Len points to a 32-bit length, in and out
	BufOutPtr       // buffer; argument Len points to its 32-bit length in bytes, in and out
	SizedIn         // struct that begins (perf_event_attr: at byte 4) with its own 32-bit size; Size is the least accepted
	FileHandleIn    // struct file_handle: 8 bytes, then handle_bytes (its first word)
	FileHandleInOut //
	AtMost          // at most Size bytes; how many of them, and whether they are read or written, only Linux knows
	Options         // NUL-terminated text, at most Size bytes, that Linux may take for something else unless it gets a copy

	// Memory that holds more program addresses. Extent gives the outer part where Len or Size says it.

	IovecIn    // Len elements of struct iovec, whose buffers are read
	IovecOut   // whose buffers are written
	IovecInOut // whose buffers are read or written, depending on the descriptor
	MsgHdrIn   // struct msghdr to send
	MsgHdrOut  // struct msghdr to fill
	MMsgHdrIn  // Len elements of struct mmsghdr to send
	MMsgHdrOut // Len elements of struct mmsghdr to fill
	PtrArray   // NULL-terminated array of addresses of strings (argv, envp)
	SigSetPtr  // address and size of a signal mask, as one struct of 16 bytes
	NestedIn   // Len elements of Size bytes (Size bytes without Len) with addresses inside
	NestedInOut

	// Arguments whose meaning, address or number, hangs on another argument: the one at Len.

	Ioctl   // by request
	Fcntl   // by command
	Prctl   // by option
	Futex   // by operation: a timespec, or a number
	Variant // by the call's own rules, given in its manual page

	kinds
)

const (
	kIn = 1 << iota
	kOut
	kExtent // registers alone give the length
	kNested // holds addresses
	kVariant
)

var kindInfo = [kinds]struct {
	name string
	bits uint8
}{
	None: {"None", 0},
	Int:  {"Int", 0}, UInt: {"UInt", 0}, FD: {"FD", 0}, FDDir: {"FDDir", 0}, Bits: {"Flags", 0}, Mode: {"Mode", 0},
	PID: {"PID", 0}, TID: {"TID", 0}, UID: {"UID", 0}, GID: {"GID", 0}, Signal: {"Signal", 0}, Size: {"Size", 0},
	Offset: {"Offset", 0}, Addr: {"Addr", 0},

	BufIn: {"BufIn", kIn | kExtent}, BufOut: {"BufOut", kOut | kExtent}, BufInOut: {"BufInOut", kIn | kOut | kExtent},
	StructIn: {"StructIn", kIn | kExtent}, StructOut: {"StructOut", kOut | kExtent}, StructInOut: {"StructInOut", kIn | kOut | kExtent},
	ArrayIn: {"ArrayIn", kIn | kExtent}, ArrayOut: {"ArrayOut", kOut | kExtent}, ArrayInOut: {"ArrayInOut", kIn | kOut | kExtent},
	SockaddrIn: {"SockaddrIn", kIn | kExtent}, CPUSetIn: {"CPUSetIn", kIn | kExtent}, CPUSetOut: {"CPUSetOut", kOut | kExtent},
	SigSetIn: {"SigSetIn", kIn | kExtent}, SigSetOut: {"SigSetOut", kOut | kExtent}, FDSet: {"FDSet", kIn | kOut | kExtent},
	NodeMaskIn: {"NodeMaskIn", kIn | kExtent}, NodeMaskOut: {"NodeMaskOut", kOut | kExtent}, PageVecOut: {"PageVecOut", kOut | kExtent},
	MsgBufIn: {"MsgBufIn", kIn | kExtent}, MsgBufOut: {"MsgBufOut", kOut | kExtent},
	TimeSpecIn: {"TimeSpecIn", kIn | kExtent}, TimeSpecOut: {"TimeSpecOut", kOut | kExtent},
	TimeSpecInOut: {"TimeSpecInOut", kIn | kOut | kExtent}, FutexWord: {"FutexWord", kIn | kOut | kExtent},

	AtMost: {"AtMost", kIn | kOut}, Options: {"Options", kIn},
	Path: {"Path", kIn}, String: {"String", kIn}, SockaddrOut: {"SockaddrOut", kOut}, BufOutPtr: {"BufOutPtr", kOut},
	SizedIn: {"SizedIn", kIn}, FileHandleIn: {"FileHandleIn", kIn}, FileHandleInOut: {"FileHandleInOut", kIn | kOut},

	IovecIn: {"IovecIn", kIn | kExtent | kNested}, IovecOut: {"IovecOut", kIn | kExtent | kNested},
	IovecInOut: {"IovecInOut", kIn | kExtent | kNested},
	MsgHdrIn:   {"MsgHdrIn", kIn | kExtent | kNested}, MsgHdrOut: {"MsgHdrOut", kIn | kOut | kExtent | kNested},
	MMsgHdrIn: {"MMsgHdrIn", kIn | kOut | kExtent | kNested}, MMsgHdrOut: {"MMsgHdrOut", kIn | kOut | kExtent | kNested},
	PtrArray: {"PtrArray", kIn | kNested}, SigSetPtr: {"SigSetPtr", kIn | kExtent | kNested},
	NestedIn: {"NestedIn", kIn | kExtent | kNested}, NestedInOut: {"NestedInOut", kIn | kOut | kExtent | kNested},

	Ioctl: {"Ioctl", kVariant}, Fcntl: {"Fcntl", kVariant}, Prctl: {"Prctl", kVariant},
	Futex: {"Futex", kVariant}, Variant: {"Variant", kVariant},
}

// String returns the kind's name.
func (k Kind) String() string {
	if k >= kinds {
		return "Kind?"
	}
	return kindInfo[k].name
}

func (k Kind) has(bits uint8) bool { return k < kinds && kindInfo[k].bits&bits != 0 }

// Pointer reports whether the argument always is an address that the call dereferences (unless it is
// NULL). Variant arguments may be one too: see MayPoint.
func (k Kind) Pointer() bool { return k.has(kIn | kOut) }

// MayPoint reports whether the meaning of the argument, address or number, hangs on another argument.
func (k Kind) MayPoint() bool { return k.has(kVariant) }

// In reports whether the kernel reads the memory that the argument points to. For kinds that hold
// addresses this is about the outer memory only.
func (k Kind) In() bool { return k.has(kIn) }

// Out reports whether the kernel writes the memory that the argument points to (the outer memory, as
// with In).
func (k Kind) Out() bool { return k.has(kOut) }

// Nested reports whether the memory holds further addresses.
func (k Kind) Nested() bool { return k.has(kNested) }

// Flat reports whether registers alone describe the memory and no addresses are in it: all that is
// needed to translate and check the argument without knowing the call.
func (k Kind) Flat() bool { return k.has(kExtent) && !k.has(kNested) }
