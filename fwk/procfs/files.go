package procfs

import (
	"slices"
	"syscall"
)

// What package os does with files involves the Go runtime's poller, whose descriptors stay open. In a
// process whose descriptors are a program's that must not be: these functions use system calls alone.

// ReadAll returns a file's content as it is.
func ReadAll(path string) ([]byte, error) {
	fd, err := open(path, syscall.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return nil, err
	}
	buf := make([]byte, 0, max(st.Size+1, 512))
	for {
		n, err := syscall.Read(fd, buf[len(buf):cap(buf)])
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return nil, err
		case n == 0:
			return buf, nil
		default:
			buf = slices.Grow(buf[:len(buf)+n], 512)
		}
	}
}

// Write writes text in one piece to a file that exists, of /proc or /sys.
func Write(path, text string) error { return write(path, text, syscall.O_WRONLY, 0) }

// Create writes a file anew.
func Create(path, text string, mode uint32) error {
	return write(path, text, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC, mode)
}

func write(path, text string, flags int, mode uint32) error {
	fd, err := open(path, flags, mode)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	for b := []byte(text); len(b) > 0; {
		n, err := syscall.Write(fd, b)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// List returns the names in a directory, sorted.
func List(dir string) ([]string, error) {
	fd, err := open(dir, syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	var names []string
	buf := make([]byte, 8192)
	for {
		n, err := syscall.ReadDirent(fd, buf)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n <= 0 {
			slices.Sort(names)
			return names, nil
		}
		_, _, names = syscall.ParseDirent(buf[:n], -1, names)
	}
}

func open(path string, flags int, mode uint32) (int, error) {
	for {
		fd, err := syscall.Open(path, flags|syscall.O_CLOEXEC, mode)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}
