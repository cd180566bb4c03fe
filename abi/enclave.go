package abi

// What the two kernels of a node agree on beside messages: how an enclave's memory is laid out and
// what each side finds and writes there. It holds on the native platform only; on the process
// platform both kernels are one process.
//
// An enclave's memory is one file, seen by the Linux side. A byte of it is named by its offset,
// always: offsets mean the same to both, addresses do not. The memory comes in granules of 2 MiB,
// whose physical addresses need not follow one another; the table at Boot.Granules has them.
//
// Everything here is little-endian, as the processor is.

// Granule is the unit in which an enclave gets memory and gives addresses to a program, in bytes.
const Granule = 2 << 20

// The LWK's own addresses. The Linux side needs them because it makes the first page tables.
const (
	// LinearBase is where the LWK sees its enclave's memory: offset o is at LinearBase+o, but for
	// the image's granules, which are not there. Read-write, not executable.
	//
	// In arguments of shipped calls (and what they point to) an address from LinearBase to LinearEnd is
	// this: memory of the LWK's, by its offset. The proxy translates it to where it has the enclave's
	// file mapped. All other addresses there are the program's.
	LinearBase = 0xffff800000000000
	LinearEnd  = LinearBase + 1<<46
	// LAPICBase is where it sees the page of its core's interrupt controller (physical 0xfee00000).
	LAPICBase = 0xffffffffffe00000
	// ImageLow is the lowest address of the image, 2 MiB aligned.
	ImageLow = 0xffffffff80200000
	// UserEnd is the first address that a program cannot have.
	UserEnd = 0x7ffffffff000
)

// MaxCores is the most cores of an enclave.
const MaxCores = 64

// Section is a part of the enclave's memory: offset and length in bytes.
type Section struct{ Off, Len uint64 }

// Boot magic and version.
const (
	BootMagic   = 0x7972656b732d6b6c // "lk-skery"
	BootVersion = 2
)

// Bits of Boot.Flags.
const (
	// BootX2APIC: interrupt controllers are in x2APIC mode (MSRs); otherwise in xAPIC mode (LAPICBase).
	BootX2APIC = 1 << iota
)

// Boot is the page at offset 0, written by the Linux side before any core starts and by nobody after.
type Boot struct {
	Magic   uint64
	Version uint32
	Size    uint32 // of this structure
	Flags   uint32
	NCores  uint32
	Memory  uint64 // bytes in all, whole granules

	Entry uint64 // where each core enters the image: an address of the LWK's
	PML4  uint64 // physical address of the first page table, which has nothing below LinearBase

	Granules Section // physical address of each granule, 8 bytes
	Tables   Section // the first page tables
	Image    Section // whole granules
	Free     Section // whole granules: the LWK's to use; everything before is as laid out here
	Cores    Section // NCores of CoreBlock
	Proxy    Section // ProxyBlock
	Requests Section // ring of slots (ikc), LWK to Linux
	Replies  Section // NCores such rings, Linux to LWK, one after another
	MapLog   Section // ring of slots, LWK to Linux
	Cancel   Section // a 32-bit word for each thread number, Cancel below
	Bounce   Section // the LWK's, for what shipped calls point to
	Log      Section // LogRing
	Epitaphs Section // NCores of Epitaph
	Program  Section // program block, see abi/enclave; on execve the LWK writes the next one there

	// Reserved are address ranges of the proxy that a program cannot have, 2 MiB aligned and sorted;
	// empty ones are no ranges.
	Reserved [64][2]uint64

	// Frequencies; 0 where the Linux side does not know. One of the two is enough.
	TSCkHz   uint64
	LAPICkHz uint64 // of the timer, undivided

	ToLWK   Bell // how Linux wakes a core
	ToLinux Bell // how a core wakes the proxy

	APIC [MaxCores]uint32 // id of each core's interrupt controller
	CPU  [MaxCores]uint32 // Linux's number of the core

	// Machine has the blocks of all the enclave's cores; Cores are those that this instance uses, as it
	// tells its proxy of them.
	Machine Section
	// Instance is the LWK's instance that this page is for, one for each process of the program; Home is
	// the granule that its page, rings and blocks lie in. Both are 0 for the one that the cores start.
	Instance uint64
	Home     uint64
}

// MaxInstances is the most processes that a program may have at a time in an enclave.
const MaxInstances = 128

// Bell is a doorbell.
type Bell struct {
	Kind   uint32
	Vector uint32
	Target uint32 // APIC id; of BellIPI to Linux
	_      uint32
}

