package mem

import (
	"fmt"
	"syscall"
	"unsafe"
)

// offHeap returns n zeroed elements outside the Go heap, never given back. Pages cost nothing until
// touched, so that tables can be sized for their limit at once and never grow. T must hold no
// Go pointers: the collector does not look there.
func offHeap[T any](n int) ([]T, error) {
	var z T
	size := uintptr(n) * unsafe.Sizeof(z)
	p, _, e := syscall.RawSyscall6(syscall.SYS_MMAP, 0, size, protRW, mapPrivate|mapAnon|mapNoReserve, ^uintptr(0), 0)
	if e != 0 {
		return nil, fmt.Errorf("mem: map %d bytes for tables of the address space: %w (lower the limit on areas or the pool's size, or raise ulimit -v)", size, e)
	}
	return unsafe.Slice((*T)(pointer(p)), n), nil
}

// pointer makes a Go pointer of an address that is outside the Go heap (the reason why it is safe:
// the collector neither moves nor frees what is there).
func pointer(a uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&a)) }

// clearMemory is the default of Config.Clear: the addresses are the pool's and mapped writable.
func clearMemory(addr, n uintptr) { clear(unsafe.Slice((*byte)(pointer(addr)), n)) }

// copyMemory is the default of Config.Copy: both ranges are mapped and do not overlap.
func copyMemory(dst, src, n uintptr) {
	copy(unsafe.Slice((*byte)(pointer(dst)), n), unsafe.Slice((*byte)(pointer(src)), n))
}

// pagesWord is pool.pages and pool.used as one word.
func pagesWord(p *pool) *uint64 { return (*uint64)(unsafe.Pointer(&p.pages)) }

var _ [0]byte = [unsafe.Offsetof(pool{}.used) - unsafe.Offsetof(pool{}.pages) - 4]byte{}
var _ [0]byte = [unsafe.Offsetof(pool{}.pages) % 8]byte{}
