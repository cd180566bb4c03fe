package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/mem"
)

// openMaps answers an open of /proc/self/maps with a file of memory that holds the program's mappings
// in Linux's format (proc_pid_maps(5)).
func (s *Sys) openMaps(flags uint64) int64 {
	fd := s.memoryFile(flags)
	if fd < 0 {
		return fd
	}
	w := mapsWriter{s: s, fd: uint64(fd)}
	s.Space.Walk(0, w.area)
	w.flush()
	s.inline(syscall.SYS_LSEEK, uint64(fd), 0, 0, 0)
	return fd
}

// openBytes answers an open with a file of memory that holds b.
func (s *Sys) openBytes(b []byte, flags uint64) int64 {
	fd := s.memoryFile(flags)
	if fd >= 0 && len(b) > 0 {
		s.inline(syscall.SYS_WRITE, uint64(fd), address(b), uint64(len(b)), 0)
		s.inline(syscall.SYS_LSEEK, uint64(fd), 0, 0, 0)
	}
	return fd
}

// memoryFile makes an empty file of memory, for an open with these flags, which must only read.
func (s *Sys) memoryFile(flags uint64) int64 {
	const cloexec, writes = 0x80000, 3
	if flags&writes != 0 {
		return -int64(syscall.EACCES)
	}
	name := [...]byte{'p', 'r', 'o', 'c', 0}
	mfd := uint64(0)
	if flags&cloexec != 0 {
		mfd = 1
	}
	return s.inline(319, address(name[:]), mfd, 0, 0) // memfd_create
}

type mapsWriter struct {
	s   *Sys
	fd  uint64
	n   int
	buf [4096]byte
}

func (w *mapsWriter) flush() {
	if w.n > 0 {
		w.s.inline(syscall.SYS_WRITE, w.fd, address(w.buf[:]), uint64(w.n), 0)
		w.n = 0
	}
}

func (w *mapsWriter) str(s string) { w.n += copy(w.buf[w.n:], s) }

func (w *mapsWriter) hex(v uint64, digits int) {
	const d = "0123456789abcdef"
	for v>>(4*digits) != 0 && digits < 16 {
		digits++
	}
	for i := digits - 1; i >= 0; i-- {
		w.buf[w.n] = d[v>>(4*i)&15]
		w.n++
	}
}

func (w *mapsWriter) dec(v uint64) {
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = '0' + byte(v%10)
		if v /= 10; v == 0 {
			break
		}
	}
	w.n += copy(w.buf[w.n:], b[i:])
}

func (w *mapsWriter) area(a mem.Area) bool {
	if w.n > len(w.buf)-512 {
		w.flush()
	}
	w.hex(uint64(a.Start), 8)
	w.str("-")
	w.hex(uint64(a.End), 8)
	perm := [4]byte{'-', '-', '-', 'p'}
	for i, c := range [3]byte{'r', 'w', 'x'} {
		if a.Prot>>i&1 != 0 {
			perm[i] = c
		}
	}
	if a.Flags&1 != 0 {
		perm[3] = 's'
	}
	w.str(" ")
	w.str(string(perm[:]))
	w.str(" ")
	w.hex(uint64(a.Off), 8)
	w.str(" ")
	w.hex(a.Dev>>8&0xfff, 2)
	w.str(":")
	w.hex(a.Dev&0xff|a.Dev>>12&0xfff00, 2)
	w.str(" ")
	w.dec(a.Ino)
	if name := w.s.Space.Name(a.Name); name != "" && len(name) < 300 {
		w.str("                          ")
		w.str(name)
	}
	w.str("\n")
	return true
}
