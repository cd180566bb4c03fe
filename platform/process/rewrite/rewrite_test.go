package rewrite

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// invariants checks everything that holds of any plan, from the bytes alone.
func invariants(t *testing.T, s *Site, p *Patch, entryOff uint32) {
	t.Helper()
	end := p.Start + uint64(p.Len)
	if p.Len < jmpLen || p.Len > maxPatch || p.StubLen > StubMax {
		t.Fatalf("%#x: patch of %d bytes, stub of %d", s.Addr, p.Len, p.StubLen)
	}
	if p.Start < s.Base || end > s.Base+uint64(len(s.Code)) {
		t.Fatalf("%#x: patch %#x-%#x outside the bytes given", s.Addr, p.Start, end)
	}
	intact := end == s.Addr
	if !intact && (p.Start > s.Addr || end < s.Addr+2) {
		t.Fatalf("%#x: patch %#x-%#x cuts the syscall", s.Addr, p.Start, end)
	}
	if p.Bytes[0] != 0xe9 || p.Start+5+rel32(p.Bytes[1:]) != p.Stub {
		t.Fatalf("%#x: patch does not jump to the stub: % x", s.Addr, p.Bytes[:p.Len])
	}
	if tail := p.Bytes[5:p.Len]; len(bytes.Trim(tail, "\xcc")) != 0 {
		t.Fatalf("%#x: patch's tail is % x", s.Addr, tail)
	}
	e := p.StubCode[p.Entry:]
	if !bytes.Equal(e[:11], []byte{0x48, 0x8d, 0x0d, 8, 0, 0, 0, 0x65, 0xff, 0x24, 0x25}) || binary.LittleEndian.Uint32(e[11:]) != entryOff {
		t.Fatalf("%#x: entry is % x", s.Addr, e[:entryLen])
	}
	if pc, ok := p.ToProgram(p.EntryAddr()); !ok || pc != s.Addr {
		t.Fatalf("%#x: entry stands for %#x %v", s.Addr, pc, ok)
	}
	if pc, ok := p.ToProgram(p.ContAddr()); !ok || pc != s.Addr+2 {
		t.Fatalf("%#x: the address after the entry stands for %#x %v", s.Addr, pc, ok)
	}
	if pc, ok := p.ToStub(s.Addr); !ok || pc != p.EntryAddr() {
		t.Fatalf("%#x: resumes at %#x %v", s.Addr, pc, ok)
	}
	pc, ok := p.ToStub(s.Addr + 2)
	if over := s.Addr+2 >= p.Start && s.Addr+2 < end; ok != over || ok && pc != p.ContAddr() {
		t.Fatalf("%#x: after the call resumes at %#x %v", s.Addr, pc, ok)
	}
	// Walk the program's instructions and the stub's side by side.
	stub, prog := 0, p.Start
	for stub < p.StubLen {
		if stub == p.Entry {
			if prog != s.Addr {
				t.Fatalf("%#x: entry where the program is at %#x", s.Addr, prog)
			}
			stub, prog = stub+entryLen, prog+2
			lea := p.StubCode[stub : stub+leaLen]
			if stub += leaLen; !bytes.Equal(lea[:3], []byte{0x48, 0x8d, 0x0d}) || p.Stub+uint64(stub)+rel32(lea[3:]) != prog {
				t.Fatalf("%#x: after the call % x, want rcx to be %#x", s.Addr, lea, prog)
			}
			continue
		}
		got, ok := p.ToProgram(p.Stub + uint64(stub))
		if !ok || got != prog {
			t.Fatalf("%#x: stub+%d stands for %#x %v, want %#x", s.Addr, stub, got, ok, prog)
		}
		resume := p.Stub + uint64(stub)
		if prog == s.Addr+2 {
			resume = p.ContAddr()
		}
		if back, ok := p.ToStub(prog); prog < end && (!ok || back != resume) {
			t.Fatalf("%#x: %#x resumes at %#x %v, want stub+%d", s.Addr, prog, back, ok, stub)
		}
		in := decode(p.StubCode[stub:p.StubLen])
		if in.n == 0 {
			t.Fatalf("%#x: stub+%d is no instruction: % x", s.Addr, stub, p.StubCode[:p.StubLen])
		}
		next := stub + int(in.n)
		if prog == max(end, s.Addr+2) { // the jump back
			if p.StubCode[stub] != 0xe9 || next != p.StubLen || p.Stub+uint64(next)+rel32(p.StubCode[stub+1:]) != prog {
				t.Fatalf("%#x: stub ends with % x, want a jump to %#x", s.Addr, p.StubCode[stub:p.StubLen], prog)
			}
			return
		}
		orig := append([]byte(nil), s.Code[prog-s.Base:][:in.n]...)
		moved := append([]byte(nil), p.StubCode[stub:next]...)
		if in.rip != 0 {
			a := prog + uint64(in.n) + rel32(orig[in.rip:])
			b := p.Stub + uint64(next) + rel32(moved[in.rip:])
			if a != b {
				t.Fatalf("%#x: operand at %#x became %#x", s.Addr, a, b)
			}
			clear(orig[in.rip : in.rip+4])
			clear(moved[in.rip : in.rip+4])
		}
		if !bytes.Equal(orig, moved) {
			t.Fatalf("%#x: moved % x as % x", s.Addr, orig, moved)
		}
		if in.kind == kindRet && next == p.StubLen {
			return
		}
		stub, prog = next, prog+uint64(in.n)
	}
	t.Fatalf("%#x: stub does not end: % x", s.Addr, p.StubCode[:p.StubLen])
}
