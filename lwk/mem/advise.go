package mem

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

const (
	madvNormal         = 0
	madvRandom         = 1
	madvSequential     = 2
	madvWillNeed       = 3
	madvDontNeed       = 4
	madvFree           = 8
	madvNoHugePage     = 15
	madvDoDump         = 17
	madvCold           = 20
	madvPageOut        = 21
	madvPopulateRead   = 22
	madvPopulateWrite  = 23
	madvDontNeedLocked = 24
	madvCollapse       = 25
)

// Madvise is madvise(2). Advice that Linux may ignore is ignored on memory of the pool.
func (s *Space) Madvise(addr, length uintptr, advice int32) hal.Errno {
	known := advice >= madvNormal && advice <= madvDontNeed || advice >= madvFree && advice <= madvCollapse ||
		advice >= 100 && advice <= 103 // hardware poison and guard pages
	if !known || !aligned(addr) {
		return syscall.EINVAL
	}
	end := addr + pageUp(length)
	if end < addr || length != 0 && pageUp(length) == 0 {
		return syscall.EINVAL
	}
	if end == addr {
		return 0
	}
	s.lock.Lock()
	before := s.stats.calls
	e := s.madvise(addr, end, advice)
	s.done(before)
	s.lock.Unlock()
	return e
}

func (s *Space) madvise(lo, hi uintptr, advice int32) (result hal.Errno) {
	for lo < hi {
		i := s.t.above(lo)
		if i == 0 || s.t.nodes[i].start >= hi {
			return syscall.ENOMEM
		}
		if s.t.nodes[i].start > lo {
			result = syscall.ENOMEM // reported at the end: what is mapped is advised all the same
			lo = s.t.nodes[i].start
		}
		end := min(s.t.nodes[i].end, hi)
		if e := s.advisePart(i, lo, end, advice); e != 0 {
			return e
		}
		lo = end
	}
	return result
}

// advisePart advises [lo, hi), which is inside area i.
func (s *Space) advisePart(i uint32, lo, hi uintptr, advice int32) hal.Errno {
	n := &s.t.nodes[i]
	if n.keeps(advice) {
		return syscall.EPERM
	}
	drops := advice == madvDontNeed || advice == madvDontNeedLocked
	if drops && n.flags&mapStack != 0 && (lo > n.start || hi < n.end || n.prot == 0) &&
		s.cfg.Limit != 0 && s.charged <= s.cfg.Limit/2 {
		// glibc gives the unused part of a stack back at every thread's exit, and the next thread faults
		// it in again; the range begins with the guard page, an area of its own. Nobody relies on the
		// zeroes: keep the pages while memory is plentiful.
		s.stats.skipped++
		return 0
	}
	if n.kind != KindPool {
		return s.platAdvise(lo, hi-lo, advice)
	}
	switch advice {
	case madvNormal, madvRandom, madvSequential, madvWillNeed, madvFree, madvHugePage, madvNoHugePage,
		madvDoDump, madvCold, madvPageOut:
		return 0
	case madvDontNeed, madvDontNeedLocked:
		if hi-lo <= clearMax && n.prot&syscall.PROT_WRITE != 0 {
			s.cfg.Clear(lo, hi-lo)
			return 0
		}
		return s.platAdvise(lo, hi-lo, advice)
	case madvPopulateRead, madvPopulateWrite, madvCollapse:
		return s.platAdvise(lo, hi-lo, advice)
	}
	// The rest sticks to the mapping (not inherited, wiped on fork, guarded).
	if !s.t.room(2) {
		return syscall.ENOMEM
	}
	e := s.platAdvise(lo, hi-lo, advice)
	s.mark(i, lo, hi)
	return e
}

// Mark is for a call on [lo, hi) that Linux makes and whose effect sticks to the memory (a lock, a
// policy): the range is mapped anew before the pool hands it out again. Holes are skipped; addresses are
// page aligned. ENOMEM when there is no room in the map.
func (s *Space) Mark(lo, hi uintptr) hal.Errno {
	s.lock.Lock()
	defer s.lock.Unlock()
	for lo < hi {
		i := s.t.above(lo)
		if i == 0 || s.t.nodes[i].start >= hi {
			break
		}
		lo = max(lo, s.t.nodes[i].start)
		end := min(s.t.nodes[i].end, hi)
		if s.t.nodes[i].kind == KindPool {
			if !s.t.room(2) {
				return syscall.ENOMEM
			}
			s.mark(i, lo, end)
		}
		lo = end
	}
	return 0
}

// mark makes [lo, hi), inside area i of the pool, what is mapped anew when it is given back, as is done
// for everything but KindPool. It needs room for two areas.
func (s *Space) mark(i uint32, lo, hi uintptr) {
	to := s.t.nodes[i]
	to.kind = KindAnon
	s.change(i, lo, hi, to)
}
