package rewrite

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

const (
	textBase = 0x7f0000001000
	stubBase = 0x7f0000400000
)

// site builds a Site in 8 KiB of text: code in the middle, at 16n, after and before nops that end in a ret.
func site(t *testing.T, code string, nr uint32, known bool) *Site {
	t.Helper()
	b := bytes.Repeat([]byte{0x90}, 8192)
	b[4095], b[4096+len(code)] = 0xc3, 0xc3
	copy(b[4096:], code)
	at := strings.Index(code, "\x0f\x05")
	if at < 0 {
		t.Fatal("no syscall in the code under test")
	}
	s := &Site{Addr: textBase + 4096 + uint64(at), Nr: nr, Code: b, Base: textBase}
	if known {
		s.FuncStart, s.FuncEnd = textBase+4096, textBase+4096+uint64(len(code))
	}
	return s
}

func TestPlan(t *testing.T) {
	const cmp = "\x48\x3d\x00\xf0\xff\xff" // cmp $-4096,%rax
	const jcc = "\x70\x00"
	for _, c := range []struct {
		name, code string
		nr         uint32
		known      bool
		want       string // pattern, or a part of the error
	}{
		{"mov", "\xb8\x27\x00\x00\x00\x0f\x05" + cmp, 39, true, "A"},
		{"mov, bounds unknown", "\xb8\x27\x00\x00\x00\x0f\x05" + cmp, 39, false, "A"},
		{"another number", "\xb8\x27\x00\x00\x00\x0f\x05" + cmp, 40, true, "B"},
		{"mov to r8d", "\x41\xb8\x27\x00\x00\x00\x0f\x05" + cmp, 39, true, "B"},
		{"mov to r8d, bounds unknown", "\x41\xb8\x27\x00\x00\x00\x0f\x05" + cmp, 39, false, "B"},
		{"b8 as a ModRM byte", "\x8d\xb8\x27\x00\x00\x00\x0f\x05" + cmp, 39, true, "B"},
		{"cmp", "\x0f\x05" + cmp, 39, true, "B"},
		{"two short", "\x0f\x05\x85\xc0\x89\xc3", 39, true, "B"},
		{"ret and padding", "\x0f\x05\xc3" + strings.Repeat("\xcc", 13), 39, true, "B"},
		{"ret and code", "\x0f\x05\xc3\x31\xc0\xc3", 39, true, NotMovable.Error()},
		{"ret at the boundary", strings.Repeat(jcc, 6) + "\x90\x0f\x05\xc3", 39, false, MaybeEntry.Error()},
		{"long mov", "\x48\xc7\xc0\x27\x00\x00\x00\x0f\x05" + jcc, 39, true, "C"},
		{"start_thread", jcc + "\x31\xff\x89\xc2\x0f\x05" + jcc, 60, true, "C"},
		{"start_thread, bounds unknown", jcc + "\x31\xff\x89\xc2\x0f\x05" + jcc, 60, false, "C"},
		{"between branches", jcc + "\x31\xff\x0f\x05\x89\xc2" + jcc, 39, true, "D"},
		{"nothing near", jcc + "\x0f\x05" + jcc, 39, true, NotMovable.Error()},
		{"branch to the check", "\x74\x02\x0f\x05" + cmp, 39, true, BranchTarget.Error()},
		{"branch to the syscall after mov", "\x74\x05\xb8\x27\x00\x00\x00\x0f\x05" + cmp, 39, true, "B"},
		{"branch to the syscall, mov alone", "\x74\x05\xb8\x27\x00\x00\x00\x0f\x05" + jcc, 39, true, "A"},
		{"branch between preceding", "\x74\x02\x31\xff\x89\xc2\x0f\x05" + jcc, 39, true, BranchTarget.Error()},
		{"jump back from behind", jcc + "\x0f\x05" + cmp + "\xeb\xf8", 39, true, BranchTarget.Error()},
		{"hinted branch", "\x3e\x74\x02\x0f\x05" + cmp, 39, true, BranchTarget.Error()},
		{"branch bytes inside an immediate", "\x68\x74\x03\x00\x00\x90\x0f\x05" + cmp, 39, true, "B"},
		{"call follows", jcc + "\x0f\x05\xe8\x00\x00\x00\x00", 39, true, NotMovable.Error()},
		{"endbr64 precedes", "\xf3\x0f\x1e\xfa\x0f\x05" + jcc, 39, true, NotMovable.Error()},
		{"syscall follows", jcc + "\x0f\x05\x0f\x05" + cmp, 39, true, NotMovable.Error()},
		{"rip-relative check", jcc + "\x0f\x05\x3b\x05\x10\x00\x00\x00", 39, true, "B"},
		{"rip-relative out of reach", jcc + "\x0f\x05\x3b\x05\x00\x00\x00\x80", 39, true, OutOfReach.Error()},
		{"eip-relative", jcc + "\x0f\x05\x67\x3b\x05\x10\x00\x00\x00", 39, true, NotMovable.Error()},
		{"beyond the function", jcc + "\x0f\x05\x89", 39, true, OutOfFunction.Error()},
		{"exit, bounds unknown", jcc + "\x0f\x05" + cmp, 60, false, NoReturn.Error()},
		{"sigreturn", "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05" + cmp, 15, true, Sigreturn.Error()},
		{"patched before", "\xe9\x27\x00\x00\x00\x0f\x05" + cmp, 39, true, Patched.Error()},
		{"patched before, long", "\xe9\x27\x00\x00\x00\xcc\xcc\x0f\x05" + cmp, 39, true, Patched.Error()},
		{"prefix before, bounds unknown", "\xb8\x01\x00\x00\x66\x0f\x05" + cmp, 39, false, "C"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := site(t, c.code, c.nr, c.known)
			p, err := Plan(s, stubBase, 0x40)
			switch {
			case err != nil:
				var r Reason
				if !errors.As(err, &r) || len(c.want) == 1 || p.Pattern != 0 {
					t.Fatalf("refused: %v (%v), want %s", err, p.Why, c.want)
				}
				for _, why := range append(p.Why[:], r) {
					if why.Error() == c.want {
						return
					}
				}
				t.Fatalf("refused: %v (%v), want %s", err, p.Why, c.want)
			case string(p.Pattern) != c.want:
				t.Fatalf("pattern %c (%v), want %s", p.Pattern, p.Why, c.want)
			}
			invariants(t, s, &p, 0x40)
		})
	}
}

