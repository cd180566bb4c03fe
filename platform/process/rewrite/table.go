package rewrite

import "sync/atomic"

const (
	// TableSize is the number of patches that a Table holds.
	TableSize = 4096
	buckets   = 4096
	progShift = 4 // a patch spans at most two granules of 16 bytes,
	stubShift = 6 // a stub at most two of 64
	pairWords = (maxPairs + 3) / 4
)

// record is what the translations need of a patch, as words that can be read while they change.
type record struct {
	start, stub atomic.Uint64
	// shape is, from the low byte up: Len, StubLen, Site-Start, number of pairs, Pattern.
	shape              atomic.Uint64
	pairs              [pairWords]atomic.Uint64
	nextProg, nextStub atomic.Uint32 // index+1 of the next record in the chains
	nextFree           uint32        // the same among the dropped records; the writer's
}

// Table holds the patches that are in force. It contains no pointers and may lie anywhere, off the
// Go heap too; the zero value is empty. One writer at a time may call Add and Drop, any number of
// readers ToProgram and ToStub at the same time, also in a handler that interrupted the writer:
// nothing is locked, and a reader starts over if a record was reused under it. About 300 KiB.
type Table struct {
	gen      atomic.Uint64 // counts changes
	progHead [buckets]atomic.Uint32
	stubHead [buckets]atomic.Uint32
	recs     [TableSize]record
	used     uint32 // records ever used; the writer's
	free     uint32 // index+1 of the first dropped record
	count    [4]atomic.Uint32
}

func bucket(granule uint64) uint64 { return granule * 0x9e3779b97f4a7c15 >> 52 }

// Add puts a patch in force for the translations. Do it before the patch is visible in the text.
// false means that the table is full, or p is no patch.
func (t *Table) Add(p *Patch) bool {
	if p.Pattern < 'A' || p.Pattern > 'D' {
		return false
	}
	t.gen.Add(1)
	var i uint32
	switch {
	case t.free != 0:
		i = t.free - 1
		t.free = t.recs[i].nextFree
	case t.used < TableSize:
		i = t.used
		t.used++
	default:
		return false
	}
	r := &t.recs[i]
	r.start.Store(p.Start)
	r.stub.Store(p.Stub)
	r.shape.Store(uint64(p.Len) | uint64(p.StubLen)<<8 | (p.Site-p.Start)<<16 |
		uint64(p.npairs)<<24 | uint64(p.Pattern)<<32)
	for w := range r.pairs {
		var word uint64
		for k, pr := range p.pairs[4*w : 4*w+4] {
			word |= (uint64(pr.orig) | uint64(pr.stub)<<8) << (16 * k)
		}
		r.pairs[w].Store(word)
	}
	head := &t.progHead[bucket(p.Start>>progShift)]
	r.nextProg.Store(head.Load())
	head.Store(i + 1)
	head = &t.stubHead[bucket(p.Stub>>stubShift)]
	r.nextStub.Store(head.Load())
	head.Store(i + 1)
	t.count[p.Pattern-'A'].Add(1)
	return true
}

// load copies a record.
func (r *record) load(p *Places) {
	shape := r.shape.Load()
	p.Start, p.Stub = r.start.Load(), r.stub.Load()
	p.Len, p.StubLen = int(shape&0xff), int(shape>>8&0xff)
	p.Site = p.Start + shape>>16&0xff
	p.npairs = min(int(shape>>24&0xff), maxPairs)
	for w := range r.pairs {
		word := r.pairs[w].Load()
		for k := 0; k < 4; k++ {
			p.pairs[4*w+k] = pair{uint8(word >> (16 * k)), uint8(word >> (16*k + 8))}
		}
	}
}

// pattern gives the record's pattern as an index.
func (r *record) pattern() int { return int(r.shape.Load()>>32&0xff) - 'A' }

// ToProgram is Places.ToProgram over all patches.
func (t *Table) ToProgram(stubPC uint64) (pc uint64, ok bool) {
	for {
		gen := t.gen.Load()
		granule := stubPC >> stubShift
		if pc, ok = t.stubChain(granule, stubPC); !ok {
			pc, ok = t.stubChain(granule-1, stubPC)
		}
		if t.gen.Load() == gen {
			return pc, ok
		}
	}
}

// ToStub is Places.ToStub over all patches.
func (t *Table) ToStub(pc uint64) (stubPC uint64, ok bool) {
	for {
		gen := t.gen.Load()
		granule := pc >> progShift
		if stubPC, ok = t.progChain(granule, pc); !ok {
			stubPC, ok = t.progChain(granule-1, pc)
		}
		if t.gen.Load() == gen {
			return stubPC, ok
		}
	}
}

// stubChain looks in one chain. A record that is reused meanwhile can lead into another chain, at
// worst around: hence the bound; the caller sees from gen that it must look again.
func (t *Table) stubChain(granule, stubPC uint64) (uint64, bool) {
	i := t.stubHead[bucket(granule)].Load()
	for steps := 0; i != 0 && steps < TableSize; steps++ {
		r := &t.recs[i-1]
		if stubPC-r.stub.Load() < StubMax {
			var p Places
			r.load(&p)
			if pc, ok := p.ToProgram(stubPC); ok {
				return pc, true
			}
		}
		i = r.nextStub.Load()
	}
	return 0, false
}

func (t *Table) progChain(granule, pc uint64) (uint64, bool) {
	i := t.progHead[bucket(granule)].Load()
	for steps := 0; i != 0 && steps < TableSize; steps++ {
		r := &t.recs[i-1]
		if pc-r.start.Load() < maxPatch+2 {
			var p Places
			r.load(&p)
			if stubPC, ok := p.ToStub(pc); ok {
				return stubPC, true
			}
		}
		i = r.nextProg.Load()
	}
	return 0, false
}

// Drop takes out of force the patches with a byte in [lo, hi), because the program unmapped or
// replaced the text there, and returns their number. The stubs' bytes stay as they are.
func (t *Table) Drop(lo, hi uint64) int {
	n := 0
	for b := range t.progHead {
		link := &t.progHead[b]
		for i := link.Load(); i != 0; i = link.Load() {
			r := &t.recs[i-1]
			start := r.start.Load()
			end := start + r.shape.Load()&0xff
			if start >= hi || end <= lo {
				link = &r.nextProg
				continue
			}
			link.Store(r.nextProg.Load())
			t.unlinkStub(i)
			t.count[r.pattern()].Add(^uint32(0))
			// Readers may still stand on the record: it keeps its links until it is reused,
			// and Add changes gen before that.
			r.nextFree = t.free
			t.free = i
			n++
		}
	}
	return n
}

// unlinkStub takes record i-1 out of its chain of stubs.
func (t *Table) unlinkStub(i uint32) {
	r := &t.recs[i-1]
	link := &t.stubHead[bucket(r.stub.Load()>>stubShift)]
	for j := link.Load(); j != 0; j = link.Load() {
		if j == i {
			link.Store(r.nextStub.Load())
			return
		}
		link = &t.recs[j-1].nextStub
	}
}

// Count gives the number of patches in force by pattern, A first.
func (t *Table) Count() (n [4]int) {
	for i := range n {
		n[i] = int(t.count[i].Load())
	}
	return n
}
