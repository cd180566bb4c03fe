package proxy

import (
	"strconv"
	"syscall"
	"unsafe"
)

// The pointers here are of the caller's variables, for the length of one system call.

func prctlInto(op uintptr, v *int32) {
	syscall.RawSyscall(syscall.SYS_PRCTL, op, uintptr(unsafe.Pointer(v)), 0)
}

// readable reports whether poll(2) says that there is something at a descriptor now.
func readable(fd int) bool {
	set := struct {
		fd            int32
		events, found int16
	}{int32(fd), 1, 0}
	n, _, _ := syscall.RawSyscall(syscall.SYS_POLL, uintptr(unsafe.Pointer(&set)), 1, 0)
	return n == 1
}

const (
	sysPidfdGet  = 438
	cloexec      = syscall.FD_CLOEXEC
	dupFrom      = 1030 // F_DUPFD_CLOEXEC
	mostGathered = 1 << 16
)

// owned is a descriptor of the program's.
type owned struct {
	fd      int
	cloexec bool
}

// descriptors lists the program's descriptors, on a thread of its table.
func (p *Proxy) descriptors() ([]owned, syscall.Errno) {
	var fds []int
	var e syscall.Errno
	p.files.do(func() { fds, e = descriptorsOf(int(p.pid)) })
	list := make([]owned, 0, len(fds))
	for _, fd := range fds {
		if flags, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0); e == 0 {
			list = append(list, owned{fd, flags&syscall.FD_CLOEXEC != 0})
		}
	}
	return list, e
}

// gather copies descriptors of the program's into the calling thread's table, at their numbers, and notes in h where
// the proxy's own are; none is closed by an execve. With all, those too that the program would have closed; h says which.
func (p *Proxy) gather(fds []owned, h *Heir, all bool) syscall.Errno {
	top := 0
	taken := make(map[int]bool, len(fds))
	for _, o := range fds {
		top = max(top, o.fd+1)
		taken[o.fd] = true
	}
	// The proxy's own make room.
	own := p.handles.all()
	for _, o := range own {
		if *o < 0 || !taken[*o] {
			continue
		}
		n, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(*o), dupFrom, uintptr(top))
		if e != 0 {
			return syscall.EAGAIN
		}
		syscall.Close(*o)
		*o = int(n)
	}
	for _, o := range fds {
		if o.cloexec && !all {
			continue
		}
		if e := p.bring(o.fd); e == syscall.EBADF {
			continue // closed meanwhile
		} else if e != 0 {
			p.scatter()
			return e
		}
		if o.cloexec {
			h.CloseOnExec = append(h.CloseOnExec, o.fd)
		}
	}
	h.FD = p.handles.memory
	if all {
		for i, f := range p.handles.list {
			if f.fd >= 0 {
				h.Files = append(h.Files, HeirFile{i, f.fd, f.off, f.len})
			}
		}
	}
	for _, o := range own {
		if *o >= 0 && o != &p.handles.pidfd && (all || !p.handles.isFile(o)) {
			syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(*o), syscall.F_SETFD, 0)
		}
	}
	return 0
}

// bring copies one descriptor of the program's.
func (p *Proxy) bring(fd int) syscall.Errno {
	n, _, e := syscall.RawSyscall(sysPidfdGet, uintptr(p.handles.pidfd), uintptr(fd), 0)
	if e != 0 {
		return e
	}
	if int(n) != fd {
		_, _, e = syscall.RawSyscall(syscall.SYS_DUP3, n, uintptr(fd), 0)
		syscall.Close(int(n))
		return e
	}
	syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_SETFD, 0)
	return 0
}

// scatter gives the program's descriptors up again: nobody but the program is to keep its pipes open.
func (p *Proxy) scatter() {
	var keep []int
	for _, o := range p.handles.all() {
		if *o >= 0 {
			keep = append(keep, *o)
			syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(*o), syscall.F_SETFD, cloexec)
		}
	}
	closeAllBut(keep)
}

// all are the places of this thread's own descriptors.
func (h *handles) all() []*int {
	list := []*int{&h.pidfd, &h.memory}
	for i := range h.list {
		list = append(list, &h.list[i].fd)
	}
	return list
}

func (h *handles) isFile(p *int) bool {
	for i := range h.list {
		if p == &h.list[i].fd {
			return true
		}
	}
	return false
}

// descriptorsOf lists the descriptors of a thread of this process.
func descriptorsOf(tid int) ([]int, syscall.Errno) {
	dir, err := syscall.Open("/proc/self/task/"+strconv.Itoa(tid)+"/fd", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err.(syscall.Errno)
	}
	defer syscall.Close(dir)
	var out []int
	buf := make([]byte, 32<<10)
	for {
		n, err := syscall.ReadDirent(dir, buf)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return nil, err.(syscall.Errno)
		}
		if n <= 0 {
			return out, 0
		}
		_, _, names := syscall.ParseDirent(buf[:n], -1, nil)
		for _, name := range names {
			if fd, err := strconv.Atoi(name); err == nil && len(out) < mostGathered {
				out = append(out, fd)
			}
		}
	}
}
