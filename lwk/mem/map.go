package mem

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// request is one mapping to be made: a node with what only its making needs.
type request struct {
	addr, length uintptr
	prot, flags  int32
	fd           int32
	off          int64
	align        uintptr
	node         node      // all but its bounds
	bad          hal.Errno // what is wrong with the flags: Linux looks at the place first
}

// Mmap is mmap(2): it returns where the mapping is. Errors are Linux's; those that need the file
// (EBADF, EACCES, ENODEV, EOVERFLOW) come from the platform.
func (s *Space) Mmap(addr, length uintptr, prot, flags, fd int32, off int64) (uintptr, hal.Errno) {
	r := request{addr: addr, length: length, prot: prot & protAll, flags: flags, fd: fd, off: off}
	if e := r.check(); e != 0 {
		return 0, e
	}
	var d dirt
	s.lock.Lock()
	before := s.stats.calls
	at, e := s.mmap(&r, &d)
	s.stats.recycled += uint64(d.bytes())
	s.done(before)
	s.lock.Unlock()
	// Nobody knows this memory before the caller returns, so it is cleared without the lock.
	d.clear(s.cfg.Clear)
	if e != 0 {
		return 0, e
	}
	return at, 0
}

// check validates a request as Linux does and fills in what follows from its flags.
func (r *request) check() hal.Errno {
	if r.off&(pageSize-1) != 0 {
		return syscall.EINVAL
	}
	anon := r.flags&mapAnon != 0
	if !anon && r.fd < 0 {
		return syscall.EBADF
	}
	if r.length == 0 {
		return syscall.EINVAL
	}
	r.align = pageSize
	if anon && r.flags&mapHugeTLB != 0 {
		r.align = hugeSize
		if n := uint32(r.flags) >> mapHugeShift & 63; n != 0 {
			if n < 12 || n > 34 {
				return syscall.EINVAL
			}
			r.align = 1 << n
		}
	}
	if r.length > taskSize {
		return syscall.ENOMEM
	}
	r.length = (r.length + r.align - 1) &^ (r.align - 1)
	if r.length > taskSize {
		return syscall.ENOMEM
	}
	if !anon && uint64(r.off)/pageSize+uint64(r.length)/pageSize < uint64(r.off)/pageSize {
		return syscall.EOVERFLOW
	}
	if r.flags&mapFixedNoReplace != 0 {
		r.flags |= mapFixed
	}
	if r.flags&mapFixed != 0 {
		if r.addr > taskSize-r.length {
			return syscall.ENOMEM
		}
		if !aligned(r.addr) {
			return syscall.EINVAL
		}
	}
	n := &r.node
	shared := false
	switch r.flags & mapType {
	case mapPrivate:
	case mapDroppable: // private memory that Linux may drop; older ones refuse it
		if !anon || r.flags&(mapLocked|mapHugeTLB) != 0 {
			r.bad = syscall.EINVAL
		}
	case mapShared:
		shared = true
	case mapSharedValidate:
		if anon {
			r.bad = syscall.EINVAL
		} else if r.flags&mapFixedNoReplace != 0 { // newer than the flags that Linux excuses from validation
			r.bad = syscall.EOPNOTSUPP
		}
		shared = true
	default:
		r.bad = syscall.EINVAL
	}
	if r.flags&mapGrowsDown != 0 {
		if shared || !anon {
			r.bad = syscall.EINVAL
		}
		r.flags &^= mapGrowsDown
	}
	n.prot = r.prot
	n.flags = r.flags & mapKept &^ 2
	switch {
	case anon && shared:
		n.kind, n.flags = KindAnonShared, n.flags|mapShared
	case anon:
		n.kind, n.flags = KindAnon, n.flags|mapPrivate
	case shared:
		n.kind, n.flags = KindFileShared, n.flags|mapShared
	default:
		n.kind, n.flags = KindFilePrivate, n.flags&^mapShared|mapPrivate
	}
	if !anon {
		n.off = r.off
	}
	n.charged = charges(n.prot, n.flags)
	return 0
}

// pooled tells whether the pool can serve the mapping.
func (r *request) pooled() bool {
	return r.length <= PoolMax && r.node.kind == KindAnon && r.prot == protRW &&
		r.flags&(mapStack|mapHugeTLB|mapLocked|map32Bit|mapDroppable) == 0
}

func (s *Space) mmap(r *request, d *dirt) (uintptr, hal.Errno) {
	if r.flags&mapFixed != 0 {
		return r.addr, s.mapFixedAt(r)
	}
	if !s.t.room(5) {
		return 0, syscall.ENOMEM
	}
	if r.bad != 0 {
		return 0, r.bad
	}
	if r.node.charged && !s.affords(r.length) {
		return 0, syscall.ENOMEM
	}
	if h := pageDown(r.addr); h != 0 {
		r.addr = max(h, minAddr)
		if e := s.mapHint(r, d); e == 0 {
			return r.addr, 0
		} else if e != syscall.EEXIST {
			return 0, e
		}
	}
	if r.pooled() {
		if page, ok := s.pool.alloc(uint32(r.length / pageSize)); ok {
			r.addr = s.pool.addr(page)
			return r.addr, s.fromPool(r, page, d)
		}
	}
	e := s.mapAnywhere(r)
	return r.addr, e
}

