// Package procfs reads the small files of /proc and /sys.
//
// Every `skerry run` reads a handful of them, so it is done with the system calls that it takes and
// no more: os.ReadFile asks for the file's size and registers it with the poller, and a buffer on the
// stack large enough for all would make the stack grow, which costs more than the read.
package procfs

import (
	"strings"
	"syscall"
)

// Read returns a file's text without the last line's end. It allocates some hundred bytes more than
// the file holds.
func Read(path string) (string, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer syscall.Close(fd)
	buf := make([]byte, 0, 512)
	for {
		n, err := syscall.Read(fd, buf[len(buf):cap(buf)])
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return "", err
		}
		buf = buf[:len(buf)+n]
		if len(buf) < cap(buf) {
			// These files fill the buffer as long as they have more.
			return strings.TrimRight(string(buf), "\n"), nil
		}
		buf = append(buf, 0)[:len(buf)]
	}
}

// Head returns at most the first n bytes of a file, in one read.
func Head(path string, n int) (string, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer syscall.Close(fd)
	buf := make([]byte, n)
	got, err := syscall.Read(fd, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:got]), nil
}
