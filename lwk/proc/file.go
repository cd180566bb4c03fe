package proc

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/proc/image"
)

// file is an executable file, open for reading: by Linux, through the platform, as the LWK may not be a
// process of it.
type file struct {
	linux    hal.Caller
	fd       int
	size     int64
	dev, ino uint64
	path     string
	*room
}

// room is what a file needs of memory while it is open. There are two for good, which is what one program
// takes: the child of a vfork looks at files with its parent's memory, which nobody collects.
type room struct {
	taken atomic.Bool
	own   [readSize]byte
	first [image.HeadBytes]byte
	buf   []byte
}

// readSize is how much is read at a time.
const readSize = 16 << 10

var rooms [2]room

func takeRoom() *room {
	for i := range rooms {
		if r := &rooms[i]; r.taken.CompareAndSwap(false, true) {
			r.buf = r.own[:]
			return r
		}
	}
	r := new(room)
	r.buf = r.own[:]
	return r
}

const (
	openPath    = 0x200000
	accessX     = 1
	effective   = 0x200 // AT_EACCESS
	faccessat2  = 439
	sysExecveat = 322

	atExecveCheck = 0x10000
	atEmptyPath   = 0x1000

	statSize    = 144
	maxPathSize = 4096
)

// openExecutable opens what execve(2) would run: a regular file with execute permission, unless it has
// been asked for that already.
func openExecutable(linux hal.Caller, path string, asked bool) (*file, error) {
	fd, err := open(linux, path, syscall.O_RDONLY|syscall.O_CLOEXEC)
	if err == syscall.EACCES {
		return nil, &image.Error{Errno: syscall.EACCES, Path: path, Reason: "cannot be read, which skerry needs to map it"}
	}
	if err != 0 {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &file{linux: linux, fd: fd, path: path, room: takeRoom()}
	if _, err := call(linux, syscall.SYS_FSTAT, uint64(fd), address(f.buf)); err != 0 {
		f.close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	st := f.buf[:statSize] // struct stat: dev, ino, nlink, mode ... size
	le := binary.LittleEndian
	if le.Uint32(st[24:])&syscall.S_IFMT != syscall.S_IFREG {
		f.close()
		return nil, &image.Error{Errno: syscall.EACCES, Path: path, Reason: "not a regular file"}
	}
	f.size, f.dev, f.ino = int64(le.Uint64(st[48:])), le.Uint64(st), le.Uint64(st[8:])
	if asked {
		return f, nil
	}
	if err := mayExecute(linux, fd, path); err != 0 {
		f.close()
		return nil, &image.Error{Errno: err, Path: path, Reason: "no permission to execute"}
	}
	return f, nil
}

// mayExecute asks Linux whether it would execute a file. Since Linux 6.14 that is one question, which
// security modules, restrictions and those who watch files (fanotify) take for an execve(2). Before, it is
// a question about the file's mode alone.
func mayExecute(linux hal.Caller, fd int, path string) syscall.Errno {
	if CanAsk(linux) {
		list := make([]byte, 24) // argv: an empty string, which lies behind it; the end is the environment, too
		binary.LittleEndian.PutUint64(list, address(list[16:]))
		_, err := call(linux, sysExecveat, uint64(fd), address(list[16:]), address(list), address(list[8:]), atEmptyPath|atExecveCheck)
		keep(list)
		return err
	}
	name := cString(path)
	defer keep(name)
	_, err := call(linux, faccessat2, cwd, address(name), accessX, effective)
	if err == syscall.ENOSYS { // before Linux 5.8: by the real ids
		_, err = call(linux, syscall.SYS_FACCESSAT, cwd, address(name), accessX)
	}
	if err != 0 {
		return syscall.EACCES
	}
	return 0
}

// CanAsk tells whether Linux answers AT_EXECVE_CHECK, by a call that executes nothing whatever it makes
// of the flag.
func CanAsk(linux hal.Caller) bool {
	empty := make([]byte, 8)
	defer keep(empty)
	_, err := call(linux, sysExecveat, ^uint64(0), address(empty), address(empty), address(empty), atEmptyPath|atExecveCheck)
	return err == syscall.EBADF
}

// ReadAt implements io.ReaderAt.
func (f *file) ReadAt(b []byte, off int64) (int, error) {
	n := 0
	for n < len(b) {
		m, err := call(f.linux, syscall.SYS_PREAD64, uint64(f.fd), address(f.buf), uint64(min(len(b)-n, len(f.buf))), uint64(off+int64(n)))
		if err == syscall.EINTR {
			continue
		}
		if err != 0 {
			return n, err
		}
		if m == 0 {
			return n, io.EOF
		}
		n += copy(b[n:], f.buf[:m])
	}
	return n, nil
}

func (f *file) close() {
	keep(f.buf)
	call(f.linux, syscall.SYS_CLOSE, uint64(f.fd))
	f.taken.Store(false)
}

func open(linux hal.Caller, path string, flags uint64) (int, syscall.Errno) {
	name := cString(path)
	fd, err := call(linux, syscall.SYS_OPENAT, cwd, address(name), flags)
	keep(name)
	return int(fd), err
}

// absolute is the path that /proc/self/exe gives for the file.
func absolute(linux hal.Caller, path string) (string, error) {
	fd, err := open(linux, path, openPath|syscall.O_CLOEXEC)
	if err != 0 {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	defer call(linux, syscall.SYS_CLOSE, uint64(fd))
	link, buf := cString("/proc/self/fd/"+strconv.Itoa(fd)), make([]byte, maxPathSize)
	n, err := call(linux, syscall.SYS_READLINK, address(link), address(buf), uint64(len(buf)))
	keep(link)
	if err != 0 {
		return "", fmt.Errorf("%s: what it is called in /proc: %w; is /proc mounted?", path, err)
	}
	return string(buf[:n]), nil
}

// call makes a system call of the LWK's own.
func call(linux hal.Caller, nr uintptr, args ...uint64) (uint64, syscall.Errno) {
	var a [6]uint64
	copy(a[:], args)
	r := linux.Inline(nr, &a)
	if r < 0 && r > -4096 {
		return 0, syscall.Errno(-r)
	}
	return uint64(r), 0
}

// cString is a path as Linux takes it, on the heap: stacks move.
func cString(s string) []byte { return append(append(make([]byte, 0, len(s)+1), s...), 0) }
