package mem

import "github.com/skerry-os/skerry/lwk/hal"

// Changes to the map alone, with the numbers kept right. Callers have asked for room.

// joins tells whether areas a and b become one.
func (s *Space) joins(a, b *node) bool {
	return a.continues(b) && s.border(a.start, b.end) == b.end
}

// insert adds area n to a free range, cut at borders (up to five areas) and joined with its neighbours.
func (s *Space) insert(n *node) {
	s.count(n, true)
	if s.border(n.start, n.end) == n.end {
		s.insertOne(n)
		return
	}
	whole := *n
	for part := whole; part.start < whole.end; {
		part.end = s.border(part.start, whole.end)
		s.insertOne(&part)
		if part.hasFile() {
			part.off += int64(part.end - part.start)
		}
		part.start = part.end
	}
}

func (s *Space) insertOne(n *node) {
	prev := s.t.below(n.start)
	next := s.t.first
	if prev != 0 {
		next = s.t.nodes[prev].next
	}
	after := next != 0 && s.joins(n, &s.t.nodes[next])
	switch {
	case prev != 0 && s.joins(&s.t.nodes[prev], n):
		end := n.end
		if after {
			end = s.t.nodes[next].end
			s.t.unlink(next)
		}
		s.t.setEnd(prev, end)
	case after:
		s.t.setStart(next, n.start)
	default:
		i := s.t.take()
		s.t.nodes[i] = *n
		s.t.link(i, prev)
	}
}

// cut removes all of [lo, hi) from the map. It needs room for one area.
func (s *Space) cut(lo, hi uintptr) {
	if lo >= hi {
		return
	}
	for i := s.t.above(lo); i != 0 && s.t.nodes[i].start < hi; {
		n := &s.t.nodes[i]
		piece := *n
		piece.start, piece.end = max(n.start, lo), min(n.end, hi)
		s.count(&piece, false)
		next := n.next
		switch {
		case piece.start > n.start && piece.end < n.end:
			s.t.split(i, piece.end)
			s.t.setEnd(i, piece.start)
			return
		case piece.start > n.start:
			s.t.setEnd(i, piece.start)
		case piece.end < n.end:
			s.t.setStart(i, piece.end)
		default:
			s.t.unlink(i)
		}
		i = next
	}
}

// change replaces what [lo, hi), inside area i, is by what to says (its protection, kind, charge).
// It needs room for two areas.
func (s *Space) change(i uint32, lo, hi uintptr, to node) {
	n := &s.t.nodes[i]
	to.start, to.end = lo, hi
	if n.hasFile() {
		to.off = n.off + int64(lo-n.start)
	}
	s.cut(lo, hi)
	s.insert(&to)
}

// Offset tells that [lo, hi), of shared mappings, now shows their file from off on. Where there is no
// room for another area the map keeps what it had.
func (s *Space) Offset(lo, hi uintptr, off int64) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for lo < hi && s.t.room(2) {
		i := s.t.at(lo)
		if i == 0 {
			return
		}
		to := s.t.nodes[i]
		to.start, to.end = lo, min(to.end, hi)
		if to.hasFile() {
			to.off = off
			s.cut(to.start, to.end)
			s.insert(&to)
		}
		off += int64(to.end - lo)
		lo = to.end
	}
}

// refill makes [lo, hi) of the pool plain zeroed memory again, after something else was there.
func (s *Space) refill(lo, hi uintptr) hal.Errno {
	s.stats.altered++
	if e := s.platMap(lo, hi-lo, protRW, mapPrivate|mapAnon|mapNoReserve, -1, 0, true); e != 0 {
		return e
	}
	s.platAdvise(lo, hi-lo, madvHugePage) // without it the range would stay a mapping of its own: slower, not wrong
	return 0
}

