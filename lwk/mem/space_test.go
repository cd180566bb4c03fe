package mem

import (
	"syscall"
	"testing"

	"github.com/skerry-os/skerry/lwk/hal"
)

func want(t *testing.T, what string, got, want hal.Errno) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestPoolServesWithoutPlatform(t *testing.T) {
	s, l := newSpace(t, 16<<20, 0, 1<<30)
	before := l.calls
	a := mustMap(t, s, 0, 1<<20, protRW, anonRW)
	*(*byte)(pointer(a + 5000)) = 9
	if e := s.Munmap(a, 1<<20); e != 0 {
		t.Fatal(e)
	}
	b := mustMap(t, s, 0, 1<<20, protRW, anonRW)
	if b != a {
		t.Errorf("got %#x, want the pages just given back at %#x", b, a)
	}
	if *(*byte)(pointer(b + 5000)) != 0 {
		t.Error("recycled memory is not zero")
	}
	if l.calls != before {
		t.Errorf("%d calls to the platform", l.calls-before)
	}
	if st := s.Stats(); st.Recycled != 1<<20 || st.Local != 3 || st.Platform != 0 || st.PoolUsed != 1<<20 || st.Bytes[KindPool] != 1<<20 {
		t.Errorf("stats %+v", st)
	}
	s.verify(t)
}

func TestPoolRestoresAlteredRanges(t *testing.T) {
	needPeek(t)
	s, _ := newSpace(t, 1<<20, 0, 1<<30)
	a := mustMap(t, s, 0, 1<<20, protRW, anonRW)
	poke(a+4096, 1)
	want(t, "mprotect", s.Mprotect(a+4096, 4096, 0), 0)
	if _, ok := peek(a + 4096); ok {
		t.Error("PROT_NONE page can be read")
	}
	if got := mustMap(t, s, a+8192, 8192, syscall.PROT_READ, anonRW|mapFixed); got != a+8192 {
		t.Fatalf("MAP_FIXED went to %#x", got)
	}
	want(t, "dontfork", s.Madvise(a+16384, 4096, 10), 0)
	s.verify(t)
	want(t, "munmap", s.Munmap(a, 1<<20), 0)
	s.verify(t)
	b := mustMap(t, s, 0, 1<<20, protRW, anonRW)
	for p := b; p < b+1<<20; p += 4096 {
		if v, ok := peek(p); !ok || v != 0 || !poke(p, 3) {
			t.Fatalf("page %d: %d, readable %v", (p-b)/4096, v, ok)
		}
	}
}

func TestExhaustedPoolFallsBack(t *testing.T) {
	s, _ := newSpace(t, 64<<10, 0, 1<<30)
	mustMap(t, s, 0, 64<<10, protRW, anonRW)
	a := mustMap(t, s, 0, 4096, protRW, anonRW)
	if s.inPool(a) {
		t.Fatalf("%#x is in a full pool", a)
	}
	if ar, ok := s.Find(a); !ok || ar.Kind != KindAnon {
		t.Errorf("area %+v", ar)
	}
}

func TestLimit(t *testing.T) {
	s, _ := newSpace(t, 1<<20, 8<<20, 1<<40)
	if _, e := s.Mmap(0, 9<<20, protRW, anonRW, -1, 0); e != syscall.ENOMEM {
		t.Errorf("over the limit: %v", e)
	}
	r := mustMap(t, s, 0, 1<<30, 0, anonRW)
	mustMap(t, s, 0, 1<<30, protRW, anonRW|mapNoReserve)
	mustMap(t, s, 0, 64<<20, protRW, anonRW|mapStack)
	a := mustMap(t, s, 0, 6<<20, protRW, anonRW)
	want(t, "mprotect of a reservation beyond the limit", s.Mprotect(r, 4<<20, protRW), syscall.ENOMEM)
	want(t, "mprotect within", s.Mprotect(r, 2<<20, protRW), 0)
	if _, e := s.Mmap(0, 4096, protRW, anonRW, -1, 0); e != syscall.ENOMEM {
		t.Errorf("full: %v", e)
	}
	if _, e := s.Mmap(a, 6<<20, protRW, anonRW|mapFixed, -1, 0); e != 0 {
		t.Errorf("replacing what is counted: %v", e)
	}
	want(t, "munmap", s.Munmap(a, 6<<20), 0)
	mustMap(t, s, 0, 4<<20, protRW, anonRW)
	s.verify(t)
}

