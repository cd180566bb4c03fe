package record

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Ring holds records of one writer, in memory outside the Go heap. It keeps the first ones: when it is
// full, what follows is counted and dropped. The zero Ring drops everything.
//
// Reading is safe at any time: a record that is being written has no At yet.
type Ring struct {
	base    uintptr
	n, size uint64
	dropped uint64
}

// RingAt makes a ring of n records in zeroed memory at base, which must stay mapped as long as the
// ring is used.
//
//go:nosplit
func RingAt(base uintptr, n int) Ring { return Ring{base: base, size: uint64(n)} }

// Ready reports whether the ring has memory.
//
//go:nosplit
func (r *Ring) Ready() bool { return r.size != 0 }

// Claim takes the next record, zeroed; nil when the ring is full. The writer sets At last.
//
//go:nosplit
func (r *Ring) Claim() *Record {
	n := r.n
	if n >= r.size {
		r.dropped++
		return nil
	}
	r.n = n + 1
	// Inside the ring's memory, by the test above.
	return (*Record)(unsafe.Add(unsafe.Pointer(nil), r.base+uintptr(n)*RecordSize))
}

// Records are the records so far, oldest first, as they lie in memory.
func (r *Ring) Records() []Record {
	n := atomic.LoadUint64(&r.n)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*Record)(unsafe.Add(unsafe.Pointer(nil), r.base)), n)
}

// Dropped is how many records there was no room for.
func (r *Ring) Dropped() uint64 { return atomic.LoadUint64(&r.dropped) }

var _ [0]byte = [unsafe.Sizeof(Record{}) - RecordSize]byte{}

// mapMemory gets zeroed memory that costs nothing until it is used, and is never given back. A forked
// process gets it empty.
func mapMemory(size uintptr, huge bool) (uintptr, error) {
	const hugeAdvice, wipeOnFork = 14, 18
	const align = 2 << 20
	want := size
	if huge {
		want += align
	}
	a, _, err := syscall.RawSyscall6(syscall.SYS_MMAP, 0, want, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE, ^uintptr(0), 0)
	if err != 0 {
		return 0, fmt.Errorf("no memory for recording (%d KiB): %w", want>>10, err)
	}
	if huge {
		a = (a + align - 1) &^ (align - 1)
		// Advice may be refused: then writing is a little slower, or forking.
		syscall.RawSyscall(syscall.SYS_MADVISE, a, size, hugeAdvice)
	}
	syscall.RawSyscall(syscall.SYS_MADVISE, a, size, wipeOnFork)
	return a, nil
}

// newCores gets the cores' records: off the heap, so that threads that are not Go's may hold pointers.
func newCores(n int) ([]Core, error) {
	a, err := mapMemory(uintptr(n)*unsafe.Sizeof(Core{}), false)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*Core)(unsafe.Add(unsafe.Pointer(nil), a)), n), nil
}
