// Package hal is the interface between the lightweight kernel and a platform, and nothing else.
//
// A platform is what one LWK runs on: a Linux process (platform/process) or a core that Linux
// released (platform/native). Everything that differs between the two is behind the types of this
// package; everything else is the LWK's and is written once.
//
// Rules for all of it: what is called on a core that computes does not allocate Go memory, does not
// block on other goroutines, and reports failure as an Errno, never as a Go error.
package hal

import "syscall"

// Errno is a Linux error number; 0 is success. Constants are those of package syscall.
type Errno = syscall.Errno

// Memory changes what the program sees at its addresses. Every address is chosen by the caller
// (lwk/mem); a platform never picks one. Addresses and lengths are in bytes and page aligned.
//
// The calls may take as long as Linux needs for the same operation; they do not allocate.
type Memory interface {
	// Map makes [addr, addr+length) a mapping as mmap(2) with MAP_FIXED would, or, with replace
	// false, as MAP_FIXED_NOREPLACE would: EEXIST when anything (the LWK itself included) is there.
	// flags are Linux's MAP_* without the MAP_FIXED ones.
	Map(addr, length uintptr, prot, flags int32, fd int32, off int64, replace bool) Errno
	// Unmap removes what is mapped in the range.
	Unmap(addr, length uintptr) Errno
	// Protect sets PROT_* bits as mprotect(2).
	Protect(addr, length uintptr, prot int32) Errno
	// Remap moves or resizes a mapping as mremap(2) with MREMAP_MAYMOVE|MREMAP_FIXED to newAddr
	// (or in place, when newAddr == addr). flags may hold MREMAP_DONTUNMAP.
	Remap(addr, oldLength, newAddr, newLength uintptr, flags int32) Errno
	// Advise is madvise(2).
	Advise(addr, length uintptr, advice int32) Errno
}

// User reads and writes the program's memory from the LWK. A bad address is EFAULT, never a crash:
// these are the only functions through which the LWK may touch an address that the program supplied.
// They do not allocate.
type User interface {
	// CopyIn copies len(dst) bytes from the program's address src.
	CopyIn(dst []byte, src uintptr) Errno
	// CopyOut copies src to the program's address dst.
	CopyOut(dst uintptr, src []byte) Errno
	// Zero clears n bytes.
	Zero(dst uintptr, n uintptr) Errno
	// Load32 reads an aligned 32-bit word atomically.
	Load32(addr uintptr) (uint32, Errno)
	// Store32 writes an aligned 32-bit word atomically.
	Store32(addr uintptr, v uint32) Errno
	// CAS32 replaces old by new atomically; it returns the value found (old on success).
	CAS32(addr uintptr, old, new uint32) (uint32, Errno)
	// Load64 reads a 64-bit word.
	Load64(addr uintptr) (uint64, Errno)
	// Store64 writes a 64-bit word.
	Store64(addr uintptr, v uint64) Errno
}

// Caller is the part of Platform through which the LWK asks Linux for itself.
type Caller interface {
	Inline(nr uintptr, args *[6]uint64) int64
}
