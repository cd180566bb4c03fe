package rewrite

import (
	"encoding/binary"
	"math"
)

// Numbers of the system calls that are special here (asm/unistd_64.h).
const (
	sysRtSigreturn = 15
	sysExit        = 60
	sysExitGroup   = 231
)

// planner is the working state of one Plan.
type planner struct {
	s *Site
	f flow
	t targets
}

// Plan chooses a pattern for the site and builds patch and stub for a stub at stubAddr, which must have
// StubMax bytes. entryOff is the offset from the GS base of the word that holds the entry's address.
// The error, if any, is a Reason; Patch.Why then (and also on success) holds each pattern's. s.Code
// is only read, and must not change meanwhile. Plan allocates nothing. Its cost, some tens of
// microseconds, is paid once per site.
func Plan(s *Site, stubAddr uint64, entryOff uint32) (Patch, error) {
	if r := s.check(stubAddr, entryOff); r != OK {
		return Patch{}, r
	}
	pl := planner{s: s}
	pl.f = survey(s)
	pl.t = s.branches(&pl.f)
	order := [4]byte{'A', 'B', 'C', 'D'}
	if pl.t.has(s.Addr) {
		order = [4]byte{'B', 'A', 'C', 'D'} // A would leave the branch's way trapping
	}
	var why [4]Reason
	worst := OK
	for _, pattern := range order {
		var p Patch
		var r Reason
		switch pattern {
		case 'A':
			p, r = pl.mov(stubAddr, entryOff)
		case 'B':
			p, r = pl.extend(s.Addr, stubAddr, entryOff)
		default:
			p, r = pl.preceding(pattern, stubAddr, entryOff)
		}
		why[pattern-'A'] = r
		worst = max(worst, r)
		if r == OK {
			p.Pattern, p.Why = pattern, why
			return p, nil
		}
	}
	return Patch{Why: why}, worst
}

func (s *Site) check(stubAddr uint64, entryOff uint32) Reason {
	end := s.Base + uint64(len(s.Code))
	if s.Addr < s.Base || end < s.Base || s.Addr > end || end-s.Addr < 2 {
		return NotSyscall
	}
	if i := s.Addr - s.Base; s.Code[i] != 0x0f || s.Code[i+1] != 0x05 {
		return NotSyscall
	}
	const lowest, highest = 1 << 12, 1 << 56
	if entryOff > math.MaxInt32 || s.Addr < lowest || end > highest || stubAddr < lowest || stubAddr > highest {
		return BadEntry
	}
	if s.Nr == sysRtSigreturn {
		return Sigreturn
	}
	if s.patched() {
		return Patched
	}
	return OK
}

// patched recognises a patch of pattern A or C that ends at the site.
func (s *Site) patched() bool {
	i := int(s.Addr - s.Base)
	for n := 0; n <= maxPatch-jmpLen && i >= jmpLen; n++ {
		if s.Code[i-jmpLen] == 0xe9 {
			return true
		}
		if i--; s.Code[i] != 0xcc {
			return false
		}
	}
	return false
}

// at decodes the instruction at an address; n is 0 outside Code.
func (pl *planner) at(addr uint64) inst {
	i := addr - pl.s.Base
	if i >= uint64(len(pl.s.Code)) {
		return inst{}
	}
	return decode(pl.s.Code[i:])
}

// mov is pattern A.
func (pl *planner) mov(stub uint64, entryOff uint32) (Patch, Reason) {
	s := pl.s
	start := s.Addr - jmpLen
	if start < s.Base || start >= s.Addr {
		return Patch{}, NoMov
	}
	if b := s.Code[start-s.Base:]; b[0] != 0xb8 || binary.LittleEndian.Uint32(b[1:]) != s.Nr {
		return Patch{}, NoMov
	}
	if !pl.f.isSure(start) {
		return Patch{}, Ambiguous
	}
	return pl.build(region{start: start, end: s.Addr}, stub, entryOff)
}

// preceding is patterns C and D: from the syscall backwards over instructions whose start is certain.
func (pl *planner) preceding(pattern byte, stub uint64, entryOff uint32) (Patch, Reason) {
	s := pl.s
	worst := OK
	for start := s.Addr; ; {
		prev, r := pl.before(start)
		if r != OK {
			return Patch{}, max(worst, r)
		}
		start = prev
		var p Patch
		switch n := s.Addr - start; {
		case pattern == 'D':
			if n+2 >= jmpLen {
				return Patch{}, max(worst, TooLong) // what C covers
			}
			p, r = pl.extend(start, stub, entryOff)
		case n >= jmpLen:
			p, r = pl.build(region{start: start, end: s.Addr}, stub, entryOff)
		case n+2 >= jmpLen:
			p, r = pl.build(region{start: start, end: s.Addr + 2}, stub, entryOff)
		default:
			continue
		}
		if r == OK {
			return p, OK
		}
		worst = max(worst, r)
	}
}

// before finds the instruction that ends at addr, and checks that it can be moved.
func (pl *planner) before(addr uint64) (uint64, Reason) {
	s := pl.s
	for n := uint64(1); n <= maxInst; n++ {
		start := addr - n
		if start < s.Base || start > addr || pl.f.known && start < s.FuncStart {
			return 0, OutOfFunction
		}
		if !pl.f.isSure(start) {
			continue
		}
		in := pl.at(start)
		switch {
		case uint64(in.n) != n:
			return 0, Ambiguous
		case s.Addr-start > maxPatch:
			return 0, TooLong
		case in.kind != kindMove && !(in.kind == kindNop && pl.f.known):
			return 0, NotMovable // without bounds, a nop may be what lies between two functions
		}
		return start, OK
	}
	return 0, Ambiguous
}

// extend is patterns B and D: a patch from start over the syscall and as many following
// instructions as make it long enough.
func (pl *planner) extend(start, stub uint64, entryOff uint32) (Patch, Reason) {
	s := pl.s
	if start == s.Addr && !pl.f.known && start > s.Base && isPrefix(s.Code[start-s.Base-1]) {
		return Patch{}, Ambiguous // a prefix would make something else of the jump
	}
	pc := s.Addr + 2
	for pc-start < jmpLen {
		in := pl.at(pc)
		switch {
		case in.n != 0 && (in.kind == kindMove || in.kind == kindNop):
		case in.kind == kindRet:
			end, r := pl.padding(pc+1, start+jmpLen)
			if r != OK {
				return Patch{}, r
			}
			return pl.build(region{start: start, end: end, last: pc + 1, ret: true}, stub, entryOff)
		default:
			return Patch{}, NotMovable
		}
		pc += uint64(in.n)
		if pl.f.known && pc > s.FuncEnd {
			return Patch{}, OutOfFunction
		}
	}
	if !pl.f.known && (s.Nr == sysExit || s.Nr == sysExitGroup) {
		return Patch{}, NoReturn
	}
	return pl.build(region{start: start, end: pc, last: pc}, stub, entryOff)
}

// padding accepts the bytes after a ret up to need, and on to the end of the last instruction, if all
// up to the next multiple of 16, where a function may begin, is padding.
func (pl *planner) padding(pc, need uint64) (uint64, Reason) {
	limit := (pc + 15) &^ 15
	if need > limit {
		return 0, MaybeEntry
	}
	end := pc
	for pc < limit {
		in := pl.at(pc)
		if in.n == 0 || in.kind != kindNop && in.kind != kindInt3 {
			return 0, NotMovable
		}
		pc += uint64(in.n)
		if end < need {
			end = pc
		}
	}
	if pc != limit {
		return 0, MaybeEntry
	}
	return end, OK
}
