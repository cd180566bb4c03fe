//go:build linux && amd64

package rewrite

import (
	"math/rand"
	"syscall"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/skerry-os/skerry/platform/process/rewrite/internal/exec"
)

// lab is memory in which generated code runs: code, data within reach of rip-relative operands, a
// stack, and stubs.
type lab struct {
	thread *exec.Thread
	mem    []byte
	base   uint64
}

const (
	labCode  = 0x1000
	labStub  = 0x4000
	labData  = 0x6000
	labStack = 0xa000 // stack pointer; room on both sides
	labSize  = 0xc000
)

func newLab(t *testing.T) *lab {
	t.Helper()
	mem, err := syscall.Mmap(-1, 0, labSize, syscall.PROT_READ|syscall.PROT_WRITE|syscall.PROT_EXEC, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Skipf("no memory that is writable and executable: %v", err)
	}
	thread, err := exec.NewThread()
	if err != nil {
		t.Skipf("cannot set the GS base: %v", err)
	}
	l := &lab{thread, mem, uint64(uintptr(unsafe.Pointer(&mem[0])))}
	t.Cleanup(func() {
		thread.Close()
		syscall.Munmap(mem)
	})
	return l
}

// run puts code (and stub) in place, fills data and stack from seed and runs; it returns the registers and the memory.
func (l *lab) run(code []byte, patch *Patch, start int, seed int64) (s exec.State, data []byte) {
	clear(l.mem)
	copy(l.mem[labCode:], code)
	if patch != nil {
		copy(l.mem[patch.Start-l.base:], patch.Bytes[:patch.Len])
		copy(l.mem[patch.Stub-l.base:], patch.StubCode[:patch.StubLen])
	}
	rnd := rand.New(rand.NewSource(seed))
	rnd.Read(l.mem[labData:])
	for i := range s.GPR {
		s.GPR[i] = rnd.Uint64()
		s.XMM[i] = [2]uint64{rnd.Uint64(), rnd.Uint64()}
	}
	s.Flags = 0x202 | rnd.Uint64()&0x8d5
	s.GPR[4] = l.base + labStack
	s.GPR[5] = l.base + labData + 0x800
	l.thread.Run(uintptr(l.base)+labCode+uintptr(start), &s)
	return s, append([]byte(nil), l.mem[labData:]...)
}

// TestRunPatched runs generated functions as they are and rewritten: registers and memory must agree.
// Branches lead to random instructions, so that some of what could be covered must not be.
func TestRunPatched(t *testing.T) {
	l := newLab(t)
	var count [4]int
	var refused, taken int
	rapid.Check(t, func(r *rapid.T) {
		g := &gen{r: r}
		type jump struct{ at, to int }
		var starts []int
		var jumps []jump
		one := func(rax bool) {
			starts = append(starts, len(g.code))
			g.one(rax)
		}
		branch := func() {
			if g.pick(3) != 0 {
				return
			}
			starts = append(starts, len(g.code))
			jumps = append(jumps, jump{len(g.code), len(starts) + g.pick(8)})
			g.add(0x70|byte(g.pick(16)), 0)
		}
		for n := g.pick(12); n > 0; n-- {
			one(true)
		}
		// The number: getpid, getppid or one that does not exist.
		nr := []uint32{39, 110, 0x3ff}[g.pick(3)]
		starts = append(starts, len(g.code))
		switch g.pick(3) {
		case 0:
			g.add(0x48, 0xc7, 0xc0)
		default:
			g.add(0xb8)
		}
		g.add32(nr)
		if g.pick(2) == 0 {
			for n := 1 + g.pick(4); n > 0; n-- {
				branch()
				one(false)
			}
		}
		tight := g.pick(4) == 0 // two bytes on each side between branches: pattern D
		if tight {
			g.add(0x75, 0, 0x70, 0)
			starts = append(starts, len(g.code))
			g.rr(false, 3, 6, 0x31)
		}
		site := len(g.code)
		starts = append(starts, site)
		g.add(0x0f, 0x05)
		if tight {
			starts = append(starts, len(g.code))
			g.rr(false, 6, 0, 0x89)
			g.add(0x75, 0)
		}
		branch()
		for n := g.pick(8); n > 0; n-- {
			one(true)
			branch()
		}
		ret := g.pick(6) == 0 // a function that returns: called, its return address is the end
		end := len(g.code)
		starts = append(starts, end)
		start := 0
		if ret {
			g.add(0xc3)
			for len(g.code)%16 != 0 {
				g.add(0xcc)
			}
			fn := len(g.code)
			start = fn
			g.add(0xe8)
			g.add32(uint32(-int32(fn + 5)))
		}
		funcEnd := end
		if ret {
			funcEnd++
		}
		g.add(0x65, 0xff, 0x24, 0x25)
		g.add32(exec.ExitOff)
		if !ret {
			funcEnd = len(g.code)
		}
		for _, j := range jumps {
			to := starts[min(j.to, len(starts)-1)]
			g.code[j.at+1] = byte(to - j.at - 2)
		}
		s := Site{Addr: l.base + labCode + uint64(site), Nr: nr, Base: l.base, Code: l.mem}
		if g.pick(3) > 0 {
			s.FuncStart, s.FuncEnd = l.base+labCode, l.base+labCode+uint64(funcEnd)
		}
		seed := rapid.Int64().Draw(r, "seed")
		want, wantMem := l.run(g.code, nil, start, seed)

		clear(l.mem)
		copy(l.mem[labCode:], g.code)
		p, err := Plan(&s, l.base+labStub, exec.EntryOff)
		if err != nil {
			refused++
			return
		}
		count[p.Pattern-'A']++
		invariants(t, &s, &p, exec.EntryOff)
		before := l.thread.Entries()
		got, gotMem := l.run(g.code, &p, start, seed)
		taken += int(l.thread.Entries() - before)
		if got != want {
			r.Fatalf("pattern %c over % x: registers\n%x, want\n%x", p.Pattern, g.code, got, want)
		}
		if string(gotMem) != string(wantMem) {
			r.Fatalf("pattern %c over % x: memory differs", p.Pattern, g.code)
		}
	})
	t.Logf("A %d, B %d, C %d, D %d, refused %d; %d calls through the entry", count[0], count[1], count[2], count[3], refused, taken)
	if taken == 0 {
		t.Error("no call went through the entry")
	}
}

