package sys

import (
	"encoding/binary"

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
