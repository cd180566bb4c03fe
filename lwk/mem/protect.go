package mem

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Mprotect is mprotect(2). As on Linux, what comes before the area that fails has been changed.
func (s *Space) Mprotect(addr, length uintptr, prot int32) hal.Errno {
	grows := prot & (protGrowsDown | protGrowsUp)
	prot &^= protGrowsDown | protGrowsUp
	if grows == protGrowsDown|protGrowsUp || !aligned(addr) {
		return syscall.EINVAL
	}
	if length == 0 {
		return 0
	}
	end := addr + pageUp(length)
	if end <= addr {
		return syscall.ENOMEM
	}
	if prot&^(protAll|protSem) != 0 {
		return syscall.EINVAL
	}
	s.lock.Lock()
	before := s.stats.calls
	e := s.mprotect(addr, end, prot&protAll, grows)
	s.done(before)
	s.lock.Unlock()
	return e
}

func (s *Space) mprotect(lo, hi uintptr, prot, grows int32) hal.Errno {
	i := s.t.at(lo)
	if i == 0 {
		// With PROT_GROWSDOWN Linux begins at the next area when that is a stack.
		if i = s.t.above(lo); grows&protGrowsDown == 0 || i == 0 || s.t.nodes[i].start >= hi {
			return syscall.ENOMEM
		}
	}
	if grows != 0 {
		if grows == protGrowsUp || s.t.nodes[i].kind != KindStack {
			return syscall.EINVAL
		}
		lo = s.t.nodes[i].start
	}
	for lo < hi {
		if i = s.t.at(lo); i == 0 {
			return syscall.ENOMEM
		}
		end := min(s.t.nodes[i].end, hi)
		if e := s.protectPart(i, lo, end, prot); e != 0 {
			return e
		}
		lo = end
	}
	return 0
}

// protectPart sets the protection of [lo, hi), which is inside area i.
func (s *Space) protectPart(i uint32, lo, hi uintptr, prot int32) hal.Errno {
	to := s.t.nodes[i]
	if to.flags&mapSealed != 0 {
		return syscall.EPERM
	}
	if to.prot == prot {
		return 0
	}
	if !s.t.room(2) {
		return syscall.ENOMEM
	}
	to.prot = prot
	if !to.charged && charges(prot, to.flags) { // once charged, always: the pages stay, whatever the protection
		if !s.affords(hi - lo) {
			return syscall.ENOMEM
		}
		to.charged = true
	}
	if e := s.platProtect(lo, hi-lo, prot); e != 0 {
		return e
	}
	if s.inBrk(lo) {
		s.brk.altered = true
	}
	s.change(i, lo, hi, to)
	return 0
}