func TestPlanRange(t *testing.T) {
	s := site(t, "\xb8\x27\x00\x00\x00\x0f\x05\x89\xc3", 39, true)
	for _, c := range []struct {
		stub  uint64
		entry uint32
		want  error
	}{
		{textBase + 1<<31 - 1<<12, 0, nil},
		{textBase - 1<<31 + 1<<14, 0, nil},
		{textBase + 1<<31 + 1<<14, 0, OutOfReach},
		{textBase - 1<<31 - 1<<12, 0, OutOfReach},
		{stubBase, 1 << 31, BadEntry},
		{0, 0, BadEntry},
		{1 << 63, 0, BadEntry},
	} {
		if _, err := Plan(s, c.stub, c.entry); err != c.want {
			t.Errorf("stub at %#x, entry %#x: %v, want %v", c.stub, c.entry, err, c.want)
		}
	}
	s.Addr++
	if _, err := Plan(s, stubBase, 0); err != NotSyscall {
		t.Errorf("not a syscall: %v", err)
	}
}

func TestNoAllocation(t *testing.T) {
	s := site(t, "\xb8\x27\x00\x00\x00\x0f\x05\x89\xc3", 39, true)
	refused := site(t, "\x70\x00\x0f\x05\x70\x00", 39, false)
	table := new(Table)
	arena := Arena{Map: func(near uint64) (uint64, int, bool) { return near &^ 0xffff, 1 << 16, true }}
	n := testing.AllocsPerRun(100, func() {
		stub, _ := arena.Reserve(s.Addr)
		p, err := Plan(s, stub, 8)
		if err != nil || !arena.Commit(stub, p.StubLen) || !table.Add(&p) {
			t.Fatal("the site was refused")
		}
		if _, ok := table.ToProgram(p.ContAddr()); !ok {
			t.Fatal("no way back")
		}
		if _, ok := table.ToStub(s.Addr); !ok {
			t.Fatal("no way in")
		}
		table.Drop(p.Start, p.Start+1)
		if _, err := Plan(refused, stubBase, 8); err == nil {
			t.Fatal("not refused")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// FuzzPlan plans arbitrary bytes: nothing may panic, and a plan must be consistent.
func FuzzPlan(f *testing.F) {
	f.Add([]byte("\xb8\x27\x00\x00\x00\x0f\x05\x48\x3d\x00\xf0\xff\xff"), uint16(5), uint32(39), uint16(0), uint16(13), int64(1<<20))
	f.Add([]byte("\x70\x00\x31\xff\x89\xc2\x0f\x05\x70\x00"), uint16(6), uint32(60), uint16(0), uint16(10), int64(-1<<20))
	f.Add([]byte("\x0f\x05\xc3\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc"), uint16(0), uint32(1), uint16(0), uint16(3), int64(4096))
	f.Add([]byte("\x90\x90\x90\x0f\x05\x8b\x05\x00\x10\x00\x00\x90"), uint16(3), uint32(1), uint16(0), uint16(0), int64(1<<30))
	f.Fuzz(func(t *testing.T, code []byte, at uint16, nr uint32, start, end uint16, stub int64) {
		if int(at)+2 <= len(code) && nr&1 != 0 {
			code[at], code[at+1] = 0x0f, 0x05
		}
		s := Site{Addr: textBase + uint64(at), Nr: nr, Code: code, Base: textBase}
		if end != 0 {
			s.FuncStart, s.FuncEnd = textBase+uint64(start), textBase+uint64(end)
		}
		p, err := Plan(&s, uint64(int64(textBase)+stub), 0x40)
		if err != nil {
			if p.Pattern != 0 {
				t.Fatalf("refused (%v) and yet pattern %c", err, p.Pattern)
			}
			return
		}
		invariants(t, &s, &p, 0x40)
	})
}
