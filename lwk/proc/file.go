package proc

import (
	"fmt"
	"io"
	"syscall"

	"github.com/skerry-os/skerry/lwk/proc/image"
)

// file is an executable file, open for reading. Package os is not used, because its files may end
// up with the runtime's poller, whose descriptors the program would see.
type file struct {
	fd       int
	size     int64
	dev, ino uint64
	path     string
}

// openExecutable opens what execve(2) would run: a regular file with execute permission.
func openExecutable(path string) (*file, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err == syscall.EACCES {
		return nil, &image.Error{Errno: syscall.EACCES, Path: path, Reason: "cannot be read, which skerry needs to map it"}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &file{fd: fd, path: path}
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		f.close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		f.close()
		return nil, &image.Error{Errno: syscall.EACCES, Path: path, Reason: "not a regular file"}
	}
	if err := syscall.Faccessat(-100, path, 1, 0x200); err != nil { // AT_FDCWD, X_OK, AT_EACCESS
		f.close()
		return nil, &image.Error{Errno: syscall.EACCES, Path: path, Reason: "no permission to execute"}
	}
	f.size, f.dev, f.ino = st.Size, st.Dev, st.Ino
	return f, nil
}

// ReadAt implements io.ReaderAt.
func (f *file) ReadAt(b []byte, off int64) (int, error) {
	n := 0
	for n < len(b) {
		m, err := syscall.Pread(f.fd, b[n:], off+int64(n))
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return n, err
		}
		if m == 0 {
			return n, io.EOF
		}
		n += m
	}
	return n, nil
}

func (f *file) close() { syscall.Close(f.fd) }

// absolute is the path that /proc/self/exe gives for the file.
func absolute(path string) (string, error) {
	fd, err := syscall.Open(path, 0x200000|syscall.O_CLOEXEC, 0) // O_PATH
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	defer syscall.Close(fd)
	var buf [4096]byte
	n, err := syscall.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd), buf[:])
	if err != nil {
		return "", fmt.Errorf("%s: what it is called in /proc: %w; is /proc mounted?", path, err)
	}
	return string(buf[:n]), nil
}
