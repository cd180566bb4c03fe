package main

import (
	"syscall"
	"unsafe"
)

// Output by bare system calls, for code on a core.

// keepStderr makes a copy of standard error with a number that programs do not meet by chance; -1 if
// there is none. how is fcntl's command.
func keepStderr(how uintptr) int { return keep(2, how) }

func keep(fd, how uintptr) int {
	for _, low := range [...]uintptr{1000, 200, 20} {
		fd, _, err := syscall.RawSyscall(syscall.SYS_FCNTL, fd, how, low)
		if err == 0 {
			return int(fd)
		}
	}
	return -1
}

func open(path string, flags uintptr) (int, error) {
	b := append([]byte(path), 0)
	const at = ^uintptr(99) // AT_FDCWD, -100
	fd, _, err := syscall.RawSyscall6(syscall.SYS_OPENAT, at, uintptr(unsafe.Pointer(&b[0])), flags, 0o666, 0, 0)
	if err != 0 {
		return -1, err
	}
	return int(fd), nil
}

// write writes all of b with bare system calls; it waits for a descriptor that is not ready.
func write(fd int, b []byte) error {
	for len(b) > 0 {
		n, _, err := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		switch err {
		case 0:
			b = b[n:]
		case syscall.EINTR:
		case syscall.EAGAIN:
			const pollOut = 4
			p := struct {
				fd     int32
				events int16
				got    int16
			}{int32(fd), pollOut, 0}
			forever := -1
			syscall.RawSyscall(syscall.SYS_POLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(forever))
		default:
			return err
		}
	}
	return nil
}
