package sched

import (
	"syscall"
	"unsafe"
)

// offHeap gets a zeroed array outside the Go heap, whose pages cost nothing until they are used. It
// is never given back. It is safe although its elements may hold pointers: they point only to other
// memory of this kind, which the collector neither moves nor frees.
func offHeap[T any](n int) ([]T, error) {
	var t T
	b, err := syscall.Mmap(-1, 0, n*int(unsafe.Sizeof(t)), syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n), nil
}

// CopyTo copies all of a thread. Nobody else may use either meanwhile; the copy is only for keeping.
func (t *Thread) CopyTo(to *Thread) {
	const n = unsafe.Sizeof(Thread{})
	copy((*[n]byte)(unsafe.Pointer(to))[:], (*[n]byte)(unsafe.Pointer(t))[:])
}
