package mem

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// SetBrk places the heap: the program break begins at start, and Config.BrkSize bytes from there are
// mapped, without being reserved by Linux, and withdrawn from all other use. With start 0 the place is
// chosen here. EEXIST when something is in the way, EINVAL when it was called before.
func (s *Space) SetBrk(start uintptr) hal.Errno {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.brk.hi != 0 || start > taskSize-s.cfg.BrkSize-pageSize {
		return syscall.EINVAL
	}
	if start == 0 {
		a, ok := s.place(s.cfg.Window[0], s.cfg.Window[1], s.cfg.BrkSize, hugeSize)
		if !ok {
			return syscall.ENOMEM
		}
		start = a
	}
	lo := pageUp(start)
	hi := lo + s.cfg.BrkSize
	if s.t.overlaps(lo, hi) || s.windowOver(lo, hi) != nil {
		return syscall.EEXIST
	}
	if s.nwindows == maxWindows {
		return syscall.ENOMEM
	}
	if e := s.platMap(lo, hi-lo, protRW, mapPrivate|mapAnon|mapNoReserve, -1, 0, false); e != 0 {
		return e
	}
	s.platAdvise(lo, hi-lo, madvHugePage)
	s.addWindow(window{lo, hi, winBrk})
	s.brk.start, s.brk.cur, s.brk.lo, s.brk.hi, s.brk.dirty = start, start, lo, hi, lo
	return 0
}

// Brk is the brk system call: it moves the program break to addr if that is possible, and returns
// where the break is afterwards. Brk(0) asks.
func (s *Space) Brk(addr uintptr) uintptr {
	s.lock.Lock()
	before := s.stats.calls
	at := s.moveBrk(addr)
	s.done(before)
	s.lock.Unlock()
	return at
}

func (s *Space) moveBrk(addr uintptr) uintptr {
	b := &s.brk
	if addr < b.start || addr > b.hi {
		return b.cur
	}
	from, to := pageUp(b.cur), pageUp(addr)
	ok := true
	switch {
	case to > from:
		ok = s.growBrk(from, to)
	case to < from:
		ok = s.shrinkBrk(to, from)
	}
	if ok {
		b.cur = addr
	}
	return b.cur
}

// shrinkBrk removes [lo, hi) from the heap. Plain heap memory stays mapped, and is cleared if the
// heap grows again: a heap that breathes at its top costs no call to the platform.
func (s *Space) shrinkBrk(lo, hi uintptr) bool {
	if !s.t.room(1) || s.sealedIn(lo, hi) {
		return false
	}
	for i := s.t.above(lo); i != 0 && s.t.nodes[i].start < hi; i = s.t.nodes[i].next {
		n := &s.t.nodes[i]
		if n.kind == KindBrk && n.prot == protRW {
			continue
		}
		if s.abandonBrk(max(n.start, lo), min(n.end, hi)) != 0 {
			return false
		}
	}
	s.cut(lo, hi)
	s.brk.dirty = max(s.brk.dirty, hi)
	return true
}

// growBrk adds [lo, hi) to the heap, reading as zero.
func (s *Space) growBrk(lo, hi uintptr) bool {
	b := &s.brk
	if s.t.overlaps(lo, hi) || !s.t.room(1) || !s.affords(hi-lo) {
		return false
	}
	if b.altered {
		if s.platMap(lo, hi-lo, protRW, mapPrivate|mapAnon|mapNoReserve, -1, 0, true) != 0 {
			return false
		}
		s.platAdvise(lo, hi-lo, madvHugePage)
	} else if end := min(hi, b.dirty); end > lo {
		if end-lo <= clearMax {
			s.cfg.Clear(lo, end-lo)
		} else if s.platAdvise(lo, end-lo, madvDontNeed) != 0 {
			return false
		}
	}
	n := node{start: lo, end: hi, prot: protRW, flags: mapPrivate | mapAnon, kind: KindBrk, charged: true}
	s.insert(&n)
	return true
}
