package mem

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Mremap is mremap(2): it returns where the mapping is afterwards. Small pool mappings grow in place or
// are copied within the pool; everything else moves by the platform's page tables.
func (s *Space) Mremap(old, oldLen, newLen uintptr, flags int32, newAddr uintptr) (uintptr, hal.Errno) {
	if flags&^(mremapMayMove|mremapFixed|mremapDontUnmap) != 0 ||
		flags&mremapMayMove == 0 && flags&(mremapFixed|mremapDontUnmap) != 0 ||
		flags&mremapDontUnmap != 0 && pageUp(oldLen) != pageUp(newLen) ||
		!aligned(old) || pageUp(newLen) == 0 || newLen > taskSize {
		return 0, syscall.EINVAL
	}
	s.lock.Lock()
	before := s.stats.calls
	at, e := s.mremap(old, pageUp(oldLen), pageUp(newLen), flags, newAddr)
	s.done(before)
	s.lock.Unlock()
	return at, e
}

func (s *Space) mremap(old, oldLen, newLen uintptr, flags int32, newAddr uintptr) (uintptr, hal.Errno) {
	if flags&(mremapFixed|mremapDontUnmap) != 0 {
		if !aligned(newAddr) || newLen > taskSize || newAddr > taskSize-newLen {
			return 0, syscall.EINVAL
		}
		if flags&mremapFixed != 0 && old+oldLen > newAddr && newAddr+newLen > old {
			return 0, syscall.EINVAL
		}
	}
	i := s.t.at(old)
	if i == 0 {
		return 0, syscall.EFAULT
	}
	n := s.t.nodes[i]
	if n.flags&mapSealed != 0 {
		return 0, syscall.EPERM
	}
	if oldLen == 0 && n.flags&mapShared == 0 {
		return 0, syscall.EINVAL
	}
	if flags&(mremapFixed|mremapDontUnmap) != 0 {
		return s.remapTo(old, oldLen, newLen, flags, newAddr)
	}
	if newLen <= oldLen { // over as many areas as there are
		if newLen == oldLen {
			return old, 0
		}
		if e := s.munmap(old+newLen, old+oldLen); e != 0 {
			return 0, e
		}
		return old, 0
	}
	if oldLen > n.end-old {
		return 0, syscall.EFAULT
	}
	if !s.t.room(6) || n.charged && !s.affords(newLen-oldLen) {
		return 0, syscall.ENOMEM
	}
	if oldLen > 0 && old+oldLen == n.end && s.extend(i, old, oldLen, newLen) {
		return old, 0
	}
	if flags&mremapMayMove == 0 {
		return 0, syscall.ENOMEM
	}
	if n.kind == KindPool && n.prot == protRW {
		return s.moveByCopy(&n, old, oldLen, newLen)
	}
	return s.moveByPlatform(&n, old, oldLen, newLen, 0)
}

// extend grows area i, whose last oldLen bytes begin at old, in place if what follows is free.
func (s *Space) extend(i uint32, old, oldLen, newLen uintptr) bool {
	n := s.t.nodes[i]
	lo, hi := n.end, old+newLen
	if hi > taskSize || s.t.overlaps(lo, hi) {
		return false
	}
	if n.kind == KindPool {
		if n.prot != protRW || newLen > PoolMax || hi > s.pool.end() {
			return false
		}
		page, pages := s.pool.page(lo), uint32((hi-lo)/pageSize)
		s.pool.takeAt(page, page, pages)
		if s.unpunch(page, pages) != 0 {
			s.pool.release(page, pages, true)
			return false
		}
		mark(s.pool.first, page, pages, false)
		s.wipe(page, pages)
	} else {
		if s.windowOver(lo, hi) != nil || s.windowOver(old, lo) != nil {
			return false
		}
		last := uintptr(pageSize) // enough for Linux, and surely one area there too
		if n.flags&mapHugeTLB != 0 {
			last = oldLen
		}
		if s.platRemap(lo-last, last, lo-last, hi-lo+last, 0) != 0 {
			return false
		}
	}
	if n.hasFile() {
		n.off += int64(lo - n.start)
	}
	n.start, n.end = lo, hi
	s.insert(&n)
	return true
}

// wipe clears what is dirty of pages just taken.
func (s *Space) wipe(page, pages uint32) {
	if pages == 0 {
		return
	}
	var d dirt
	s.pool.dirtOf(&d, page, pages)
	s.stats.recycled += uint64(d.bytes())
	d.clear(s.cfg.Clear)
}

// moveByCopy moves pool memory to a larger place: in the pool if it still fits there.
func (s *Space) moveByCopy(n *node, old, oldLen, newLen uintptr) (uintptr, hal.Errno) {
	to := *n
	if newLen <= PoolMax {
		pages, keep := uint32(newLen/pageSize), uint32(oldLen/pageSize)
		if page, ok := s.pool.alloc(pages); ok {
			if s.unpunch(page, pages) != 0 {
				s.pool.release(page, pages, true)
				return 0, syscall.ENOMEM
			}
			s.pool.begin(page, pages)
			at := s.pool.addr(page)
			s.wipe(page+keep, pages-keep)
			s.cfg.Copy(at, old, oldLen)
			if e := s.release(n, old, old+oldLen, old, old+oldLen); e != 0 {
				s.pool.release(page, pages, true)
				return 0, e
			}
			s.cut(old, old+oldLen)
			to.start, to.end = at, at+newLen
			s.insert(&to)
			return at, 0
		}
	}
	r := request{length: newLen, prot: n.prot, flags: n.flags, fd: -1, align: pageSize, node: to}
	r.node.kind = KindAnon
	if e := s.mapAnywhere(&r); e != 0 {
		return 0, e
	}
	s.cfg.Copy(r.addr, old, oldLen)
	e := s.munmap(old, old+oldLen)
	return r.addr, e
}

