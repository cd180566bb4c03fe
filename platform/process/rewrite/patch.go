// Package rewrite decides how a `syscall` instruction in a program's text becomes a jump to a stub,
// builds the bytes of both, and translates addresses between program and stub. It is logic over
// bytes: it maps, protects and pokes nothing. It owns the stubs' layout, the table of patches and
// the hand-out of stub space.
//
// A patch is `jmp rel32` over whole instructions, the rest filled with int3. The stub:
//
//	[covered instructions before the syscall]
//	entry: lea cont(%rip),%rcx        7 bytes; stands for the syscall instruction
//	       jmp *%gs:entryOff          8 bytes
//	cont:  [covered instructions after the syscall]      cont is always entry+15
//	       jmp back                   to the first instruction after patch and syscall
//
// syscall itself destroys rcx and r11, so rcx is free; nothing is pushed, because the program may
// use the 128 bytes below its stack pointer. After the call rcx holds an address in the stub, where
// Linux would leave the address after the syscall; no program is known to look at it.
//
// Patterns, in order of preference (Patch.Pattern):
//
//	A  mov $nr,%eax; syscall      the mov is overwritten, the syscall stays
//	B  syscall; following         both are overwritten
//	C  preceding; syscall         the syscall stays when the preceding are 5 bytes or more
//	D  preceding; syscall; following
//
// A wrong rewrite breaks a program, a refused one only leaves it slower: whatever is in doubt is refused.
// No byte of a patch but its first may be reached by other code. Direct branches are looked for in
// all of Site.Code. Indirect ones cannot be seen, but do not occur: jump tables hold the starts of
// basic blocks that a compiler made from `switch` or computed goto, and neither a syscall's result
// check nor its argument set-up is a case of one; and an address taken of code is a function's entry,
// which the rules on function bounds and alignment keep out. A return address is never in a patch,
// because calls are not covered. What a program gets to see of its own
// program counter in a signal frame is translated by ToProgram, and by ToStub when it returns there.
//
// Order for a caller: Arena.Reserve, Plan, write the stub, Arena.Commit, Table.Add, and only then, with
// the other cores out of the way, the patch; a thread that stands in the overwritten bytes (the one that
// trapped included) continues at Table.ToStub of where it was. A site that Table.ToStub already knows is
// patched and needs no second Plan.
//
// Plan, the translations, Table and Arena allocate nothing and block on nothing.
package rewrite

// Site is a trapped syscall instruction and what is known about its surroundings.
type Site struct {
	Addr uint64 // address of the syscall instruction (0f 05)
	Nr   uint32 // system-call number seen in eax at the trap
	// Code is the text around, Code[0] being at Base: 4 KiB on each side of Addr and, if the bounds are
	// known, all of the function; less only where the executable mapping ends.
	Code []byte
	Base uint64
	// FuncStart and FuncEnd bound the function [FuncStart, FuncEnd) that contains Addr; 0 if not known.
	FuncStart, FuncEnd uint64
}

const (
	jmpLen   = 5  // e9 rel32
	entryLen = 15 // lea and jmp *%gs:off
	leaLen   = 7
	maxPatch = 16
	maxPairs = 12
	// StubMax is the space in bytes that a stub may need, and that Plan may assume at stubAddr.
	StubMax = 64
)

// pair ties an address in the program, as offset from Patch.Start, to one in the stub, as offset
// from Patch.Stub.
type pair struct{ orig, stub uint8 }

// Places says what a patch and its stub occupy and which addresses correspond.
type Places struct {
	Start   uint64 // first address overwritten
	Len     int    // number of bytes overwritten, 5 to 16
	Site    uint64 // address of the syscall instruction
	Stub    uint64 // address of the stub
	StubLen int    // its length in bytes, at most StubMax
	pairs   [maxPairs]pair
	npairs  int
}

// Patch is a planned rewrite. The zero value is no patch.
type Patch struct {
	Places
	Pattern  byte           // 'A' to 'D'; 0 when refused
	Bytes    [maxPatch]byte // Bytes[:Len] go to Start
	StubCode [StubMax]byte  // StubCode[:StubLen] go to Stub
	Entry    int            // offset in the stub of what stands for the syscall
	Why      [4]Reason      // of patterns A to D, those looked at and refused
}

// EntryAddr is the stub address that stands for the syscall instruction: resuming there makes the
// call (again).
func (p *Patch) EntryAddr() uint64 { return p.Stub + uint64(p.Entry) }

// ContAddr is the stub address that stands for the address after the syscall, EntryAddr()+15.
func (p *Patch) ContAddr() uint64 { return p.EntryAddr() + entryLen }

// ToProgram gives the program address that a stub address stands for. ok is false if stubPC is not
// the start of an instruction of the stub.
func (p *Places) ToProgram(stubPC uint64) (pc uint64, ok bool) {
	off := stubPC - p.Stub
	if off >= uint64(p.StubLen) {
		return 0, false
	}
	for _, pr := range p.pairs[:p.npairs] {
		if uint64(pr.stub) == off {
			return p.Start + uint64(pr.orig), true
		}
	}
	return 0, false
}

// ToStub gives the stub address at which a thread continues that is at program address pc. ok is
// false if pc needs no translation: it is outside the overwritten bytes, and not the syscall
// instruction itself, or was not the start of an instruction.
func (p *Places) ToStub(pc uint64) (stubPC uint64, ok bool) {
	off := pc - p.Start
	if off >= uint64(p.Len) && pc != p.Site {
		return 0, false
	}
	for _, pr := range p.pairs[:p.npairs] { // the first pair of an address is the one to resume at
		if uint64(pr.orig) == off {
			return p.Stub + uint64(pr.stub), true
		}
	}
	return 0, false
}
