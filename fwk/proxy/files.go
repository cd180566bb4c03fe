package proxy

import (
	"syscall"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/ikc"
)

// Files that the LWK maps: it has no file mappings of Linux's, but copies what is touched. A handle is a
// copy of the program's descriptor, as a mapping outlives its descriptor. All of it runs on one thread.

const maxHandles = 1 << 16

type handles struct {
	pidfd  int // of this process, in the table of the thread
	memory int // the enclave's
	list   []handle
	free   []int
}

type handle struct {
	fd       int // -1: none
	off, len uint64
}

// file does what MsgFile, MsgFill and MsgDrop ask for, and answers.
func (p *Proxy) file(m *ikc.Slot) {
	h := &p.handles
	a := &m.Args
	switch m.Kind & 0xff {
	case abi.MsgFile:
		p.answer(m, h.keep(int32(a[0]), a[1], a[2]))
	case abi.MsgFill:
		p.answer(m, p.fill(a[0], a[1], a[2], a[3]))
	case abi.MsgDrop:
		h.drop(a[0])
	}
}

// keep makes a handle, with the errors of mmap(2).
func (h *handles) keep(fd int32, off, n uint64) int64 {
	if off%4096 != 0 || n == 0 || int64(off) < 0 || int64(off+n) < int64(off) {
		return -int64(syscall.EINVAL)
	}
	const getfd = 438 // pidfd_getfd
	r, _, e := syscall.Syscall(getfd, uintptr(h.pidfd), uintptr(fd), 0)
	if e != 0 {
		return -int64(e)
	}
	copied := int(r)
	if e := mappable(copied); e != 0 {
		syscall.Close(copied)
		return -int64(e)
	}
	i := len(h.list)
	switch k := len(h.free); {
	case k > 0:
		i = h.free[k-1]
		h.free = h.free[:k-1]
	case i == maxHandles:
		syscall.Close(copied)
		return -int64(syscall.ENOMEM)
	default:
		h.list = append(h.list, handle{})
	}
	h.list[i] = handle{copied, off, n}
	return int64(i)
}

// mappable returns mmap's error for a descriptor of which a private mapping cannot be made.
func mappable(fd int) syscall.Errno {
	flags, _, e := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFL, 0)
	const path = 0x200000 // O_PATH
	switch {
	case e != 0:
		return e
	case flags&path != 0:
		return syscall.EBADF
	case flags&syscall.O_ACCMODE == syscall.O_WRONLY:
		return syscall.EACCES
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return syscall.EBADF
	}
	const zero = 1<<8 | 5 // the device /dev/zero
	if st.Mode&syscall.S_IFMT == syscall.S_IFREG || st.Mode&syscall.S_IFMT == syscall.S_IFCHR && st.Rdev == zero {
		return 0
	}
	return syscall.ENODEV
}

// fill copies a part of a file to the enclave's free memory. It reads, and does not map: a file that
// becomes shorter is then a short read and no fault.
func (p *Proxy) fill(i, from, n, to uint64) int64 {
	h := &p.handles
	if i >= uint64(len(h.list)) || h.list[i].fd < 0 {
		return -int64(syscall.EBADF)
	}
	f := &h.list[i]
	s := p.boot.Free
	if to < s.Off || to > s.Off+s.Len || n > s.Off+s.Len-to || from > f.len {
		return -int64(syscall.EINVAL)
	}
	n = min(n, (f.len-from+4095)&^4095) // the rest of the last page shows, as in a mapping
	dst := p.space.mem[to : to+n]
	done := 0
	for done < len(dst) {
		k, err := syscall.Pread(f.fd, dst[done:], int64(f.off+from)+int64(done))
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return -int64(err.(syscall.Errno))
		}
		if k == 0 {
			break
		}
		done += k
	}
	return int64(done)
}

func (h *handles) drop(i uint64) {
	if i < uint64(len(h.list)) && h.list[i].fd >= 0 {
		syscall.Close(h.list[i].fd)
		h.list[i].fd = -1
		h.free = append(h.free, int(i))
	}
}

// inherit takes the files that another process has kept.
func (h *handles) inherit(files []HeirFile) {
	for _, f := range files {
		for len(h.list) <= f.Handle {
			h.list = append(h.list, handle{fd: -1})
		}
		h.list[f.Handle] = handle{f.FD, f.Off, f.Len}
	}
	for i := range h.list {
		if h.list[i].fd < 0 {
			h.free = append(h.free, i)
		}
	}
}