// moveByPlatform moves any memory to a place of our choice. What leaves the pool is ordinary memory
// there. flags may hold MREMAP_DONTUNMAP.
func (s *Space) moveByPlatform(n *node, old, oldLen, newLen uintptr, flags int32) (uintptr, hal.Errno) {
	lo, hi := s.cfg.Window[0], s.cfg.Window[1]
	align := uintptr(pageSize)
	if newLen >= hugeSize {
		align = hugeSize
	}
	for step := uintptr(0); step < 1<<40; step = step*2 + pageSize {
		at, ok := s.place(lo, hi, newLen, align)
		if !ok && align > pageSize {
			align = pageSize
			at, ok = s.place(lo, hi, newLen, align)
		}
		if !ok {
			return 0, syscall.ENOMEM
		}
		switch e := s.holdPlace(at, at+newLen, false); e {
		case syscall.EEXIST:
			hi = at - min(step, at)
			continue
		case 0:
		default:
			return 0, e
		}
		e := s.carry(n, old, oldLen, at, newLen, flags)
		if e != 0 {
			s.platUnmap(at, newLen)
			return 0, e
		}
		return at, 0
	}
	return 0, syscall.ENOMEM
}

// carry has the platform move [old, old+oldLen) of area n over what is held at the new place, and
// changes the map accordingly. When it fails nothing has moved.
func (s *Space) carry(n *node, old, oldLen, at, newLen uintptr, flags int32) hal.Errno {
	e := s.platRemap(old, oldLen, at, newLen, flags)
	if e == syscall.EFAULT && oldLen > pageSize {
		e = s.carryParts(old, oldLen, at, newLen, flags)
	}
	if e != 0 {
		return e
	}
	to := *n
	if to.hasFile() {
		to.off += int64(old - n.start)
	}
	if to.kind == KindPool || to.kind == KindBrk {
		to.kind = KindAnon
	}
	if flags&mremapDontUnmap == 0 && oldLen > 0 {
		if s.vacate(old, old+oldLen) == 0 {
			s.cut(old, old+oldLen)
		} else {
			// The pages have moved, but their place is not fit for use: it stays an area without access
			// until the program, or its end, removes it.
			lost := *n
			lost.kind, lost.prot, lost.charged = KindAnon, 0, false
			s.change(s.t.at(old), old, old+oldLen, lost)
		}
	} else if flags&mremapDontUnmap != 0 && s.inBrk(old) {
		s.brk.altered = true
	}
	s.takeOver(at, at+newLen)
	to.start, to.end = at, at+newLen
	s.insert(&to)
	return 0
}

// carryParts moves a range that is one area here but several of Linux's (they differ in what nobody
// sees, such as which fault came first), each of which it moves by itself. When it fails, what had
// moved is moved back.
func (s *Space) carryParts(old, oldLen, at, newLen uintptr, flags int32) hal.Errno {
	for moved := uintptr(0); moved < oldLen; {
		e := syscall.EFAULT
		part := oldLen - moved
		for {
			grown := part
			if moved+part == oldLen {
				grown = newLen - moved
			}
			if e = s.platRemap(old+moved, part, at+moved, grown, flags); e != syscall.EFAULT || part == pageSize {
				break
			}
			part = pageUp(part / 2)
		}
		if e != 0 {
			for back := uintptr(0); flags == 0 && back < moved; back += pageSize {
				s.platRemap(at+back, pageSize, old+back, pageSize, 0)
			}
			return e
		}
		moved += part
	}
	return 0
}

// remapTo serves MREMAP_FIXED and MREMAP_DONTUNMAP.
func (s *Space) remapTo(old, oldLen, newLen uintptr, flags int32, newAddr uintptr) (uintptr, hal.Errno) {
	i := s.t.at(old)
	n := s.t.nodes[i]
	if min(oldLen, newLen) > n.end-old { // what is beyond newLen is unmapped, of whatever areas it is
		return 0, syscall.EFAULT
	}
	charge := uintptr(0)
	if n.charged && (newLen > oldLen || flags&mremapDontUnmap != 0) {
		charge = newLen
		if flags&mremapDontUnmap == 0 {
			charge -= oldLen
		}
	}
	if !s.t.room(8) || !s.affords(charge) {
		return 0, syscall.ENOMEM
	}
	if flags&mremapFixed == 0 {
		return s.moveByPlatform(&n, old, oldLen, newLen, mremapDontUnmap)
	}
	end := newAddr + newLen
	if s.withdrawn(newAddr, end) {
		return 0, syscall.ENOMEM
	}
	if e := s.munmap(newAddr, end); e != 0 {
		return 0, e
	}
	if oldLen > newLen {
		if e := s.munmap(old+newLen, old+oldLen); e != 0 {
			return 0, e
		}
		oldLen = newLen
	}
	// Unmapping may have moved it to another node, or, with an old length of 0, removed it.
	if i = s.t.at(old); i == 0 {
		return 0, syscall.EFAULT
	}
	n = s.t.nodes[i]
	if e := s.claim(newAddr, end); e != 0 {
		return 0, syscall.ENOMEM
	}
	if e := s.carry(&n, old, oldLen, newAddr, newLen, flags&mremapDontUnmap); e != 0 {
		s.unclaim(newAddr, end, end)
		return 0, e
	}
	return newAddr, 0
}
