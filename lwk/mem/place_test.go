package mem

import (
	"sync"
	"syscall"
	"testing"
)

func TestPlaces(t *testing.T) {
	s, l := newSpace(t, 1<<20, 0, 1<<30)
	hint := uintptr(testWindow + 100*pageSize)
	if a := mustMap(t, s, hint+7, 8192, protRW, anonRW); a != hint {
		t.Errorf("free hint %#x gave %#x", hint, a)
	}
	if a := mustMap(t, s, hint+4096, 8192, protRW, anonRW); a == hint+4096 || !s.inPool(a) {
		t.Errorf("taken hint gave %#x", a)
	}
	if a := mustMap(t, s, testPool+64<<10, 8192, protRW, anonRW); a != testPool+64<<10 {
		t.Errorf("hint in the pool gave %#x", a)
	}
	if a := mustMap(t, s, 0, 3<<20, protRW, anonRW); a%hugeSize != 0 {
		t.Errorf("large mapping at %#x is not aligned", a)
	}
	a := mustMap(t, s, 0, 8192, protRW, anonRW|map32Bit)
	if a+8192 > 1<<31 {
		t.Errorf("MAP_32BIT gave %#x", a)
	}
	l.Unmap(a, 8192)
	for _, flags := range []int32{mapStack, mapLocked, mapShared &^ mapPrivate} {
		f := int32(mapPrivate|mapAnon) | flags
		if flags == mapShared {
			f = mapShared | mapAnon
		}
		if a, e := s.Mmap(0, 4096, protRW, f, -1, 0); e == 0 && s.inPool(a) {
			t.Errorf("flags %#x served from the pool", f)
		}
	}
	s.verify(t)
}

// A guard stays free of all mappings but those at fixed addresses.
func TestGuard(t *testing.T) {
	s, l := newSpace(t, 0, 0, 1<<30)
	stack := mustMap(t, s, 0, 64<<20, protRW, anonRW|mapStack)
	const gap = 32 << 20
	if e := s.Munmap(stack, gap); e != 0 {
		t.Fatal(e)
	}
	s.Guard(stack, stack+gap)
	for _, n := range []uintptr{4096, 64 << 10, 4 << 20, 16 << 20} {
		for _, hint := range []uintptr{0, stack + gap/2, stack + gap - 4096} {
			if a := mustMap(t, s, hint, n, protRW, anonRW); a < stack+gap && stack < a+n {
				t.Errorf("%d bytes with hint %#x at %#x, in the guard [%#x, %#x)", n, hint, a, stack, stack+gap)
			}
		}
	}
	if a := mustMap(t, s, stack+gap/2, 4096, protRW, anonRW|mapFixed); a != stack+gap/2 {
		t.Errorf("MAP_FIXED in the guard gave %#x", a)
	}
	l.Unmap(stack+gap/2, 4096)
	s.verify(t)
}

func TestMremapLeavesPool(t *testing.T) {
	needPeek(t)
	s, _ := newSpace(t, 8<<20, 0, 1<<30)
	a := mustMap(t, s, 0, 1<<20, protRW, anonRW)
	b := mustMap(t, s, 0, 4096, protRW, anonRW) // in the way
	poke(a+8, 11)
	poke(a+1<<20-8, 12)
	for _, n := range []uintptr{1<<20 + 4096, 5 << 20} {
		old := uintptr(1 << 20)
		if n > PoolMax {
			old = 1<<20 + 4096
		}
		if _, e := s.Mremap(a, old, n, 0, 0); n > PoolMax && e != syscall.ENOMEM {
			t.Errorf("growing in place over the pool's largest: %v", e)
		}
		c, e := s.Mremap(a, old, n, mremapMayMove, 0)
		if e != 0 {
			t.Fatal(e)
		}
		if v, _ := peek(c + 8); v != 11 {
			t.Errorf("first word %d", v)
		}
		if v, _ := peek(c + 1<<20 - 8); v != 12 {
			t.Errorf("last word %d", v)
		}
		if v, ok := peek(c + n - 8); v != 0 || !ok {
			t.Errorf("new memory holds %d, %v", v, ok)
		}
		if s.inPool(c) != (n <= PoolMax) {
			t.Errorf("%d bytes at %#x", n, c)
		}
		a = c
		s.verify(t)
	}
	if st := s.Stats(); st.PoolUsed != 4096 || st.Bytes[KindAnon] != 5<<20 {
		t.Errorf("stats %+v (neighbour %#x)", st, b)
	}
}

func TestIdentifyAndSplitFile(t *testing.T) {
	s, _ := newSpace(t, 0, 0, 1<<30)
	s.plat = quiet{}
	a, e := s.Mmap(0, 8*pageSize, syscall.PROT_READ, mapPrivate, 5, 3*pageSize)
	if e != 0 {
		t.Fatal(e)
	}
	want(t, "mprotect", s.Mprotect(a+2*pageSize, pageSize, protRW), 0)
	id := s.Intern("/lib/x.so")
	s.Identify(a, 1, 99, id)
	ar, _ := s.Find(a + 3*pageSize)
	if ar.Start != a+3*pageSize || ar.Off != 6*pageSize || ar.Ino != 99 || s.Name(ar.Name) != "/lib/x.so" {
		t.Errorf("third part %+v", ar)
	}
	s.verify(t)
}

func TestAddRefuses(t *testing.T) {
	s, _ := newSpace(t, 1<<20, 0, 1<<30)
	s.plat = quiet{}
	area := Area{Start: testWindow, End: testWindow + 1<<20, Prot: 5, Flags: mapPrivate, Kind: KindImage}
	want(t, "add", s.Add(area), 0)
	want(t, "again", s.Add(area), syscall.EEXIST)
	area.End = area.Start
	want(t, "empty", s.Add(area), syscall.EINVAL)
	area.Start, area.End = testPool, testPool+4096
	want(t, "in the pool", s.Add(area), syscall.EINVAL)
}

// TestCores uses one space from several goroutines: results never overlap, and the map stays whole.
func TestCores(t *testing.T) {
	s, _ := newSpace(t, 16<<20, 0, 1<<30)
	var wg sync.WaitGroup
	for g := range byte(4) {
		wg.Go(func() {
			for i := range 300 {
				n := uintptr(i%17+1) * pageSize
				a, e := s.Mmap(0, n, protRW, anonRW, -1, 0)
				if e != 0 {
					t.Error(e)
					return
				}
				for p := a; p < a+n; p += pageSize {
					if b := (*byte)(pointer(p)); *b != 0 {
						t.Errorf("page of another: %d", *b)
					} else {
						*b = g + 1
					}
				}
				for p := a; p < a+n; p += pageSize {
					if *(*byte)(pointer(p)) != g+1 {
						t.Error("overwritten")
					}
				}
				s.Munmap(a, n)
			}
		})
	}
	wg.Wait()
	s.verify(t)
}
