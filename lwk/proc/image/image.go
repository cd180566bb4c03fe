// Package image reads what execve(2) is given and says how to put it into memory: ELF images
// (static, static-PIE, dynamic, at fixed addresses), "#!" lines, the first contents of the stack
// with its auxiliary vector, and the unwind table that tells where functions begin.
//
// It owns no memory and maps nothing: Parse returns a plan of page-aligned ranges that the loader
// (lwk/proc) hands to hal.Memory in order. Every byte it reads comes from a program's author, so every
// number is checked before it is used, and what Parse accepts has a plan whose ranges do not overlap.
//
// Parse, Script, Stack and Aux run when a program starts and may allocate; EHIndex.Lookup runs on
// system-call paths and does not.
package image

import "syscall"

// PageSize is the size in bytes of the pages that plans are made of: x86-64's smallest.
const PageSize = 4096

// UserEnd is the first address that no program can use on x86-64 with four-level page tables
// (Linux's TASK_SIZE_MAX, one guard page below 2^47).
const UserEnd = 0x7ffffffff000

// Kind is how an image wants to be started.
type Kind uint8

const (
	// Static is an image with fixed addresses (ET_EXEC) that starts itself.
	Static Kind = iota
	// StaticPIE is an image that runs at any page-aligned bias and names no interpreter. A dynamic
	// linker is one itself, and so is a shared library.
	StaticPIE
	// Dynamic is an image that names an interpreter, which is loaded beside it and started in its
	// place. Image.PIE tells whether its own addresses are fixed.
	Dynamic
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case Static:
		return "static"
	case StaticPIE:
		return "static-pie"
	case Dynamic:
		return "dynamic"
	}
	return "unknown"
}

// Image is a checked ELF image. All addresses are those of the file: for a PIE add the load bias,
// which must be a multiple of Align; for the others the bias is 0.
type Image struct {
	Kind  Kind
	PIE   bool   // ET_DYN: any bias will do
	Entry uint64 // first instruction, inside one of Segments

	// PhdrVaddr is where the program headers are in memory, 0 if no segment holds them.
	PhdrVaddr uint64
	Phnum     int
	Phentsize int // bytes

	Interp string // path of the interpreter as the file gives it, "" if none

	// Low and High are the page-rounded span of all segments. Low is 0 for most PIEs; High is where
	// Linux lets the heap of a fixed image begin.
	Low, High uint64
	// Align is what the load bias must be a multiple of: the largest alignment that a segment asks
	// for, a power of two, at least PageSize.
	Align uint64

	Segments []Segment // sorted by address, never empty

	// ExecStack is set if the image asks for an executable stack. Saying nothing means no, as it
	// does for Linux on x86-64 since 5.8.
	ExecStack bool

	// EHAddr and EHLen are the table of PT_GNU_EH_FRAME (see NewEHIndex); EHLen is 0 without one.
	EHAddr, EHLen uint64
}

// Segment is one PT_LOAD with its plan. To load it: map the file range, clear the zero range, map the
// anonymous range; each only if its length is not 0. The plan follows Linux's binfmt_elf.
type Segment struct {
	Vaddr, MemSize    uint64 // as in the file, bytes
	FileOff, FileSize uint64
	Prot              int32 // PROT_*

	// MapAddr, MapLen: pages that are a private mapping of the file from MapOff on. The last page
	// may reach beyond the end of the file.
	MapAddr, MapLen, MapOff uint64
	// ZeroAddr, ZeroLen: bytes of the last file page to clear, up to the END of the page and not only
	// to the end of the segment, because dynamic linkers allocate from what is left of it. As in
	// Linux this is so only in a writable segment that is larger in memory than in the file.
	ZeroAddr, ZeroLen uint64
	// AnonAddr, AnonLen: pages of zeros after the file's, to be mapped with AnonProt.
	AnonAddr, AnonLen uint64
}

// AnonProt is the protection of the segment's anonymous pages: Linux makes them writable whatever the
// segment says.
func (s *Segment) AnonProt() int32 {
	return syscall.PROT_READ | syscall.PROT_WRITE | s.Prot&syscall.PROT_EXEC
}

// Contains reports whether addr (file address, without bias) is inside the segment.
func (s *Segment) Contains(addr uint64) bool {
	return addr >= s.Vaddr && addr-s.Vaddr < s.MemSize
}

// find returns the segment that contains addr, or nil.
func (img *Image) find(addr uint64) *Segment {
	for i := range img.Segments {
		if img.Segments[i].Contains(addr) {
			return &img.Segments[i]
		}
	}
	return nil
}

func pageDown(n uint64) uint64 { return n &^ (PageSize - 1) }

// pageUp rounds up; callers have bounded n by UserEnd, so that it cannot wrap.
func pageUp(n uint64) uint64 { return (n + PageSize - 1) &^ (PageSize - 1) }
