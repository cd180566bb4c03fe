package pin

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Numbers of include/uapi/linux/io_uring.h.
const (
	registerBuffers = 0
	largest         = 1 << 30 // of one buffer
)

func address(mem []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(mem)))) }

// Pin pins mem until the file that it returns is closed by its last holder.
//
// Safe: Linux reads the two structures during the calls only, and keeps of mem, which is not Go's, the
// physical pages.
func Pin(mem []byte) (*os.File, error) {
	var params [120]byte // struct io_uring_params, all zero
	fd, _, e := syscall.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params)), 0)
	if e != 0 {
		return nil, fmt.Errorf("io_uring_setup: %w: is kernel.io_uring_disabled set, or a seccomp filter active?", e)
	}
	syscall.CloseOnExec(int(fd))
	ring := os.NewFile(fd, "io_uring")
	var list []unix.Iovec
	for rest := mem; len(rest) > 0; {
		n := min(len(rest), largest)
		v := unix.Iovec{Base: unsafe.SliceData(rest)}
		v.SetLen(n)
		list = append(list, v)
		rest = rest[n:]
	}
	_, _, e = syscall.Syscall6(unix.SYS_IO_URING_REGISTER, fd, registerBuffers, uintptr(unsafe.Pointer(unsafe.SliceData(list))), uintptr(len(list)), 0, 0)
	runtime.KeepAlive(list)
	if e != 0 {
		ring.Close()
		return nil, fmt.Errorf("io_uring_register: %w: memory cannot be kept in its place", e)
	}
	return ring, nil
}
