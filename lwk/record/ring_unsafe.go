package record

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Ring holds records of one writer, in memory outside the Go heap that begins with this structure; it
// may be shared with a process that reads it. It keeps the first ones: when it is full, what follows is
// counted and dropped.
//
// Reading is safe at any time: a record that is being written has no At yet.
type Ring struct {
	n       uint64 // records so far
	dropped uint64
	size    uint64 // records that there is room for
	Index   uint32 // of the core or proxy
	Ready   uint32 // somebody writes it
	_       [32]byte
}

// headSize is what the ring's own structure takes.
const headSize = unsafe.Sizeof(Ring{})

// RingAt makes a ring in size bytes of memory at base, which is zeroed, or has been a ring of this size
// and is written on. It must stay mapped as long as the ring is used. No writer may rely on what the
// memory holds, which another process may have changed: size is set again.
//
//go:nosplit
func RingAt(base, size uintptr) *Ring {
	r := (*Ring)(unsafe.Add(unsafe.Pointer(nil), base))
	r.size = uint64((size - headSize) / RecordSize)
	r.Ready = 1
	return r
}

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
	return (*Record)(unsafe.Add(unsafe.Pointer(r), headSize+uintptr(n)*RecordSize))
}

// Records are the records so far, oldest first, as they lie in memory.
func (r *Ring) Records() []Record {
	n := min(atomic.LoadUint64(&r.n), r.size)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*Record)(unsafe.Add(unsafe.Pointer(r), headSize)), n)
}

// Dropped is how many records there was no room for.
func (r *Ring) Dropped() uint64 { return atomic.LoadUint64(&r.dropped) }

// ReadRing returns the ring in memory that another process writes; nil if nobody has begun to.
func ReadRing(mem []byte) *Ring {
	r := (*Ring)(unsafe.Pointer(unsafe.SliceData(mem)))
	if uintptr(len(mem)) < headSize || atomic.LoadUint32(&r.Ready) == 0 {
		return nil
	}
	if most := uint64(uintptr(len(mem))-headSize) / RecordSize; r.size > most {
		return nil // not ours
	}
	return r
}

var (
	_ [0]byte = [unsafe.Sizeof(Record{}) - RecordSize]byte{}
	_ [0]byte = [headSize - 64]byte{}
	_ [0]byte = [unsafe.Sizeof(Counters{}) % 64]byte{}
	_ [0]byte = [unsafe.Sizeof(Proxy{}) - 64]byte{}
	_ [0]byte = [unsafe.Sizeof(Switches{}) - 320]byte{}
)

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
