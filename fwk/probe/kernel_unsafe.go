package probe

import (
	"syscall"
	"unsafe"
)

// archPrctl is arch_prctl(2) for an option that writes one word. The word lives on the caller's
// stack for the whole call, and the kernel writes nothing else.
func archPrctl(option uintptr, out *uint64) syscall.Errno {
	_, _, e := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, option, uintptr(unsafe.Pointer(out)), 0)
	return e
}