func TestReserved(t *testing.T) {
	s, l := newSpace(t, 0, 0, 4<<20)
	if e := l.Map(testLWK, 1<<20, protRW, anonRW, -1, 0, false); e != 0 {
		t.Skip(e)
	}
	defer l.Unmap(testLWK, 1<<20)
	want(t, "reserve", s.Reserve(testLWK, testLWK+512<<10, "text"), 0)
	want(t, "reserve next", s.Reserve(testLWK+512<<10, testLWK+1<<20, "heap"), 0)
	_, e := s.Mmap(testLWK-4096, 8192, protRW, anonRW|mapFixed, -1, 0)
	want(t, "MAP_FIXED", e, syscall.ENOMEM)
	_, e = s.Mmap(testLWK, 4096, protRW, anonRW|mapFixedNoReplace, -1, 0)
	want(t, "NOREPLACE", e, syscall.EEXIST)
	want(t, "munmap", s.Munmap(testLWK-4096, 8192), syscall.EINVAL)
	want(t, "mprotect", s.Mprotect(testLWK, 4096, 0), syscall.ENOMEM)
	want(t, "madvise", s.Madvise(testLWK, 4096, madvDontNeed), syscall.ENOMEM)
	_, e = s.Mremap(testLWK, 4096, 8192, mremapMayMove, 0)
	want(t, "mremap", e, syscall.EFAULT)
	for { // the search must step around it
		a, e := s.Mmap(0, 256<<10, protRW, anonRW, -1, 0)
		if e != 0 {
			break
		}
		if a < testLWK+1<<20 && testLWK < a+256<<10 {
			t.Fatalf("placed at %#x, in the LWK", a)
		}
	}
	if got := s.Stats().Bytes[KindAnon]; got != 3<<20 {
		t.Errorf("filled %#x bytes of the window, want 3 MiB", got)
	}
	s.verify(t)
}

func TestUnknownMappingsAreNeverReplaced(t *testing.T) {
	needPeek(t)
	s, l := newSpace(t, 0, 0, 1<<20)
	top := uintptr(testWindow + 1<<20)
	for _, a := range []uintptr{top - 4096, testWindow + 64<<10} {
		if e := l.Map(a, 4096, protRW, anonRW, -1, 0, false); e != 0 {
			t.Skip(e)
		}
		defer l.Unmap(a, 4096)
		poke(a, 77)
	}
	a := mustMap(t, s, 0, 4096, protRW, anonRW)
	if a >= top-4096 {
		t.Errorf("placed at %#x", a)
	}
	// One page known, one free, one foreign: refused, and nothing of ours is lost.
	b := uintptr(testWindow + 56<<10)
	mustMap(t, s, b, 4096, protRW, anonRW|mapFixed)
	poke(b, 5)
	_, e := s.Mmap(b, 12<<10, protRW, anonRW|mapFixed, -1, 0)
	want(t, "MAP_FIXED over unknown memory", e, syscall.ENOMEM)
	if v, _ := peek(b); v != 5 {
		t.Error("lost data of a mapping that stays")
	}
	if _, ok := peek(b + 4096); ok {
		t.Error("a placeholder was left behind")
	}
	if v, _ := peek(testWindow + 64<<10); v != 77 {
		t.Error("replaced memory that is not ours")
	}
	s.verify(t)
}

func TestBrk(t *testing.T) {
	needPeek(t)
	s, _ := newSpace(t, 0, 0, 1<<20)
	want(t, "setbrk", s.SetBrk(testBrk+100), 0)
	if got := s.Brk(0); got != testBrk+100 {
		t.Fatalf("break at %#x", got)
	}
	lo := uintptr(testBrk + 4096)
	if got := s.Brk(lo + 1<<20 + 5); got != lo+1<<20+5 {
		t.Fatalf("break at %#x", got)
	}
	for _, shrink := range []uintptr{lo + 1<<20 - 8192, lo + 8192} { // cleared here, dropped by the platform
		for p := lo; p < lo+1<<20; p += 4096 {
			poke(p, 9)
		}
		s.Brk(shrink)
		s.Brk(lo + 1<<20)
		for p := lo; p < lo+1<<20; p += 4096 {
			v, ok := peek(p)
			if w := uint64(9); !ok || (p >= shrink) != (v == 0) || p < shrink && v != w {
				t.Fatalf("page %d holds %d (ok %v) after shrinking to %#x", (p-lo)/4096, v, ok, shrink)
			}
		}
	}
	if got := s.Brk(lo + 32<<20); got != lo+1<<20 {
		t.Errorf("break beyond the window: %#x", got)
	}
	// A mapping in the way stops it; a hole left by munmap, and odd protections, are made good.
	mustMap(t, s, lo+1<<20, 4096, protRW, anonRW|mapFixed)
	if got := s.Brk(lo + 2<<20); got != lo+1<<20 {
		t.Errorf("break went over a mapping: %#x", got)
	}
	want(t, "munmap", s.Munmap(lo+1<<20-8192, 12288), 0)
	want(t, "mprotect", s.Mprotect(lo+4096, 4096, syscall.PROT_READ), 0)
	if got := s.Brk(lo); got != lo {
		t.Errorf("break at %#x", got)
	}
	if got := s.Brk(lo + 2<<20); got != lo+2<<20 {
		t.Errorf("break at %#x", got)
	}
	for p := lo; p < lo+2<<20; p += 4096 {
		if v, ok := peek(p); !ok || v != 0 || !poke(p, 1) {
			t.Fatalf("page %d holds %d, %v", (p-lo)/4096, v, ok)
		}
	}
	s.verify(t)
}

