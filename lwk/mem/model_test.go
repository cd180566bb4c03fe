package mem

import (
	"testing"

	"pgregory.net/rapid"
)

// modelPage is what Linux would hold for one page.
type modelPage struct {
	prot int32
	val  uint64 // first word
}

// model drives a Space and a map of pages side by side. Contents are real: every read goes through
// the kernel, so that protection is checked by what Linux enforces.
type model struct {
	s     *Space
	l     *linux
	pages map[uintptr]modelPage
	next  uint64
	brk   uintptr
}

const (
	modelPool   = 64
	modelWindow = 256
)

// addr draws a page in the window, the pool, or near a known mapping.
func (m *model) addr(t *rapid.T) uintptr {
	switch rapid.IntRange(0, 9).Draw(t, "where") {
	case 0, 1, 2:
		return testWindow + uintptr(rapid.IntRange(0, modelWindow-40).Draw(t, "page"))*pageSize
	case 3, 4:
		return testPool + uintptr(rapid.IntRange(-4, modelPool-1).Draw(t, "page"))*pageSize
	case 5:
		return testBrk + uintptr(rapid.IntRange(0, 40).Draw(t, "page"))*pageSize
	}
	if m.s.t.count == 0 {
		return testWindow
	}
	i := m.s.t.first
	for k := rapid.IntRange(0, m.s.t.count-1).Draw(t, "area"); k > 0; k-- {
		i = m.s.t.nodes[i].next
	}
	n := &m.s.t.nodes[i]
	return n.start + uintptr(rapid.IntRange(0, int((n.end-n.start)/pageSize)-1).Draw(t, "in"))*pageSize
}

func (m *model) size(t *rapid.T) uintptr {
	return uintptr(rapid.OneOf(rapid.IntRange(1, 4), rapid.IntRange(1, 24)).Draw(t, "pages")) * pageSize
}

var prots = []int32{protRW, protRW, protRW, 1, 0, protAll}

func (m *model) fill(lo, n uintptr, prot int32) {
	for p := lo; p < lo+n; p += pageSize {
		m.pages[p] = modelPage{prot: prot}
	}
}

func (m *model) drop(lo, n uintptr) {
	for p := lo; p < lo+n; p += pageSize {
		delete(m.pages, p)
	}
}

func (m *model) covered(lo, n uintptr) bool {
	for p := lo; p < lo+n; p += pageSize {
		if _, ok := m.pages[p]; !ok {
			return false
		}
	}
	return true
}

func (m *model) free(t *rapid.T, lo, n uintptr) {
	for p := lo; p < lo+n; p += pageSize {
		if _, ok := m.pages[p]; ok {
			t.Fatalf("%#x+%#x is where something is mapped (%#x)", lo, n, p)
		}
	}
}

func (m *model) mmap(t *rapid.T) {
	n, prot := m.size(t), rapid.SampledFrom(prots).Draw(t, "prot")
	var hint uintptr
	flags := int32(anonRW)
	if rapid.IntRange(0, 2).Draw(t, "hinted") == 0 {
		hint = m.addr(t)
	}
	if rapid.IntRange(0, 7).Draw(t, "stack") == 0 {
		flags |= mapStack
	}
	a, e := m.s.Mmap(hint, n, prot, flags, -1, 0)
	if e != 0 {
		return // the window is small: full is possible
	}
	m.free(t, a, n)
	m.fill(a, n, prot)
}

func (m *model) fixed(t *rapid.T) {
	a, n, prot := m.addr(t), m.size(t), rapid.SampledFrom(prots).Draw(t, "prot")
	flags := int32(anonRW | mapFixed)
	taken := false
	for p := a; p < a+n; p += pageSize {
		_, ok := m.pages[p]
		taken = taken || ok
	}
	if rapid.Bool().Draw(t, "noreplace") {
		flags = anonRW | mapFixedNoReplace
	} else {
		taken = false
	}
	got, e := m.s.Mmap(a, n, prot, flags, -1, 0)
	if taken != (e != 0) {
		t.Fatalf("mmap fixed %#x+%#x flags %#x: %v, taken %v", a, n, flags, e, taken)
	}
	if e == 0 {
		if got != a {
			t.Fatalf("fixed mapping at %#x, not %#x", got, a)
		}
		m.fill(a, n, prot)
	}
}

func (m *model) munmap(t *rapid.T) {
	a, n := m.addr(t), m.size(t)
	if e := m.s.Munmap(a, n); e != 0 {
		t.Fatalf("munmap %#x+%#x: %v", a, n, e)
	}
	m.drop(a, n)
}

func (m *model) mprotect(t *rapid.T) {
	a, n, prot := m.addr(t), m.size(t), rapid.SampledFrom(prots).Draw(t, "prot")
	e := m.s.Mprotect(a, n, prot)
	if ok := m.covered(a, n); ok != (e == 0) {
		t.Fatalf("mprotect %#x+%#x: %v, covered %v", a, n, e, ok)
	}
	for p := a; p < a+n; p += pageSize {
		g, ok := m.pages[p]
		if !ok {
			break
		}
		g.prot = prot
		m.pages[p] = g
	}
}

func (m *model) madvise(t *rapid.T) {
	a, n := m.addr(t), m.size(t)
	advice := rapid.SampledFrom([]int32{madvDontNeed, madvDontNeed, madvHugePage, 10, 16}).Draw(t, "advice")
	e := m.s.Madvise(a, n, advice)
	if ok := m.covered(a, n); ok != (e == 0) {
		t.Fatalf("madvise %#x+%#x %d: %v, covered %v", a, n, advice, e, ok)
	}
	if advice == madvDontNeed {
		for p := a; p < a+n; p += pageSize {
			if g, ok := m.pages[p]; ok {
				m.pages[p] = modelPage{prot: g.prot}
			}
		}
	}
}

