package mem

import (
	"fmt"
	"testing"
)

func benchMap(b *testing.B, n uintptr, clear bool) {
	s, _ := newSpace(b, 64<<20, 0, 1<<30)
	if !clear {
		s.cfg.Clear = func(addr, n uintptr) {}
	}
	for range 100 { // some neighbours, so that the tree is not empty
		a := mustMap(b, s, 0, 8192, protRW, anonRW)
		s.Munmap(a, 4096)
	}
	for b.Loop() {
		a, e := s.Mmap(0, n, protRW, anonRW, -1, 0)
		if e != 0 {
			b.Fatal(e)
		}
		s.Munmap(a, n)
	}
}

// BenchmarkMap is mmap and munmap of pool memory, with the clear of recycled pages and without.
func BenchmarkMap(b *testing.B) {
	for _, kb := range []uintptr{4, 64, 1024} {
		b.Run(fmt.Sprintf("%dK", kb), func(b *testing.B) { benchMap(b, kb<<10, true) })
		b.Run(fmt.Sprintf("%dK-noclear", kb), func(b *testing.B) { benchMap(b, kb<<10, false) })
	}
}

// fragmented makes a space of n areas that do not join.
func fragmented(b *testing.B, n int) (*Space, []uintptr) {
	s, _ := newSpace(b, uintptr(n)*2*pageSize, 0, 1<<30)
	addrs := make([]uintptr, n)
	for i := range addrs {
		addrs[i] = mustMap(b, s, 0, 2*pageSize, protRW, anonRW)
		s.Munmap(addrs[i]+pageSize, pageSize)
		s.pool.takeAt(s.pool.page(addrs[i])+1, s.pool.page(addrs[i])+1, 1) // keep the holes
	}
	if s.t.count != n {
		b.Fatalf("%d areas, want %d", s.t.count, n)
	}
	return s, addrs
}

func BenchmarkFind20000(b *testing.B) {
	s, addrs := fragmented(b, 20000)
	i := 0
	for b.Loop() {
		if _, ok := s.Find(addrs[i]); !ok {
			b.Fatal("lost")
		}
		if i += 7919; i >= len(addrs) {
			i -= len(addrs)
		}
	}
}

// BenchmarkPlace20000 searches a place in a window full of small holes.
func BenchmarkPlace20000(b *testing.B) {
	s, _ := newSpace(b, 0, 0, 1<<40)
	s.plat = quiet{}
	for i := range uintptr(20000) {
		mustMap(b, s, testWindow+1<<40-(i+1)*2*pageSize, pageSize, protRW, anonRW|mapFixed)
	}
	for b.Loop() {
		if _, ok := s.place(s.cfg.Window[0], s.cfg.Window[1], 4*pageSize, pageSize); !ok {
			b.Fatal("no place")
		}
	}
}
