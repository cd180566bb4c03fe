package mem

import (
	"testing"

	"github.com/skerry-os/skerry/lwk/hal"
)

// TestPunch: what is unmapped out of the middle of a mapping of the pool is inaccessible until it is
// used again; whole mappings are given back without the platform.
func TestPunch(t *testing.T) {
	p := &punched{}
	nothing := func(_, _ uintptr) {}
	s, err := New(p, Config{Window: [2]uintptr{testWindow, testWindow + 1<<30}, Pool: testPool, PoolSize: 1 << 20, Clear: nothing})
	if err != nil {
		t.Fatal(err)
	}
	const anonPrivate = mapAnon | mapPrivate
	a, _ := s.Mmap(0, 8*pageSize, protRW, anonPrivate, -1, 0)
	b, _ := s.Mmap(0, 4*pageSize, protRW, anonPrivate, -1, 0) // its neighbour, one area with it
	if b != a+8*pageSize || len(p.calls) != 0 {
		t.Fatalf("mappings at %#x and %#x, %d calls of the platform", a, b, len(p.calls))
	}
	s.Munmap(b, 4*pageSize)
	if len(p.calls) != 0 {
		t.Errorf("a whole mapping: %v", p.calls)
	}
	b, _ = s.Mmap(0, 4*pageSize, protRW, anonPrivate, -1, 0)
	s.Munmap(a+2*pageSize, pageSize)
	if len(p.calls) != 1 || p.calls[0] != (mapped{a + 2*pageSize, pageSize, 0}) {
		t.Fatalf("a hole: %v", p.calls)
	}
	p.calls = nil
	s.Munmap(a, 2*pageSize) // each rest is a mapping by itself
	s.Munmap(a+3*pageSize, 5*pageSize)
	if len(p.calls) != 0 {
		t.Errorf("the rests: %v", p.calls)
	}
	c, _ := s.Mmap(0, 8*pageSize, protRW, anonPrivate, -1, 0)
	if c != a || len(p.calls) != 1 || p.calls[0] != (mapped{a + 2*pageSize, pageSize, protRW}) {
		t.Errorf("used again at %#x: %v", c, p.calls)
	}
	p.calls = nil
	s.Munmap(c+4*pageSize, 8*pageSize) // the end of one and the whole of the other
	if len(p.calls) != 1 || p.calls[0] != (mapped{c + 4*pageSize, 8 * pageSize, 0}) {
		t.Errorf("over two mappings: %v", p.calls)
	}
	p.calls = nil
	if s.Munmap(c, 4*pageSize); len(p.calls) != 0 {
		t.Errorf("the rest of the first: %v", p.calls)
	}
}

// mapped is a Map call that replaces memory.
type mapped struct {
	addr, length uintptr
	prot         int32
}

// punched keeps these calls.
type punched struct {
	quiet
	calls []mapped
}

func (p *punched) Map(addr, length uintptr, prot, _, _ int32, _ int64, _ bool) hal.Errno {
	p.calls = append(p.calls, mapped{addr, length, prot})
	return 0
}
