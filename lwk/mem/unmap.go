package mem

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Munmap is munmap(2): holes in the range are no error. EINVAL also for a range with memory of the LWK.
func (s *Space) Munmap(addr, length uintptr) hal.Errno {
	if !aligned(addr) || addr > taskSize || length > taskSize-addr || length == 0 {
		return syscall.EINVAL
	}
	s.lock.Lock()
	before := s.stats.calls
	e := s.munmap(addr, addr+pageUp(length))
	s.done(before)
	s.lock.Unlock()
	return e
}

func (s *Space) munmap(lo, hi uintptr) hal.Errno {
	if s.withdrawn(lo, hi) {
		return syscall.EINVAL
	}
	if s.sealedIn(lo, hi) {
		return syscall.EPERM
	}
	i := s.t.above(lo)
	if i != 0 && s.t.nodes[i].start < lo && s.t.nodes[i].end > hi && !s.t.room(1) {
		return syscall.ENOMEM
	}
	for ; i != 0 && s.t.nodes[i].start < hi; i = s.t.nodes[i].next {
		n := &s.t.nodes[i]
		from := max(n.start, lo)
		if e := s.release(n, from, min(n.end, hi), lo, hi); e != 0 {
			s.cut(lo, from)
			return e
		}
	}
	s.cut(lo, hi)
	return 0
}
