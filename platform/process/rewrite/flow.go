package rewrite

const (
	near    = 256 // bytes on each side of the site for which instruction starts are worked out
	runUp   = 224 // bytes before an anchor from which streams of instructions are tried
	tries   = 64  // starts tried there: one of them is a real instruction's, whatever its length
	minLead = 32  // bytes a stream has for falling into step before its instructions count
)

// bits is a set of addresses in [site-near, site+near).
type bits [2 * near / 64]uint64

func (b *bits) has(i int) bool { return b[i>>6]>>(i&63)&1 != 0 }
func (b *bits) set(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b *bits) clear(i int)    { b[i>>6] &^= 1 << (i & 63) }

// flow is what is known about where instructions start near a site.
type flow struct {
	lo    uint64 // address of bit 0
	maybe bits   // addresses where an instruction may start
	sure  bits   // addresses where one does
	known bool   // the function's bounds are known and its decoding reaches the site
}

func (f *flow) inNear(addr uint64) (int, bool) {
	i := addr - f.lo
	return int(i), i < 2*near
}

func (f *flow) isSure(addr uint64) bool {
	i, ok := f.inNear(addr)
	return ok && f.sure.has(i)
}

// survey finds instruction starts around the site: exactly from the function's start where that is
// known, else by consensus.
func survey(s *Site) (f flow) {
	f.lo = s.Addr - near
	for i := range f.maybe {
		f.maybe[i] = ^uint64(0)
	}
	anchor := s.Addr
	if s.function(&f) {
		f.known = true
		anchor = s.FuncStart
	}
	s.consensus(&f, anchor)
	s.ahead(&f)
	return f
}

// function decodes from FuncStart to the site. It reports false, and leaves f alone, if the bounds
// are missing or do not fit the bytes.
func (s *Site) function(f *flow) bool {
	if s.FuncStart < s.Base || s.FuncStart > s.Addr || s.FuncEnd < s.Addr+2 {
		return false
	}
	var exact bits
	pc := s.FuncStart
	for pc < s.Addr {
		if i, ok := f.inNear(pc); ok {
			exact.set(i)
		}
		in := decode(s.Code[pc-s.Base:])
		if in.n == 0 {
			return false
		}
		pc += uint64(in.n)
	}
	if pc != s.Addr {
		return false
	}
	first := max(s.FuncStart, f.lo)
	for a := first; a < s.Addr; a++ {
		i := int(a - f.lo)
		if exact.has(i) {
			f.sure.set(i)
		} else {
			f.maybe.clear(i)
		}
	}
	return true
}

// consensus works out the starts before anchor, which is known to be one, by decoding from every
// address in a stretch before it. Streams that do not arrive at anchor exactly are wrong. The right
// one is among the others as long as the bytes are all instructions (padding included), so what is
// on none of them is not a start, and what is on all of them is.
func (s *Site) consensus(f *flow, anchor uint64) {
	first := max(s.Base, f.lo)
	if anchor > runUp {
		first = max(first, anchor-runUp)
	}
	if anchor < first+minLead {
		return
	}
	n := int(anchor - first)
	last := min(tries, n-minLead+1) // exclusive
	var next, through [2*near + 1]uint16
	var good [2*near + 1]bool
	good[n] = true
	total := uint16(0)
	for i := n - 1; i >= 0; i-- {
		in := decode(s.Code[first-s.Base+uint64(i):])
		j := i + int(in.n)
		next[i] = uint16(j)
		good[i] = in.n != 0 && j <= n && good[j]
		if good[i] && i < last {
			through[i] = 1
			total++
		}
	}
	if total == 0 {
		return
	}
	base := int(first - f.lo)
	for i := 0; i < n; i++ {
		switch {
		case through[i] == 0:
			f.maybe.clear(base + i)
			continue
		case through[i] == total:
			f.sure.set(base + i)
		}
		through[next[i]] += through[i]
	}
}

// ahead decodes from the site on. After something that is not an instruction nothing is known.
func (s *Site) ahead(f *flow) {
	pc := s.Addr
	for {
		i, ok := f.inNear(pc)
		if !ok || pc >= s.Base+uint64(len(s.Code)) {
			return
		}
		in := decode(s.Code[pc-s.Base:])
		if in.n == 0 {
			return
		}
		f.sure.set(i)
		for j := i + 1; j < i+int(in.n) && j < 2*near; j++ {
			f.maybe.clear(j)
		}
		pc += uint64(in.n)
	}
}
