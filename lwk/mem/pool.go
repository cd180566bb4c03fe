package mem

import "math/bits"

const poolBins = 576 // one per size up to 512 pages, then one per power of two

// tag describes a free extent; it is valid on the extent's first and last page and zero elsewhere.
type tag struct {
	size       uint32 // in pages
	next, prev uint32 // page+1 of the neighbours in the bin's list; only on the first page
}

// pool owns the pages of one range of memory: which are free, as extents that are always joined with
// their free neighbours, and which free ones hold old data. Lists are last in, first out, so that what
// was just given back, warm in the cache, is what goes out next.
type pool struct {
	base  uintptr
	pages uint32
	used  uint32
	tags  []tag
	dirty []uint64         // a bit per page; it counts only while the page is free
	held  []uint64         // likewise: the page is mapped without access, see Space.punch
	first []uint64         // a bit per page: a mapping begins there; it counts only while the page is used
	heads [poolBins]uint32 // page+1
	some  [poolBins / 64]uint64
}

func (p *pool) init(base, size uintptr) (err error) {
	p.base, p.pages = base, uint32(size/pageSize)
	if p.pages == 0 {
		return nil
	}
	if p.tags, err = offHeap[tag](int(p.pages)); err != nil {
		return err
	}
	if p.dirty, err = offHeap[uint64](int(p.pages+63) / 64); err != nil {
		return err
	}
	if p.held, err = offHeap[uint64](int(p.pages+63) / 64); err != nil {
		return err
	}
	if p.first, err = offHeap[uint64](int(p.pages+63) / 64); err != nil {
		return err
	}
	p.push(0, p.pages)
	return nil
}

func (p *pool) end() uintptr            { return p.base + uintptr(p.pages)*pageSize }
func (p *pool) holds(addr uintptr) bool { return addr-p.base < uintptr(p.pages)*pageSize }
func (p *pool) page(addr uintptr) uint32 {
	return uint32((addr - p.base) / pageSize)
}
func (p *pool) addr(page uint32) uintptr { return p.base + uintptr(page)*pageSize }

func bin(n uint32) uint32 {
	if n <= 512 {
		return n
	}
	return 503 + uint32(bits.Len32(n)) // 513..1023 have ten bits
}

func (p *pool) push(first, n uint32) {
	b := bin(n)
	h := p.heads[b]
	p.tags[first+n-1].size = n
	p.tags[first] = tag{size: n, next: h}
	if h != 0 {
		p.tags[h-1].prev = first + 1
	}
	p.heads[b] = first + 1
	p.some[b/64] |= 1 << (b % 64)
}

func (p *pool) pull(first uint32) {
	t := p.tags[first]
	b := bin(t.size)
	if t.prev != 0 {
		p.tags[t.prev-1].next = t.next
	} else {
		p.heads[b] = t.next
		if t.next == 0 {
			p.some[b/64] &^= 1 << (b % 64)
		}
	}
	if t.next != 0 {
		p.tags[t.next-1].prev = t.prev
	}
	p.tags[first+t.size-1] = tag{}
	p.tags[first] = tag{}
}

// alloc takes n pages (at most 512), from the extent that fits best.
func (p *pool) alloc(n uint32) (page uint32, ok bool) {
	b := bin(n)
	w := b / 64
	set := p.some[w] >> (b % 64) << (b % 64)
	for set == 0 {
		if w++; w == uint32(len(p.some)) {
			return 0, false
		}
		set = p.some[w]
	}
	first := p.heads[w*64+uint32(bits.TrailingZeros64(set))] - 1
	p.takeAt(first, first, n)
	return first, true
}

// takeAt takes pages [page, page+n) out of the free extent that begins at first.
func (p *pool) takeAt(first, page, n uint32) {
	size := p.tags[first].size
	p.pull(first)
	if page > first {
		p.push(first, page-first)
	}
	if rest := first + size - (page + n); rest > 0 {
		p.push(page+n, rest)
	}
	p.used += n
}

// release gives pages back. dirty says whether they hold data.
func (p *pool) release(page, n uint32, dirty bool) {
	p.used -= n
	mark(p.dirty, page, n, dirty)
	if page > 0 {
		if left := p.tags[page-1].size; left != 0 {
			page -= left
			n += left
			p.pull(page)
		}
	}
	if page+n < p.pages {
		if right := p.tags[page+n].size; right != 0 {
			p.pull(page + n)
			n += right
		}
	}
	p.push(page, n)
}

// mark sets or clears the bits of n pages.
func mark(set []uint64, page, n uint32, on bool) {
	for n > 0 {
		w, o := page/64, page%64
		k := min(64-o, n)
		mask := ^uint64(0) >> (64 - k) << o
		if on {
			set[w] |= mask
		} else {
			set[w] &^= mask
		}
		page += k
		n -= k
	}
}

func has(set []uint64, page uint32) bool { return set[page/64]>>(page%64)&1 != 0 }

// run returns the first pages in [page, page+n) whose bits are set; k is 0 if there are none.
func run(set []uint64, page, n uint32) (at, k uint32) {
	for end := page + n; page < end; page++ {
		if w := set[page/64] >> (page % 64); w == 0 {
			page |= 63
			continue
		} else {
			page += uint32(bits.TrailingZeros64(w))
		}
		for at = page; page < end && has(set, page); page++ {
			k++
		}
		return at, k
	}
	return 0, 0
}

// begin notes that pages [page, page+n) are one mapping: none begins inside, one may right after.
func (p *pool) begin(page, n uint32) {
	mark(p.first, page, n, false)
	mark(p.first, page, 1, true)
	if page+n < p.pages {
		mark(p.first, page+n, 1, true)
	}
}

// dirt is the dirty part of pages just taken (at most 512): what is to be cleared before use.
type dirt struct {
	base  uintptr // address of bit 0
	words [9]uint64
	n     int // words in use
}

// dirtOf notes which of the pages are dirty.
func (p *pool) dirtOf(d *dirt, page, n uint32) {
	d.base, d.n = p.addr(page&^63), 0
	for n > 0 {
		o := page % 64
		k := min(64-o, n)
		d.words[d.n] = p.dirty[page/64] & (^uint64(0) >> (64 - k) << o)
		d.n++
		page += k
		n -= k
	}
}

// bytes counts what is to be cleared.
func (d *dirt) bytes() (n uintptr) {
	for _, w := range d.words[:d.n] {
		n += uintptr(bits.OnesCount64(w))
	}
	return n * pageSize
}

// clear calls f on every run of dirty pages.
func (d *dirt) clear(f func(addr, n uintptr)) {
	var lo, hi uintptr // run not yet cleared
	for i, w := range d.words[:d.n] {
		for w != 0 {
			o := bits.TrailingZeros64(w)
			k := bits.TrailingZeros64(^(w >> o))
			w &^= ^uint64(0) >> (64 - k) << o
			a := d.base + uintptr(i*64+o)*pageSize
			if a != hi {
				if hi != lo {
					f(lo, hi-lo)
				}
				lo = a
			}
			hi = a + uintptr(k)*pageSize
		}
	}
	if hi != lo {
		f(lo, hi-lo)
	}
}
