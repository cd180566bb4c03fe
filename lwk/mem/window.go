package mem

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// A window is a range of addresses that the search for a place never enters: the pool, what brk may
// grow into, and what belongs to the LWK itself. Of the first two the memory is mapped all the time.
type window struct {
	lo, hi uintptr
	what   winKind
}

type winKind uint8

const (
	winLWK winKind = iota
	winPool
	winBrk
)

// Reserve withdraws [lo, hi) from the program: memory of the LWK. It is not listed as an area.
// Ranges may overlap or touch. EINVAL for an empty or unaligned one or one in the pool or the heap,
// EEXIST when the program has something there, ENOMEM when the table of ranges is full.
// name is for who reads the call.
func (s *Space) Reserve(lo, hi uintptr, name string) hal.Errno {
	_ = name
	if lo >= hi || !aligned(lo|hi) {
		return syscall.EINVAL
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.t.overlaps(lo, hi) {
		return syscall.EEXIST
	}
	// Swallow the windows that it meets, so that the table stays disjoint.
	k := 0
	for i := range s.nwindows {
		if w := s.windows[i]; w.lo < hi && lo < w.hi && w.what != winLWK {
			return syscall.EINVAL
		}
	}
	for i := range s.nwindows {
		w := s.windows[i]
		if w.what == winLWK && w.lo <= hi && lo <= w.hi {
			lo, hi = min(lo, w.lo), max(hi, w.hi)
			continue
		}
		s.windows[k] = w
		k++
	}
	s.nwindows = k
	if !s.addWindow(window{lo, hi, winLWK}) {
		return syscall.ENOMEM
	}
	return 0
}

// addWindow inserts in order; false when the table is full.
func (s *Space) addWindow(w window) bool {
	if s.nwindows == maxWindows {
		return false
	}
	i := s.nwindows
	for ; i > 0 && s.windows[i-1].lo > w.lo; i-- {
		s.windows[i] = s.windows[i-1]
	}
	s.windows[i] = w
	s.nwindows++
	return true
}

// windowOver returns the lowest window that meets [lo, hi), or nil.
func (s *Space) windowOver(lo, hi uintptr) *window {
	for i := range s.nwindows {
		if w := &s.windows[i]; w.lo < hi && lo < w.hi {
			return w
		}
	}
	return nil
}

// withdrawn tells whether any of [lo, hi) is the LWK's.
func (s *Space) withdrawn(lo, hi uintptr) bool {
	for i := range s.nwindows {
		if w := &s.windows[i]; w.lo < hi && lo < w.hi && w.what == winLWK {
			return true
		}
	}
	return false
}

func (s *Space) inPool(addr uintptr) bool { return s.pool.holds(addr) }
func (s *Space) inBrk(addr uintptr) bool  { return addr >= s.brk.lo && addr < s.brk.hi }

// border returns the lowest bound of the pool or the brk window strictly inside (lo, hi), or hi.
// Areas never extend over such a bound: memory on its two sides is given back in different ways.
func (s *Space) border(lo, hi uintptr) uintptr {
	cut := hi
	for _, b := range [4]uintptr{s.pool.base, s.pool.end(), s.brk.lo, s.brk.hi} {
		if b > lo && b < cut {
			cut = b
		}
	}
	return cut
}

// Guard keeps mappings whose place is ours to choose out of [lo, hi), below a stack: what runs over
// the stack's end must fault, as it does on Linux (stack_guard_gap), and not find a neighbour. A
// mapping at a fixed address may still be there. There is one guard; a second call moves it.
func (s *Space) Guard(lo, hi uintptr) {
	s.lock.Lock()
	s.guard = [2]uintptr{lo, hi}
	s.lock.Unlock()
}

// guarded tells whether any of [lo, hi) is in the guard.
func (s *Space) guarded(lo, hi uintptr) bool { return lo < s.guard[1] && s.guard[0] < hi }

// place finds a free range of length bytes within [lo, hi), as high as possible. ok is false when
// there is none.
func (s *Space) place(lo, hi, length, align uintptr) (addr uintptr, ok bool) {
	if !s.guarded(lo, hi) {
		return s.placeBetween(lo, hi, length, align)
	}
	if addr, ok = s.placeBetween(max(lo, s.guard[1]), hi, length, align); !ok {
		addr, ok = s.placeBetween(lo, min(hi, s.guard[0]), length, align)
	}
	return addr, ok
}

func (s *Space) placeBetween(lo, hi, length, align uintptr) (addr uintptr, ok bool) {
	need := length + align - pageSize // then an aligned place fits whatever the gap's bounds
	if need < length {
		return 0, false
	}
	top := hi
	for i := s.nwindows; i >= 0 && top > lo; i-- {
		low, next := lo, lo
		if i > 0 {
			w := &s.windows[i-1]
			if w.lo >= top {
				continue
			}
			low, next = max(lo, w.hi), w.lo
		}
		if low < top {
			if _, ghi, ok := s.t.highestGap(low, top, need); ok {
				return (ghi - length) &^ (align - 1), true
			}
		}
		top = next
	}
	return 0, false
}

// hole returns the first range in [from, hi) that neither an area nor memory of the pool or the brk
// window covers; empty at hi when there is none.
func (s *Space) hole(from, hi uintptr) (uintptr, uintptr) {
	for from < hi {
		if i := s.t.at(from); i != 0 {
			from = s.t.nodes[i].end
			continue
		}
		if w := s.windowOver(from, from+1); w != nil {
			from = w.hi
			continue
		}
		end := hi
		if i := s.t.above(from); i != 0 {
			end = min(end, s.t.nodes[i].start)
		}
		if w := s.windowOver(from, end); w != nil {
			end = w.lo
		}
		return from, end
	}
	return hi, hi
}