func (m *model) mremap(t *rapid.T) {
	a := m.addr(t)
	ar, ok := m.s.Find(a)
	if !ok {
		if _, e := m.s.Mremap(a, 4096, 8192, mremapMayMove, 0); e == 0 {
			t.Fatalf("mremap of nothing at %#x succeeded", a)
		}
		return
	}
	old := uintptr(rapid.IntRange(1, int((ar.End-a)/pageSize)).Draw(t, "old")) * pageSize
	n := m.size(t)
	flags := rapid.SampledFrom([]int32{0, 1, 1, 1, 3}).Draw(t, "flags")
	var to uintptr
	if flags&mremapFixed != 0 {
		to = m.addr(t)
	}
	before := make([]modelPage, 0, 64)
	for p := a; p < a+old; p += pageSize {
		before = append(before, m.pages[p])
	}
	got, e := m.s.Mremap(a, old, n, flags, to)
	if e != 0 {
		if flags&mremapFixed != 0 && a+old > to && to+n > a || flags == 0 && n > old {
			return
		}
		if n <= old && flags&mremapFixed == 0 {
			t.Fatalf("mremap to a smaller size: %v", e)
		}
		if flags&mremapFixed != 0 { // the target is gone, as on Linux when a move fails
			t.Fatalf("mremap(%#x,%#x,%#x,fixed,%#x): %v", a, old, n, to, e)
		}
		return
	}
	if got != a {
		m.drop(a, old)
	} else if n < old {
		m.drop(a+n, old-n)
	}
	if flags&mremapFixed == 0 {
		if got != a {
			m.free(t, got, n)
		} else if n > old {
			m.free(t, a+old, n-old)
		}
	}
	for i := uintptr(0); i < n/pageSize; i++ {
		g := modelPage{prot: ar.Prot}
		if int(i) < len(before) {
			g = before[i]
		}
		m.pages[got+i*pageSize] = g
	}
}

func (m *model) moveBrk(t *rapid.T) {
	to := testBrk + uintptr(rapid.IntRange(0, 40*pageSize).Draw(t, "break"))
	old, oldBrk := pageUp(m.brk), m.brk
	m.brk = m.s.Brk(to)
	if m.brk != to && (m.brk != oldBrk || to < oldBrk) {
		t.Fatalf("brk(%#x) from %#x gave %#x", to, oldBrk, m.brk)
	}
	if top := pageUp(m.brk); top < old {
		m.drop(top, old-top)
	} else if top > old {
		m.free(t, old, top-old)
		m.fill(old, top-old, protRW)
	} else if m.brk != to {
		for p := old; p < pageUp(to); p += pageSize {
			if _, ok := m.pages[p]; ok {
				return
			}
		}
		t.Fatalf("brk(%#x) refused although nothing is in the way", to)
	}
}

func (m *model) write(t *rapid.T) {
	a := m.addr(t)
	for p := a; p < a+4*pageSize; p += pageSize {
		if g, ok := m.pages[p]; ok && g.prot&2 != 0 {
			m.next++
			if !poke(p, m.next) {
				t.Fatalf("cannot write %#x", p)
			}
			g.val = m.next
			m.pages[p] = g
		}
	}
}

func (m *model) check(t *rapid.T) {
	m.s.verify(t)
	total := uintptr(0)
	m.s.Walk(0, func(a Area) bool {
		total += a.End - a.Start
		for p := a.Start; p < a.End; p += pageSize {
			g, ok := m.pages[p]
			if !ok || g.prot != a.Prot {
				t.Fatalf("page %#x is in area %+v; model has %+v (%v)", p, a, g, ok)
			}
			if v, readable := peek(p); readable != (g.prot != 0) || readable && v != g.val {
				t.Fatalf("page %#x reads %d (%v), want %d with protection %d", p, v, readable, g.val, g.prot)
			}
		}
		return true
	})
	if total != uintptr(len(m.pages))*pageSize {
		t.Fatalf("areas hold %d pages, the model %d", total/pageSize, len(m.pages))
	}
}

// TestModel runs random operations against the model, checking contents, protection and invariants
// after each.
func TestModel(t *testing.T) {
	needPeek(t)
	rapid.Check(t, func(rt *rapid.T) {
		s, l := newSpace(t, modelPool*pageSize, 0, modelWindow*pageSize)
		m := &model{s: s, l: l, pages: map[uintptr]modelPage{}, brk: testBrk}
		defer func() { // each run needs the addresses for itself
			s.Walk(0, func(a Area) bool { l.Unmap(a.Start, a.End-a.Start); return true })
			l.Unmap(testWindow-1<<20, 3<<20)
			l.Unmap(testPool-1<<20, 3<<20)
			l.Unmap(testBrk, 17<<20)
		}()
		if e := s.SetBrk(testBrk); e != 0 {
			rt.Fatalf("setbrk: %v", e)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"mmap": m.mmap, "mmap2": m.mmap, "fixed": m.fixed, "munmap": m.munmap, "mprotect": m.mprotect, "madvise": m.madvise,
			"mremap": m.mremap, "brk": m.moveBrk, "write": m.write, "write2": m.write, "": m.check,
		})
		// The end of all: everything given back, and the pool whole again.
		for p := range m.pages {
			s.Munmap(p, pageSize)
		}
		s.verify(rt)
		if st := s.Stats(); st.PoolUsed != 0 || st.Areas != 0 || st.InUse != 0 {
			rt.Fatalf("left over: %+v", st)
		}
	})
}