// TestRunEach runs one function of each pattern, so that each is run whatever rapid draws.
func TestRunEach(t *testing.T) {
	l := newLab(t)
	exit := "\x65\xff\x24\x25\x00\x00\x00\x00"
	for _, c := range []struct {
		pattern byte
		code    string
		site    int
	}{
		{'A', "\xb8\x27\x00\x00\x00\x0f\x05" + exit, 5},
		{'B', "\x6a\x27\x58\x0f\x05\x48\x3d\x01\xf0\xff\xff\x48\x89\xc3" + exit, 3},
		{'C', "\x6a\x27\x58\x31\xff\x89\xc2\x0f\x05\x75\x00" + exit, 7},                 // xor, mov, syscall: covered
		{'C', "\x48\xc7\xc0\x27\x00\x00\x00\x0f\x05\x75\x00" + exit, 7},                 // long mov: the syscall stays
		{'D', "\xb0\x27\x0f\xb6\xc0\x75\x00\x31\xff\x0f\x05\x89\xc2\x75\x00" + exit, 9}, // between branches
	} {
		s := Site{Addr: l.base + labCode + uint64(c.site), Nr: 39, Base: l.base, Code: l.mem,
			FuncStart: l.base + labCode, FuncEnd: l.base + labCode + uint64(len(c.code))}
		want, wantMem := l.run([]byte(c.code), nil, 0, 1)
		if want.GPR[0] != uint64(syscall.Getpid()) {
			t.Fatalf("%c: the function as it is gives %d", c.pattern, want.GPR[0])
		}
		clear(l.mem)
		copy(l.mem[labCode:], c.code)
		p, err := Plan(&s, l.base+labStub, exec.EntryOff)
		if err != nil || p.Pattern != c.pattern {
			t.Errorf("% x: pattern %q, %v (%v), want %c", c.code, p.Pattern, err, p.Why, c.pattern)
			continue
		}
		invariants(t, &s, &p, exec.EntryOff)
		before := l.thread.Entries()
		got, gotMem := l.run([]byte(c.code), &p, 0, 1)
		if l.thread.Entries() != before+1 {
			t.Errorf("%c: the call did not go through the entry", c.pattern)
		}
		if got.GPR[1] != p.Site+2 {
			t.Errorf("%c: rcx is %#x after the call, want %#x", c.pattern, got.GPR[1], p.Site+2)
		}
		got.GPR[1] = want.GPR[1]
		if got != want || string(gotMem) != string(wantMem) {
			t.Errorf("%c: registers %x, want %x", c.pattern, got, want)
		}
	}
}
