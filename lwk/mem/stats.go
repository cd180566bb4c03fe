package mem

type counters struct {
	local, platform, calls     uint64
	recycled, skipped, altered uint64
}

// Stats is a snapshot of an address space; sizes in bytes.
type Stats struct {
	PoolSize, PoolUsed uintptr            // pages of the pool in use, whatever is mapped there
	Bytes              [kindCount]uintptr // by Kind; anonymous memory without access under KindReserved
	InUse, Limit       uintptr            // what counts against the limit
	Areas              int
	Local, Platform    uint64  // operations answered here alone, and with calls to the platform
	Calls              uint64  // calls to the platform
	Recycled           uint64  // bytes of the pool cleared for use again
	StackAdviceSkipped uint64  // MADV_DONTNEED on part of a MAP_STACK mapping, not done
	PoolRestored       uint64  // ranges of the pool that the platform had to set right before reuse
	Brk                uintptr // present end
}

// Stats returns the present numbers.
func (s *Space) Stats() Stats {
	s.lock.Lock()
	defer s.lock.Unlock()
	c := &s.stats
	return Stats{
		PoolSize: s.cfg.PoolSize, PoolUsed: uintptr(s.pool.used) * pageSize,
		Bytes: s.bytes, InUse: s.charged, Limit: s.cfg.Limit, Areas: s.t.count,
		Local: c.local, Platform: c.platform, Calls: c.calls,
		Recycled: c.recycled, StackAdviceSkipped: c.skipped, PoolRestored: c.altered, Brk: s.brk.cur,
	}
}

// Mapped returns how much the program has mapped, and had at most, in bytes.
func (s *Space) Mapped() (now, peak uintptr) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.total, s.peak
}

// Bounds returns the begin of the lowest area and the end of the highest one.
func (s *Space) Bounds() (lo, hi uintptr) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if i := s.t.first; i != 0 {
		lo = s.t.nodes[i].start
	}
	if i := s.t.below(taskSize); i != 0 {
		hi = s.t.nodes[i].end
	}
	return lo, hi
}

// Break returns where the heap that brk moves began, and where it ends.
func (s *Space) Break() (start, end uintptr) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.brk.start, s.brk.cur
}

// done books one finished operation, which began when calls to the platform were at before.
func (s *Space) done(before uint64) {
	if s.stats.calls == before {
		s.stats.local++
	} else {
		s.stats.platform++
	}
}

// count adds an area to the numbers, or takes it out.
func (s *Space) count(n *node, add bool) {
	size, k := n.end-n.start, n.kind
	if n.prot == 0 && (k == KindAnon || k == KindPool) {
		k = KindReserved
	}
	if !add {
		size = -size
	}
	s.bytes[k] += size
	if s.total += size; s.total > s.peak {
		s.peak = s.total
	}
	if n.charged {
		s.charged += size
	}
}

// affords tells whether more bytes may be charged.
func (s *Space) affords(more uintptr) bool {
	return s.cfg.Limit == 0 || s.charged <= s.cfg.Limit && more <= s.cfg.Limit-s.charged
}

// chargedIn is what areas within [lo, hi) count against the limit.
func (s *Space) chargedIn(lo, hi uintptr) (sum uintptr) {
	for i := s.t.above(lo); i != 0 && s.t.nodes[i].start < hi; i = s.t.nodes[i].next {
		if n := &s.t.nodes[i]; n.charged {
			sum += min(n.end, hi) - max(n.start, lo)
		}
	}
	return sum
}

// Gauges are the sizes of areas by Kind, and the pool's number of pages with, in the word's upper half,
// how many of them are in use, for who looks at them without the lock.
func (s *Space) Gauges() (bytes []uintptr, pool *uint64) { return s.bytes[:], pagesWord(&s.pool) }