// Kinds of Bell.
const (
	// BellPoll: there is none; the receiver looks now and then.
	BellPoll = 0
	// BellIPI: an interrupt with the vector, fixed delivery.
	BellIPI = 1
)

// VectorBell is the vector by which Linux rings a core.
const VectorBell = 0x40

// CoreBlock is what one core and the Linux side tell each other without messages. The first line is
// written by the core, the second by Linux.
type CoreBlock struct {
	State  uint32 // CoreOff and so on
	Asleep uint32 // 1 while it halts: ring after sending
	Beat   uint64 // grows at least each second while the core is alive
	Ticks  uint64 // TSC when State changed last
	Left   uint32 // 1 when this instance's program has ended and no memory of it is used any more
	_      [36]byte

	Command uint32 // CommandNone and so on; ring after writing
	_       uint32
	Started uint64 // TSC when the start-up message was sent
	_       [48]byte
}

// States of a core.
const (
	CoreOff     = iota // has not come in since the boot page was written
	CoreBoot           // in the image, not ready for a program
	CoreRunning        // in its loop
	CoreParked         // halted for good, memory untouched from here on: its enclave may be taken apart
	CoreDead           // halted for good after a fault; see its epitaph
)

// Commands to a core.
const (
	CommandNone = 0
	CommandPark = 1
	// CommandRestart: the instance, which has asked for it (MsgExec), begins anew with the program of its
	// program block.
	CommandRestart = 2
)

// ProxyBlock is written by the proxy.
type ProxyBlock struct {
	// Asleep is 1 while nobody polls: ring after sending. Set it, pass a barrier, look at the rings
	// once more, then sleep.
	Asleep uint32
	_      uint32
	// Applied counts entries of the map log that have taken effect.
	Applied uint64
	// PID is the proxy's, Ready is 1 when it serves.
	PID   uint32
	Ready uint32
	// Life is a robust futex (futex(2)) that the proxy's first thread holds: Linux sets LifeDied in it when
	// the process ends, however it does.
	Life uint32
	// Mute is 1 if the proxy cannot ring cores: they look by themselves.
	Mute uint32
	_    [32]byte
}

// LifeDied in ProxyBlock.Life says that the proxy is dead: FUTEX_OWNER_DIED (linux/futex.h).
const LifeDied = 0x40000000

// Entries of the map log are slots with these kinds. Each says what backs program addresses, in whole
// granules, from now on: Args[0] is the first address, Args[1] the offset in the enclave's memory (of
// MapSet), Args[2] the length in bytes. The log comes first: before Linux acts on a request it
// applies all entries that were sent before, and it counts them in ProxyBlock.Applied. Memory of an
// unmapped range is used again only when its entry has been counted. The protection is always read
// and write: what a program may do at an address is the LWK's affair, which checks before it ships.
const (
	MapSet   = 1
	MapUnset = 2
)

// Values of a thread's word in Boot.Cancel, written by the LWK (see MsgInterrupt).
const (
	CancelNone = 0
	Cancelled  = 1
)

// LogRing is the LWK's log: text, lines ending in a newline. Head counts bytes ever written; byte n is at
// Text[n % len(Text)], Text being the rest of the section. Only the LWK writes.
type LogRing struct {
	Head uint64
	_    [56]byte
}

// Epitaph is what a dying core leaves. Valid is written last.
type Epitaph struct {
	Valid  uint32 // EpitaphValid
	Kind   uint32 // EpitaphPanic and so on
	Core   uint32
	Vector uint32
	Error  uint64 // the processor's error code
	CR2    uint64
	RIP    uint64
	RSP    uint64
	RFLAGS uint64
	CS     uint64
	// RAX RBX RCX RDX RSI RDI RBP R8 to R15
	Regs  [15]uint64
	CR3   uint64
	Ticks uint64
	Stack [16]uint64 // from RSP on, if it is the LWK's
	Text  [184]byte  // one line, up to the first NUL
}

// EpitaphValid marks a complete epitaph.
const EpitaphValid = 0x50455053

// Kinds of epitaph.
const (
	EpitaphPanic  = 1 // the Go runtime gave up; the log has its words
	EpitaphFault  = 2 // an exception in the LWK
	EpitaphDouble = 3 // double fault
	EpitaphCheck  = 4 // machine check
	EpitaphHalt   = 5 // the LWK found that it cannot go on; Text says why
)
