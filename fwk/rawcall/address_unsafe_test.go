package rawcall

import "unsafe"

// address is for memory that the caller keeps.
func address(p *byte) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }
