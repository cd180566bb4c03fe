// Package native is the platform that runs the lightweight kernel on cores that Linux has released: in
// ring 0, with nothing below it. docs/native.md explains it; how an enclave's memory is laid out and what
// Linux sees of it is package abi's. It is linked into cmd/skerry-lwk only.
//
// Three layers, each in the language that the one above needs:
//   - entry_amd64.s, trap_amd64.s, setup_unsafe.go: from the first instruction to a core with its own
//     tables, and between ring 3 and ring 0.
//   - kernel_unsafe.go, calls_unsafe.go: what the Go runtime believes to be Linux. All of it is nosplit and runs
//     on a core's kernel stack, with interrupts off and under one lock.
//   - the rest is ordinary Go, on a goroutine for each core: hal.Platform.
//
// In ring 0 interrupts are off. A core takes one in ring 3, or in halt.
package native

import (
	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/lwk/hal"
)

// Constants for the assembly (go_asm.h has those of this package only).
const (
	linearBase = abi.LinearBase
	coresAt    = 0x1000 // of the sections in abi/enclave; asserted in native_test.go
	coreParked = abi.CoreParked

	bootNCores = 20 // offsets in abi.Boot; asserted as well
	bootAPIC   = 1344

	kernelStack    = 16 << 10
	trapStack      = 8 << 10
	firstStackSize = 256 << 10

	// The segments lie as Linux's, so that a program sees the same selectors.
	kernelCS = 0x10
	kernelSS = 0x18
	userSS   = 0x2b
	userCS   = 0x33
	firstTSS = 0x40

	vectorBell   = abi.VectorBell
	vectorTimer  = 0x41
	vectorKick   = 0x42
	vectorLook   = 0x43
	vectorCall   = 256 // of a system call, in what enter returns
	vectorKicked = 257 // enter did not go: the core was kicked before
	vectorStray  = 0xff
)

// context is hal.Context under a name that go_asm.h has.
type context hal.Context

// cpu is what ring 0 knows of its core, by GS. The first fields are known to the assembly.
type cpu struct {
	self   uintptr
	ksp    uintptr // kernel stack, for the Go runtime's calls
	thread *thread // the runtime's thread that has the core
	ctx    uintptr // hal.Context of the program, in enter
	rsp    uintptr // the goroutine's, in enter
	rbp    uintptr
	gofs   uintptr
	usp    uintptr // scratch
	vector uint64
	inUser uint32 // in the program, or on the way
	kick   uint32 // enter is to return
	seen   uint32 // value of tablesChanged that this core's TLB is good for
	index  uint32
	iret   [6]uint64
	pid    uint32 // answers of getpid and gettid, 0: ask the LWK
	tid    uint32

	apic    uint32
	awake   uint32 // Wake or a doorbell came; Idle is to return
	idle    uint32 // halts, or is about to
	resched uint32 // an idle core is to look for threads
	outside uint32 // at the border, or halting there
	_       [64]byte
}

// thread is one thread of the Go runtime: a machine, in its words. It runs on a core until it waits.
type thread struct {
	ax, bx, dx, si, di, bp, sp, ip      uint64
	r8, r9, r10, r12, r13, r14, r15, fs uint64

	state uint32 // threadFree and so on
	id    uint32
	pin   int32 // core that it must run on, -1: any
	_     uint32
	futex uintptr // address it waits for
	due   int64   // when its wait ends, 0: never
}

const (
	threadFree = iota
	threadReady
	threadRunning
	threadWaiting
)
