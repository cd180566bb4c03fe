package proxy

import "unsafe"

// addressOf is for memory that is never unmapped.
func addressOf(mem []byte, off uint64) uintptr { return uintptr(unsafe.Pointer(&mem[off])) }
