package rewrite

import (
	"encoding/binary"
	"math"
)

// region is what a patch covers: [start, end). Instructions in [start, site) and [site+2, last) are
// moved to the stub; ret says that the last of them is a ret, after which [last, end) is padding.
type region struct {
	start, end, last uint64
	ret              bool
}

// build makes patch and stub for a region.
func (pl *planner) build(g region, stub uint64, entryOff uint32) (Patch, Reason) {
	s := pl.s
	if g.end-g.start > maxPatch || g.end-g.start < jmpLen {
		return Patch{}, TooLong
	}
	if g.end > s.Base+uint64(len(s.Code)) {
		return Patch{}, OutOfFunction
	}
	if pl.t.inside(g.start+1, g.end) {
		return Patch{}, BranchTarget
	}
	p := Patch{Places: Places{Start: g.start, Len: int(g.end - g.start), Site: s.Addr, Stub: stub}}
	if r := pl.move(&p, g.start, s.Addr); r != OK {
		return Patch{}, r
	}
	p.enter(entryOff)
	if !p.leave() {
		return Patch{}, OutOfReach
	}
	if r := pl.move(&p, s.Addr+2, g.last); r != OK {
		return Patch{}, r
	}
	if !g.ret {
		back := max(g.end, s.Addr+2)
		p.pair(back)
		if !p.jump(back) {
			return Patch{}, OutOfReach
		}
	}
	if p.npairs > maxPairs {
		return Patch{}, TooLong
	}
	if !pl.f.known && p.mayHoldEntry() {
		return Patch{}, MaybeEntry
	}
	rel, ok := displacement(g.start+jmpLen, stub)
	if !ok {
		return Patch{}, OutOfReach
	}
	p.Bytes[0] = 0xe9
	binary.LittleEndian.PutUint32(p.Bytes[1:], rel)
	for i := jmpLen; i < p.Len; i++ {
		p.Bytes[i] = 0xcc
	}
	return p, OK
}

// mayHoldEntry reports a covered instruction, other than the first, that is aligned as a function's
// first one is.
func (p *Patch) mayHoldEntry() bool {
	for _, pr := range p.pairs[:p.npairs] {
		if pr.orig > 0 && int(pr.orig) < p.Len && (p.Start+uint64(pr.orig))&15 == 0 {
			return true
		}
	}
	return false
}

// move appends the instructions in [from, to) to the stub, with rip-relative operands adjusted.
func (pl *planner) move(p *Patch, from, to uint64) Reason {
	for from < to {
		in := pl.at(from)
		if in.n == 0 || from+uint64(in.n) > to || p.StubLen+int(in.n)+entryLen+leaLen+jmpLen > StubMax {
			return NotMovable
		}
		p.pair(from)
		at := p.Stub + uint64(p.StubLen)
		b := p.StubCode[p.StubLen : p.StubLen+int(in.n)]
		copy(b, pl.s.Code[from-pl.s.Base:])
		if in.rip != 0 {
			operand := from + uint64(in.n) + rel32(b[in.rip:])
			rel, ok := displacement(at+uint64(in.n), operand)
			if !ok {
				return OutOfReach
			}
			binary.LittleEndian.PutUint32(b[in.rip:], rel)
		}
		p.StubLen += int(in.n)
		from += uint64(in.n)
	}
	return OK
}

// enter appends what stands for the syscall.
func (p *Patch) enter(entryOff uint32) {
	p.Entry = p.StubLen
	p.pair(p.Site)
	b := p.StubCode[p.StubLen:]
	copy(b, []byte{0x48, 0x8d, 0x0d, 8, 0, 0, 0}) // lea 8(%rip),%rcx
	p.StubLen += 7
	p.pair(p.Site) // rcx is lost to the syscall anyway, so here, too, nothing has happened yet
	copy(b[7:], []byte{0x65, 0xff, 0x24, 0x25})
	binary.LittleEndian.PutUint32(b[11:], entryOff)
	p.StubLen += 8
}

// leave appends what a system call leaves behind besides its result: in rcx, the address after the
// instruction. (Here it was the one in the stub.)
func (p *Patch) leave() bool {
	p.pair(p.Site + 2)
	rel, ok := displacement(p.Stub+uint64(p.StubLen)+leaLen, p.Site+2)
	b := p.StubCode[p.StubLen:]
	copy(b, []byte{0x48, 0x8d, 0x0d}) // lea site+2(%rip),%rcx
	binary.LittleEndian.PutUint32(b[3:], rel)
	p.StubLen += leaLen
	return ok
}

// jump appends a jump to an address in the program.
func (p *Patch) jump(to uint64) bool {
	rel, ok := displacement(p.Stub+uint64(p.StubLen)+jmpLen, to)
	p.StubCode[p.StubLen] = 0xe9
	binary.LittleEndian.PutUint32(p.StubCode[p.StubLen+1:], rel)
	p.StubLen += jmpLen
	return ok
}

// pair records that the next stub byte stands for a program address. Too many are counted, not kept.
func (p *Patch) pair(orig uint64) {
	if p.npairs < maxPairs {
		p.pairs[p.npairs] = pair{uint8(orig - p.Start), uint8(p.StubLen)}
	}
	p.npairs++
}

// displacement is the 32-bit distance from the end of an instruction to an address.
func displacement(next, to uint64) (uint32, bool) {
	d := int64(to - next)
	return uint32(d), d >= math.MinInt32 && d <= math.MaxInt32
}
