package sys

import (
	"sync/atomic"
	"syscall"
)

// ending runs what was registered for the program's end, once. A core that comes second waits for the
// end.
func (s *Sys) ending() {
	if s.lent.busy && uint32(s.inline(syscall.SYS_GETPID, 0, 0, 0, 0)) != s.lent.pid {
		return // a child that borrows the memory ends alone
	}
	if s.lent.busy {
		return // a child of vfork, or its parent meanwhile
	}
	if atomic.SwapUint32(&s.ended, 1) != 0 {
		for {
			s.inline(syscall.SYS_PAUSE, 0, 0, 0, 0)
		}
	}
	if s.OnExit != nil {
		s.OnExit()
	}
	if s.OnLeave != nil {
		s.OnLeave()
	}
}
