package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// getdents answers for /proc/self/task, where Linux would list the LWK's threads. Once the program
// has opened that directory, every listing costs the question whether it is the one.
func getdents(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if !s.tasksOpen {
		return s.again(c, t)
	}
	c.HAL.Settle()
	var b, want [64]byte
	w := text{b: want[:]}
	w.str("/proc/")
	w.dec(uint64(s.Proc.PID))
	w.str("/task")
	n := s.linkOf(int32(t.Args[0]), b[:])
	if n != w.n || string(b[:n]) != string(want[:n]) {
		return s.again(c, t)
	}
	return s.listTasks(t)
}

// listTasks writes entries of directory position on: 0 and 1 are "." and "..", then the threads in the
// order of the LWK's table, with their places there. The position is Linux's, of the open file.
func (s *Sys) listTasks(t *sched.Thread) int64 {
	fd, out, room := t.Args[0], uintptr(t.Args[1]), uint64(uint32(t.Args[2]))
	const cur, set = 1, 0
	pos := s.inline(syscall.SYS_LSEEK, fd, 0, cur, 0)
	if pos < 0 {
		return pos
	}
	done := uint64(0)
	for {
		var name [16]byte
		w := text{b: name[:]}
		inode := uint64(pos) + 1
		if pos < 2 {
			w.str([2]string{".", ".."}[pos])
		} else {
			tid, at := s.thread(pos - 2)
			if tid == 0 {
				break
			}
			w.dec(uint64(tid))
			inode, pos = uint64(tid), at+2
		}
		var e [48]byte
		size := entry(&e, t.Nr, inode, pos+1, name[:w.n])
		if done+size > room {
			if done == 0 {
				return -int64(syscall.EINVAL)
			}
			break
		}
		if err := s.copyOut(out+uintptr(done), e[:size]); err != 0 {
			return errno(err)
		}
		done += size
		pos++
	}
	s.inline(syscall.SYS_LSEEK, fd, uint64(pos), set, 0)
	return int64(done)
}

// entry is one of getdents64(2), or of getdents(2), which has the type at its end.
func entry(e *[48]byte, nr uint32, inode uint64, next int64, name []byte) uint64 {
	const directory = 4
	binary.LittleEndian.PutUint64(e[0:], inode)
	binary.LittleEndian.PutUint64(e[8:], uint64(next))
	at := 18
	if nr == syscall.SYS_GETDENTS64 {
		e[at] = directory
		at++
	}
	n := at + copy(e[at:], name) + 1
	if nr != syscall.SYS_GETDENTS64 {
		n++
	}
	size := (n + 7) &^ 7
	if nr != syscall.SYS_GETDENTS64 {
		e[size-1] = directory
	}
	binary.LittleEndian.PutUint16(e[16:], uint16(size))
	return uint64(size)
}

// thread returns the id of the first thread of the table from a position on, and that position; 0 at
// the end.
func (s *Sys) thread(from int64) (tid uint32, at int64) {
	s.K.Lock()
	defer s.K.Unlock()
	for {
		t := s.K.ByIndex(uint32(from))
		if t == nil {
			return 0, from
		}
		if t.State != sched.Free {
			return t.TID, from
		}
		from++
	}
}
