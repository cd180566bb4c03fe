package process

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/record"
)

// recording is what a trace holds besides the cores' own records: a ring for each proxy, and where
// the cores note the rewriting of call sites. It belongs to the process that was started first:
// forked ones do not record.
var recording recorder

type recorder struct {
	on    bool
	cores [maxCores]*record.Core // off the heap, like rings
	rings uintptr                // [maxProxies]record.Ring
}

// Record begins recording for a trace. cores are those of record.New; nothing may have been shipped
// yet.
func (p *Platform) Record(cores []record.Core) error {
	r := &recording
	a, err := mapAnonymous(maxProxies * ringStride)
	if err != nil {
		return err
	}
	for i := range min(len(cores), maxCores) {
		r.cores[i] = &cores[i]
	}
	r.rings = a
	r.on = true
	return nil
}

func (r *recorder) stop() {
	r.on = false
	r.cores = [maxCores]*record.Core{}
}

//go:nosplit
func (r *recorder) ring(i uint32) *record.Ring {
	return at[record.Ring](r.rings + uintptr(i%maxProxies)*ringStride)
}

// beginExecution and endExecution bracket a shipped call on its proxy, whose ring gets its memory with
// the first one.
//
//go:nosplit
func beginExecution(p *proxy, m *ikc.Slot) *record.Record {
	if !recording.on {
		return nil
	}
	ring := recording.ring(p.index)
	if !ring.Ready() {
		a, err := raw(sysMmap, 0, record.ProxyRecords*record.RecordSize, 3, 0x4022, ^uintptr(0), 0) // RW, PRIVATE|ANONYMOUS|NORESERVE
		if err != 0 {
			return nil
		}
		*ring = record.RingAt(a, record.ProxyRecords)
	}
	r := ring.Claim()
	if r != nil {
		r.Thread, r.Nr, r.Kind = m.Thread, uint16(m.Aux), record.Executed
		r.At = record.Ticks()
	}
	return r
}

//go:nosplit
func endExecution(r *record.Record, ret uintptr) {
	if r != nil {
		r.Arg = uint64(ret)
		r.End = record.Ticks()
	}
}

// beginPatch and endPatch bracket the rewriting of a call site on its core.
func (c *core) beginPatch() uint64 {
	if r := recording.cores[c.index%maxCores]; r != nil {
		return r.BeginPatch()
	}
	return 0
}

func (c *core) endPatch(at, site uint64, nr uint32, pattern byte, why error) {
	if at == 0 {
		return
	}
	if why != nil {
		pattern = 0
	}
	recording.cores[c.index%maxCores].Patched(at, site, uint16(nr), pattern)
}

// Proxies returns the rings of the proxies that executed something while Record was on. It allocates.
func (p *Platform) Proxies() (list []record.Track) {
	if !recording.on {
		return nil
	}
	for i := range min(enc.nproxies.Load(), maxProxies) {
		if r := recording.ring(uint32(i)); r.Ready() {
			list = append(list, record.Track{Index: int(i), Ring: r})
		}
	}
	return list
}

// Made returns how many proxies were made so far, Fast how many calls were answered in assembly.
func (p *Platform) Made() int { return int(enc.nproxies.Load()) }
func (p *Platform) Fast() (n uint64) {
	for i := range enc.ncores {
		n += enc.cores[i].fast
	}
	return n
}

// Sites tells what became of the program's call sites. It allocates.
func (p *Platform) Sites() record.Sites {
	s := record.Sites{Patterns: text.table.Count(), Traps: text.hits}
	for _, r := range text.refused[:text.nrefused] {
		s.Left = append(s.Left, record.Site{Addr: r.addr, Nr: r.nr, Hits: r.hits, Why: r.why.Error()})
	}
	return s
}

// Freeze keeps the other cores from going on with the program, for good. The calling core is about
// to end it.
func (p *Platform) Freeze() {
	tid, _ := raw(sysGettid, 0, 0, 0, 0, 0, 0)
	for i := range enc.ncores {
		c := &enc.cores[i]
		if c.thread != tid {
			continue
		}
		for !text.begin(c) {
			// Another core rewrites a site at this moment. It is itself being waited for if it
			// wants to come back into the program.
			for atomic.LoadUint32(&text.patching) != 0 {
				pause()
			}
		}
	}
}
