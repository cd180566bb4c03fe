package mem

import (
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/lwk/hal"
)

// linux is a hal.Memory on the test's own process, as thin as one can be.
type linux struct {
	calls int
	fail  hal.Errno // when set, what the next Map returns
}

func (l *linux) Map(addr, length uintptr, prot, flags, fd int32, off int64, replace bool) hal.Errno {
	l.calls++
	if l.fail != 0 {
		e := l.fail
		l.fail = 0
		return e
	}
	if replace {
		flags |= mapFixed
	} else {
		flags |= mapFixedNoReplace
	}
	_, _, e := syscall.RawSyscall6(syscall.SYS_MMAP, addr, length, uintptr(prot), uintptr(flags), uintptr(fd), uintptr(off))
	return e
}

func (l *linux) Unmap(addr, length uintptr) hal.Errno {
	l.calls++
	_, _, e := syscall.RawSyscall(syscall.SYS_MUNMAP, addr, length, 0)
	return e
}

func (l *linux) Protect(addr, length uintptr, prot int32) hal.Errno {
	l.calls++
	_, _, e := syscall.RawSyscall(syscall.SYS_MPROTECT, addr, length, uintptr(prot))
	return e
}

func (l *linux) Remap(addr, oldLen, newAddr, newLen uintptr, flags int32) hal.Errno {
	l.calls++
	if newAddr == addr {
		_, _, e := syscall.RawSyscall6(syscall.SYS_MREMAP, addr, oldLen, newLen, 0, 0, 0)
		return e
	}
	_, _, e := syscall.RawSyscall6(syscall.SYS_MREMAP, addr, oldLen, newLen, uintptr(flags|mremapMayMove|mremapFixed), newAddr, 0)
	return e
}

func (l *linux) Advise(addr, length uintptr, advice int32) hal.Errno {
	l.calls++
	_, _, e := syscall.RawSyscall(syscall.SYS_MADVISE, addr, length, uintptr(advice))
	return e
}

const (
	testWindow = 0x100000000000
	testPool   = 0x200000000000
	testBrk    = 0x300000000000
	testLWK    = 0x100000100000 // in the window when a test reserves it
)

// newSpace makes a space over the test's process, cleaned up at the test's end. Tests that use it
// must not run in parallel: addresses are fixed.
func newSpace(t testing.TB, poolSize, limit, window uintptr) (*Space, *linux) {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skip("addresses of this test are those of x86-64")
	}
	l := &linux{}
	if poolSize > 0 {
		if e := l.Map(testPool, poolSize, protRW, mapPrivate|mapAnon|mapNoReserve, -1, 0, false); e != 0 {
			t.Skipf("cannot map the test's pool at %#x: %v", uintptr(testPool), e)
		}
		l.Advise(testPool, poolSize, madvHugePage)
	}
	s, err := New(l, Config{Window: [2]uintptr{testWindow, testWindow + window}, Pool: testPool, PoolSize: poolSize,
		Limit: limit, BrkSize: 16 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Walk(0, func(a Area) bool { l.Unmap(a.Start, a.End-a.Start); return true })
		l.Unmap(testPool, poolSize)
		l.Unmap(testBrk, 17<<20)
	})
	return s, l
}

// peek and poke touch memory through the kernel, which reports what a plain access would fault on.
func peek(addr uintptr) (v uint64, ok bool) {
	l := unix.Iovec{Base: (*byte)(unsafe.Pointer(&v)), Len: 8}
	r := unix.RemoteIovec{Base: addr, Len: 8}
	n, err := unix.ProcessVMReadv(unix.Getpid(), []unix.Iovec{l}, []unix.RemoteIovec{r}, 0)
	return v, err == nil && n == 8
}

func poke(addr uintptr, v uint64) bool {
	l := unix.Iovec{Base: (*byte)(unsafe.Pointer(&v)), Len: 8}
	r := unix.RemoteIovec{Base: addr, Len: 8}
	n, err := unix.ProcessVMWritev(unix.Getpid(), []unix.Iovec{l}, []unix.RemoteIovec{r}, 0)
	return err == nil && n == 8
}

func needPeek(t testing.TB) {
	var x uint64 = 7
	if v, ok := peek(uintptr(unsafe.Pointer(&x))); !ok || v != 7 {
		t.Skip("process_vm_readv of the own process is not permitted here")
	}
}

const anonRW = mapPrivate | mapAnon

func mustMap(t testing.TB, s *Space, addr, n uintptr, prot, flags int32) uintptr {
	t.Helper()
	a, e := s.Mmap(addr, n, prot, flags, -1, 0)
	if e != 0 {
		t.Fatalf("mmap(%#x, %#x, %d, %#x): %v", addr, n, prot, flags, e)
	}
	return a
}

// verify checks every invariant of the tree, the pool and the numbers.
func (s *Space) verify(t interface{ Fatalf(string, ...any) }) {
	seen, prevEnd, poolUsed := 0, uintptr(0), uintptr(0)
	var bytes [kindCount]uintptr
	var charged uintptr
	prev := uint32(0)
	for i := s.t.first; i != 0; i = s.t.nodes[i].next {
		n := &s.t.nodes[i]
		if n.start < prevEnd || n.start >= n.end || n.gap != n.start-prevEnd || n.prev != prev {
			t.Fatalf("area %#x..%#x gap %#x after %#x", n.start, n.end, n.gap, prevEnd)
		}
		if n.maxGap != max(n.gap, s.t.nodes[n.left].maxGap, s.t.nodes[n.right].maxGap) {
			t.Fatalf("largest gap wrong at %#x", n.start)
		}
		for _, c := range [2]uint32{n.left, n.right} {
			if c != 0 && (s.t.nodes[c].parent != i || s.t.nodes[c].prio > n.prio) {
				t.Fatalf("tree broken at %#x", n.start)
			}
		}
		if s.t.at(n.start) != i || s.t.below(n.end) != i {
			t.Fatalf("area %#x not found", n.start)
		}
		if prev != 0 && s.joins(&s.t.nodes[prev], n) {
			t.Fatalf("areas not joined at %#x", n.start)
		}
		k := n.kind
		if n.prot == 0 && (k == KindAnon || k == KindPool) {
			k = KindReserved
		}
		bytes[k] += n.end - n.start
		if n.charged {
			charged += n.end - n.start
		}
		if s.inPool(n.start) {
			poolUsed += n.end - n.start
			if n.end > s.pool.end() {
				t.Fatalf("area %#x..%#x leaves the pool", n.start, n.end)
			}
		}
		prev, prevEnd, seen = i, n.end, seen+1
	}
	if seen != s.t.count || bytes != s.bytes || charged != s.charged || poolUsed != uintptr(s.pool.used)*pageSize {
		t.Fatalf("counted %d areas, %v, charged %d, pool %d; booked %d, %v, %d, %d", seen, bytes, charged, poolUsed,
			s.t.count, s.bytes, s.charged, uintptr(s.pool.used)*pageSize)
	}
	// Free extents are exactly the gaps of the pool.
	free := uint32(0)
	for _, h := range s.pool.heads {
		for ; h != 0; h = s.pool.tags[h-1].next {
			size := s.pool.tags[h-1].size
			lo := s.pool.addr(h - 1)
			if s.t.overlaps(lo, lo+uintptr(size)*pageSize) || s.pool.tags[h-1+size-1].size != size {
				t.Fatalf("free extent %#x+%d pages is in use or has no end", lo, size)
			}
			free += size
		}
	}
	if free+s.pool.used != s.pool.pages {
		t.Fatalf("pool: %d free + %d used != %d pages", free, s.pool.used, s.pool.pages)
	}
}
