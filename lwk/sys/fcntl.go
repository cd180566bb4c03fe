package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// fcntl is Linux's, but for whom a descriptor's signals go to: a thread of the program is none of
// Linux's, so its process gets them.
func fcntl(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const setOwnEx, ownerTID, ownerPID = 15, 0, 1
	if uint32(t.Args[1]) != setOwnEx {
		return s.again(c, t)
	}
	kind, e1 := s.User.Load32(uintptr(t.Args[2]))
	id, e2 := s.User.Load32(uintptr(t.Args[2]) + 4)
	if e1|e2 != 0 || kind != ownerTID || !s.isThread(id) {
		return s.again(c, t)
	}
	binary.LittleEndian.PutUint32(t.Buf[0:], ownerPID)
	binary.LittleEndian.PutUint32(t.Buf[4:], s.Proc.PID)
	args := t.Args
	args[2] = address(t.Buf[:])
	return s.ship(c, t, t.Nr, &args)
}

// closeRange is Linux's without CLOSE_RANGE_UNSHARE. With it the descriptors become the caller's own
// before some are closed. That is so already, if no other process shares them (CLONE_FILES); otherwise
// all of Linux's threads have to part from the other process, and other threads of the program cannot.
func closeRange(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const unshareFirst, known = 2, 6
	if t.Args[2]&unshareFirst == 0 || t.Args[2]&^known != 0 || uint32(t.Args[0]) > uint32(t.Args[1]) || t.Borrowed {
		return s.again(c, t)
	}
	if s.K.Live() > 1 || s.filesShared {
		if ret, ok := s.single(c, t); !ok {
			return ret
		}
		nr := t.Nr
		t.Nr = syscall.SYS_UNSHARE
		ret := s.alone(c, t, &[6]uint64{cloneFiles}, false)
		t.Nr = nr
		if ret != 0 {
			return ret
		}
		s.filesShared = false
	}
	args := t.Args
	args[2] &^= unshareFirst
	return s.ship(c, t, t.Nr, &args)
}