// fromPool makes the mapping of pages just taken.
func (s *Space) fromPool(r *request, page uint32, d *dirt) hal.Errno {
	pages := uint32(r.length / pageSize)
	if s.unpunch(page, pages) != 0 {
		s.pool.release(page, pages, true)
		return syscall.ENOMEM
	}
	s.pool.begin(page, pages)
	s.pool.dirtOf(d, page, pages)
	r.node.kind = KindPool
	r.node.start, r.node.end = r.addr, r.addr+r.length
	s.insert(&r.node)
	return 0
}

// mapHint maps at the caller's hint; EEXIST says that this is not possible and another place will do.
func (s *Space) mapHint(r *request, d *dirt) hal.Errno {
	lo := r.addr
	if lo&(r.align-1) != 0 || lo > taskSize-r.length {
		return syscall.EEXIST
	}
	hi := lo + r.length
	if r.flags&map32Bit != 0 && hi > 1<<31 || s.t.overlaps(lo, hi) || s.guarded(lo, hi) {
		return syscall.EEXIST
	}
	if w := s.windowOver(lo, hi); w != nil {
		if w.what != winPool || lo < w.lo || hi > w.hi || !r.pooled() {
			return syscall.EEXIST
		}
		page := s.pool.page(lo)
		s.pool.takeAt(s.extent(lo), page, uint32(r.length/pageSize))
		return s.fromPool(r, page, d)
	}
	return s.mapAt(r, false)
}

// mapAnywhere maps at a place of our choice and sets r.addr.
func (s *Space) mapAnywhere(r *request) hal.Errno {
	lo, hi := s.cfg.Window[0], s.cfg.Window[1]
	if r.flags&map32Bit != 0 {
		lo, hi = 1<<30, 1<<31 // Linux's range for it
	}
	align := r.align
	if r.length >= hugeSize {
		align = max(align, hugeSize)
	}
	// A place may be taken by something that nobody told us of: then look below it, in growing steps.
	for step := uintptr(0); step < 1<<40; step = step*2 + pageSize {
		a, ok := s.place(lo, hi, r.length, align)
		if !ok && align > r.align {
			align = r.align
			a, ok = s.place(lo, hi, r.length, align)
		}
		if !ok {
			return syscall.ENOMEM
		}
		r.addr = a
		if e := s.mapAt(r, false); e != syscall.EEXIST {
			return e
		}
		hi = a - min(step, a)
	}
	return syscall.ENOMEM
}

// mapAt has the platform make the mapping at r.addr and records it. With replace, the map's entries
// in the range are replaced too, and room is the caller's care.
func (s *Space) mapAt(r *request, replace bool) hal.Errno {
	lo, hi := r.addr, r.addr+r.length
	flags := r.flags &^ (mapFixed | mapFixedNoReplace | map32Bit)
	huge := r.length > PoolMax && r.node.kind == KindAnon && r.prot == protRW &&
		r.flags&(mapStack|mapNoReserve|mapHugeTLB|mapLocked) == 0
	if huge {
		flags |= mapNoReserve // the limit is ours to keep, not the overcommit heuristic's
	}
	if e := s.platMap(lo, r.length, r.prot, flags, r.fd, r.off, replace); e != 0 {
		return e
	}
	if huge {
		s.platAdvise(lo, r.length, madvHugePage) // a hint: failure costs speed only
	}
	if replace {
		s.takeOver(lo, hi)
	}
	if r.node.hasFile() || r.node.flags&mapStack != 0 {
		r.node.serial = s.nextSerial()
	}
	r.node.start, r.node.end = lo, hi
	s.insert(&r.node)
	return 0
}

// takeOver drops the map's entries in [lo, hi), where the platform has put something else.
func (s *Space) takeOver(lo, hi uintptr) {
	s.takePool(lo, hi)
	if lo < s.brk.hi && s.brk.lo < hi {
		s.brk.altered = true
	}
	s.cut(lo, hi)
}

// mapFixedAt makes a MAP_FIXED or MAP_FIXED_NOREPLACE mapping.
func (s *Space) mapFixedAt(r *request) hal.Errno {
	lo, hi := r.addr, r.addr+r.length
	noReplace := r.flags&mapFixedNoReplace != 0
	if noReplace && (s.withdrawn(lo, hi) || s.t.overlaps(lo, hi)) {
		return syscall.EEXIST
	}
	if r.bad != 0 {
		return r.bad
	}
	if s.sealedIn(lo, hi) {
		return syscall.EPERM
	}
	if s.withdrawn(lo, hi) || !s.t.room(6) {
		return syscall.ENOMEM
	}
	if r.node.charged && !s.affords(r.length-min(r.length, s.chargedIn(lo, hi))) {
		return syscall.ENOMEM
	}
	e := s.claim(lo, hi)
	if e == syscall.EEXIST && !noReplace {
		return syscall.ENOMEM
	}
	if e != 0 {
		return e
	}
	if e = s.mapAt(r, true); e != 0 {
		s.unclaim(lo, hi, hi)
	}
	return e
}

// claim holds the places in [lo, hi) that nothing of ours covers, so that a mapping over the whole
// range can replace what is there without hitting something of the LWK. EEXIST when such is there.
func (s *Space) claim(lo, hi uintptr) hal.Errno {
	for a, b := s.hole(lo, hi); a < b; a, b = s.hole(b, hi) {
		if e := s.holdPlace(a, b, false); e != 0 {
			s.unclaim(lo, a, hi)
			return e
		}
	}
	return 0
}

// unclaim undoes claim(lo, hi) as far as done. The map must be as it was.
func (s *Space) unclaim(lo, done, hi uintptr) {
	for a, b := s.hole(lo, hi); a < b && a < done; a, b = s.hole(b, hi) {
		s.platUnmap(a, b-a)
	}
}