func TestStackAdvice(t *testing.T) {
	needPeek(t)
	s, _ := newSpace(t, 0, 64<<20, 1<<30)
	a := mustMap(t, s, 0, 8<<20, protRW, anonRW|mapStack)
	poke(a, 4)
	want(t, "part", s.Madvise(a, 4<<20, madvDontNeed), 0)
	if v, _ := peek(a); v != 4 || s.Stats().StackAdviceSkipped != 1 {
		t.Error("advice on part of a stack was not skipped")
	}
	mustMap(t, s, 0, 40<<20, protRW, anonRW)
	want(t, "part, memory short", s.Madvise(a, 4<<20, madvDontNeed), 0)
	if v, _ := peek(a); v != 0 {
		t.Error("advice skipped although memory is short")
	}
}

func TestMaxAreas(t *testing.T) {
	s, _ := newSpace(t, 1<<20, 0, 1<<30)
	s.t.max = 16
	a := mustMap(t, s, 0, 1<<20, protRW, anonRW)
	n := 0
	for p := a; p < a+1<<20; p += 8192 {
		if e := s.Mprotect(p, 4096, syscall.PROT_READ); e == syscall.ENOMEM {
			break
		} else if e != 0 {
			t.Fatal(e)
		}
		n++
	}
	if s.t.count > 16 || n < 6 || n == 128 {
		t.Errorf("%d areas after %d changes", s.t.count, n)
	}
	s.verify(t)
}

func TestPlatformErrorsChangeNothing(t *testing.T) {
	needPeek(t)
	s, l := newSpace(t, 1<<20, 0, 1<<30)
	a := mustMap(t, s, 0, 8192, protRW, anonRW)
	poke(a, 8)
	l.fail = syscall.EACCES
	_, e := s.Mmap(a, 4096, protRW, anonRW|mapFixed, -1, 0)
	want(t, "MAP_FIXED", e, syscall.EACCES)
	if v, _ := peek(a); v != 8 {
		t.Error("data lost")
	}
	_, e = s.Mmap(0, 4096, protRW, mapPrivate, 1<<20, 0)
	want(t, "bad descriptor", e, syscall.EBADF)
	s.verify(t)
}

func TestNoAllocation(t *testing.T) {
	s, _ := newSpace(t, 16<<20, 1<<30, 1<<40)
	want(t, "setbrk", s.SetBrk(testBrk), 0)
	n := testing.AllocsPerRun(50, func() {
		a, _ := s.Mmap(0, 1<<20, protRW, anonRW, -1, 0)
		a, _ = s.Mremap(a, 1<<20, 1<<20+8192, mremapMayMove, 0)
		s.Mprotect(a+4096, 4096, 0)
		s.Madvise(a+8192, 4096, madvDontNeed)
		s.Munmap(a, 4096)
		b, _ := s.Mmap(a+8192, 8192, syscall.PROT_READ, anonRW|mapFixed, -1, 0)
		s.Find(b)
		c, _ := s.Mmap(0, 4<<20, protRW, anonRW, -1, 0)
		c, e := s.Mremap(c, 4<<20, 8<<20, mremapMayMove, 0)
		if e != 0 {
			t.Fatal(e)
		}
		s.Mremap(a+16384, 8192, 8192, mremapMayMove|mremapFixed, c)
		s.Munmap(c, 8<<20)
		s.Munmap(a, 2<<20)
		s.Brk(testBrk + 1<<20)
		s.Brk(testBrk)
		s.Walk(0, func(Area) bool { return true })
		s.Stats()
		s.Intern("x")
	})
	if n != 0 {
		t.Errorf("%v allocations per run", n)
	}
	s.verify(t)
}
