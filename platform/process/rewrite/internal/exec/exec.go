//go:build linux && amd64

// Package exec runs raw machine code for tests: it owns the entry to and exit from such code, with all
// registers loaded and saved, and a stand-in for the kernel's entry that a rewritten call site jumps to.
package exec

import (
	"runtime"
	"syscall"
	"unsafe"
)

// State is the registers that code starts with and leaves. GPR is in the encoding's order: rax, rcx,
// rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.
type State struct {
	GPR   [16]uint64
	Flags uint64
	_     uint64
	XMM   [16][2]uint64
}

// Offsets from the GS base. Code ends with a jump through ExitOff; a stub enters through EntryOff.
const (
	ExitOff  = 0
	EntryOff = 8
)

// area is what GS points to while code runs.
type area struct {
	exit, entry uintptr
	state       uintptr // *State
	sp          uintptr // Go's stack pointer
	rcx         uint64  // the entry's scratch
	entries     uint64  // times the entry was taken
	scratch     uint64
	bp          uintptr // Go's frame pointer
}

// Thread is an OS thread whose GS base is set up for running code. Its memory is not Go's.
type Thread struct{ a *area }

const (
	archSetGS = 0x1001
	archGetGS = 0x1004
)

// NewThread locks the goroutine to its thread and sets the GS base. The error is Linux's.
func NewThread() (*Thread, error) {
	runtime.LockOSThread()
	var gs uintptr
	if _, _, e := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, archGetGS, uintptr(unsafe.Pointer(&gs)), 0); e != 0 || gs != 0 {
		runtime.UnlockOSThread()
		return nil, syscall.EBUSY
	}
	b, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	a := (*area)(unsafe.Pointer(&b[0])) // a page is large enough and aligned
	a.exit, a.entry = exitPC(), entryPC()
	if _, _, e := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, archSetGS, uintptr(unsafe.Pointer(a)), 0); e != 0 {
		runtime.UnlockOSThread()
		return nil, e
	}
	return &Thread{a}, nil
}

// Close takes the GS base away and unlocks the goroutine.
func (t *Thread) Close() {
	syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, archSetGS, 0, 0)
	runtime.UnlockOSThread()
}

// Entries is how often code came through the entry.
func (t *Thread) Entries() uint64 { return t.a.entries }

// Run loads the registers (the stack pointer too: it must have room, and be above 128 free bytes),
// jumps to pc and stores the registers when the code jumps through ExitOff. What the code does wrong
// happens to the process.
func (t *Thread) Run(pc uintptr, s *State) {
	var pin runtime.Pinner
	pin.Pin(s)
	t.a.state = uintptr(unsafe.Pointer(s))
	run(pc, s)
	pin.Unpin()
}

func run(pc uintptr, s *State)
func exitPC() uintptr
func entryPC() uintptr
