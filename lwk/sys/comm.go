package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/lwk/sched"
)

// Names of threads by /proc/self/task/TID/comm. Linux has the first thread's; the others' are the
// LWK's, and their files of memory. One that is opened to write is watched: from then on write(2)
// is looked at, until the descriptor is something else.

const maxNaming = 8

// naming are descriptors that are open to name threads.
type naming struct {
	n    int
	list [maxNaming]struct {
		fd  int32
		tid uint32
	}
}

func (s *Sys) openComm(of *sched.Thread, flags uint64) int64 {
	fd := s.memoryFile("comm\x00", flags)
	if fd < 0 {
		return fd
	}
	if flags&oWrites != 0 {
		s.K.Lock()
		w := &s.naming
		if w.n == maxNaming {
			w.n-- // the oldest was long closed, most likely
			copy(w.list[:], w.list[1:])
		}
		w.list[w.n].fd, w.list[w.n].tid = int32(fd), of.TID
		w.n++
		s.K.Unlock()
		s.watchWrites(true)
	}
	if flags&oWrites != syscall.O_WRONLY {
		name := of.Name
		n := 0
		for n < len(name)-1 && name[n] != 0 {
			n++
		}
		name[n] = '\n'
		s.inline(syscall.SYS_WRITE, uint64(fd), address(name[:]), uint64(n+1), 0)
		s.inline(syscall.SYS_LSEEK, uint64(fd), 0, 0, 0)
	}
	return fd
}

// mainComm opens the file of the process's name, which is that of Linux's first thread: others may
// read and change it as well, and the program's first thread may be on any core.
func (s *Sys) mainComm(flags uint64) int64 {
	var b [40]byte
	w := text{b: b[:]}
	w.str("/proc/self/task/")
	w.dec(uint64(s.Proc.PID))
	w.str("/comm")
	return s.inlineArgs(syscall.SYS_OPENAT, &[6]uint64{^uint64(99), address(b[:]), flags | oCloexec, 0})
}

// nameProcess names the process, processName reads its name; without /proc it is the caller's core's.
func (s *Sys) nameProcess(name []byte) {
	const setName = 15
	fd := s.mainComm(syscall.O_WRONLY)
	if fd < 0 {
		s.inline(syscall.SYS_PRCTL, setName, address(name), 0, 0)
		return
	}
	n := 0
	for n < len(name) && name[n] != 0 {
		n++
	}
	s.inline(syscall.SYS_WRITE, uint64(fd), address(name), uint64(max(n, 1)), 0)
	s.inline(syscall.SYS_CLOSE, uint64(fd), 0, 0, 0)
}

func (s *Sys) processName(name *[16]byte) {
	fd := s.mainComm(syscall.O_RDONLY)
	if fd < 0 {
		return
	}
	var b [24]byte
	n := s.inline(syscall.SYS_READ, uint64(fd), address(b[:]), uint64(len(b)), 0)
	s.inline(syscall.SYS_CLOSE, uint64(fd), 0, 0, 0)
	if n > 0 && n <= int64(len(name)) {
		*name = [16]byte{}
		copy(name[:n-1], b[:]) // but for the newline
	}
}

// watchWrites makes write(2) come to us or go straight to Linux. Its handler is always there: a core
// may be about to call it.
func (s *Sys) watchWrites(on bool) {
	if s.place[syscall.SYS_WRITE] = triage.Ship; on {
		s.place[syscall.SYS_WRITE] = triage.Local
	}
}

// write is write(2) while a thread's name may be what is written.
func write(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	c.HAL.Settle()
	fd := int32(t.Args[0])
	tid := uint32(0)
	s.K.Lock()
	w := &s.naming
	for i := range w.list[:w.n] {
		if w.list[i].fd == fd {
			tid = w.list[i].tid
		}
	}
	s.K.Unlock()
	if tid == 0 {
		return s.again(c, t)
	}
	const ours = "/memfd:comm (deleted)"
	var b [64]byte
	if n := s.linkOf(fd, b[:]); n < 0 || string(b[:n]) != ours {
		s.unwatch(fd)
		return s.again(c, t)
	}
	var name [16]byte
	if err := s.copyIn(name[:min(t.Args[2], 15)], uintptr(t.Args[1])); err != 0 {
		return errno(err)
	}
	for i, ch := range name {
		if ch == '\n' {
			name[i] = 0
			break
		}
	}
	s.K.Lock()
	of := s.K.ByTID(tid)
	if of != nil {
		of.Name = name
	}
	s.K.Unlock()
	if of == nil {
		return -int64(syscall.ESRCH)
	}
	return int64(t.Args[2])
}

func (s *Sys) unwatch(fd int32) {
	s.K.Lock()
	w := &s.naming
	k := 0
	for _, e := range w.list[:w.n] {
		if e.fd != fd {
			w.list[k] = e
			k++
		}
	}
	w.n = k
	s.K.Unlock()
	if k == 0 {
		s.watchWrites(false)
	}
}