// release gives back the memory of [lo, hi), which is inside area n. The area itself is cut later.
// from and to are the bounds of all that is given back at once.
func (s *Space) release(n *node, lo, hi, from, to uintptr) hal.Errno {
	switch {
	case s.inPool(lo):
		page, pages := s.pool.page(lo), uint32((hi-lo)/pageSize)
		if lo == from && s.amid(lo) || hi == to && s.amid(hi) {
			return s.punch(lo, hi)
		}
		dirty := n.kind == KindPool
		if !dirty {
			if e := s.refill(lo, hi); e != 0 {
				return e
			}
		} else if n.prot != protRW {
			s.stats.altered++
			if e := s.platProtect(lo, hi-lo, protRW); e != 0 {
				return e
			}
		}
		s.pool.release(page, pages, dirty)
		return 0
	case s.inBrk(lo):
		return s.abandonBrk(lo, hi)
	}
	return s.platUnmap(lo, hi-lo)
}

// punch gives back a part of a mapping in the pool. Who does that, rather than unmap what it mapped,
// may want a hole that faults (a guard), so that the pages are made inaccessible until they are used
// again.
func (s *Space) punch(lo, hi uintptr) hal.Errno {
	s.stats.altered++
	if e := s.holdPlace(lo, hi, true); e != 0 {
		return e
	}
	page, pages := s.pool.page(lo), uint32((hi-lo)/pageSize)
	s.pool.begin(page, pages) // and what follows is a mapping by itself
	s.pool.release(page, pages, false)
	mark(s.pool.held, page, pages, true)
	return 0
}

// amid tells whether the pages before and after addr, which is in the pool, are of one mapping.
func (s *Space) amid(addr uintptr) bool {
	return addr > s.pool.base && addr < s.pool.end() && !has(s.pool.first, s.pool.page(addr)) &&
		s.t.at(addr-1) != 0 && s.t.at(addr) != 0
}

// unpunch makes pages that were just taken accessible again where punch left them. On an error those
// that were not are still marked.
func (s *Space) unpunch(page, pages uint32) hal.Errno {
	for {
		at, k := run(s.pool.held, page, pages)
		if k == 0 {
			return 0
		}
		lo := s.pool.addr(at)
		if e := s.refill(lo, lo+uintptr(k)*pageSize); e != 0 {
			return e
		}
		mark(s.pool.held, at, k, false)
	}
}

// vacate makes good the range [lo, hi) of area n after the platform moved its pages away.
func (s *Space) vacate(lo, hi uintptr) hal.Errno {
	switch {
	case s.inPool(lo):
		if e := s.refill(lo, hi); e != 0 {
			return e
		}
		s.pool.release(s.pool.page(lo), uint32((hi-lo)/pageSize), false)
	case s.inBrk(lo):
		return s.abandonBrk(lo, hi)
	}
	return 0
}

// abandonBrk takes [lo, hi) out of use in the brk window. The place stays held: were it unmapped,
// something of the LWK could come to be where brk will grow.
func (s *Space) abandonBrk(lo, hi uintptr) hal.Errno {
	s.brk.altered = true
	return s.holdPlace(lo, hi, true)
}

// takePool takes what is free of the pool in [lo, hi), for something that replaces the memory there.
func (s *Space) takePool(lo, hi uintptr) {
	lo, hi = max(lo, s.pool.base), min(hi, s.pool.end())
	if lo < hi {
		page, pages := s.pool.page(lo), uint32((hi-lo)/pageSize)
		s.pool.begin(page, pages)
		mark(s.pool.held, page, pages, false)
	}
	for lo < hi {
		i := s.t.above(lo)
		end := hi
		if i != 0 {
			if n := &s.t.nodes[i]; n.start <= lo {
				lo = n.end
				continue
			} else {
				end = min(end, n.start)
			}
		}
		s.pool.takeAt(s.extent(lo), s.pool.page(lo), uint32((end-lo)/pageSize))
		lo = end
	}
}

// extent returns the first page of the free extent of the pool that holds addr: free extents are the
// gaps between areas.
func (s *Space) extent(addr uintptr) uint32 {
	first := s.pool.base
	if i := s.t.below(addr); i != 0 {
		first = max(first, s.t.nodes[i].end)
	}
	return s.pool.page(first)
}
