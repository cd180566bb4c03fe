package proc

import (
	"runtime"
	"unsafe"
)

// cwd is AT_FDCWD in a register.
const cwd = 1<<64 - 100

// address is where bytes on the heap lie, which do not move; whoever passes it keeps them.
func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

func keep(b []byte) { runtime.KeepAlive(b) }
