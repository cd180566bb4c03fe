package process

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/record"
)

// Observation is where the platform counts what only it knows. Every pointer is to memory outside the
// Go heap; what is nil is not counted.
type Observation struct {
	Cores   []record.Core                 // whose Fast counts calls answered in assembly
	TIDs    []uint32                      // Linux's ids of the cores' threads
	Proxies *[record.Proxies]record.Proxy //
	Levels  [][2]*uint64                  // words that are copied now and then: where to, and where from
}

const maxLevels = 96

// recording is what is noted besides the cores' own records: by proxies, and where the cores note the
// rewriting of call sites. A forked process has none but the counting of its core.
var recording recorder

type recorder struct {
	cores    [maxCores]*record.Core // off the heap, like all else here
	counters *[record.Proxies]record.Proxy
	tids     [maxCores]*uint32

	serial  uint32       // of the recording that proxies write, 0: none
	rings   record.Rings // where they get their rings; own: none, each maps its own
	own     bool
	writers uintptr // [maxProxies]writer, 0 before the first recording

	nlevels int
	levels  [maxLevels][2]*uint64
}

// writer is a proxy's ring: a cache line each.
type writer struct {
	ring   *record.Ring
	serial uint32 // of the recording that the ring belongs to
	_      [52]byte
}

// Observe begins to count. It is called before the program runs.
func (p *Platform) Observe(o Observation) {
	r := &recording
	for i := range min(len(o.Cores), enc.ncores) {
		r.cores[i] = &o.Cores[i]
		enc.cores[i].fast = addressOf(&o.Cores[i].Fast)
	}
	for i := range min(len(o.TIDs), enc.ncores) {
		r.tids[i] = &o.TIDs[i]
	}
	r.counters = o.Proxies
	r.nlevels = copy(r.levels[:], o.Levels)
}

// Forked is Observe in a forked process: its core's counters.
func (p *Platform) Forked(core int, c *record.Core) {
	recording.cores[core%maxCores] = c
	enc.cores[core%maxCores].fast = addressOf(&c.Fast)
}

// Record makes proxies write records from now on: to rings of their own if own is set, else to some of
// rings; the zero Rings ends it.
func (p *Platform) Record(rings record.Rings, own bool) {
	r := &recording
	if r.writers == 0 {
		a, err := mapAnonymous(maxProxies * 64)
		if err != nil {
			return
		}
		r.writers = a
	}
	atomic.StoreUint32(&r.serial, 0)
	fence()
	r.rings, r.own = rings, own
	enc.ship = own || rings.N != 0 // calls are made where they are recorded
	if own || rings.N != 0 {
		recordings++
		atomic.StoreUint32(&r.serial, recordings)
	}
}

var recordings uint32

// stop ends everything, in a forked process.
func (r *recorder) stop() {
	// The rest is as good as the parent's; each page that is written to is copied.
	r.counters, r.serial, r.own, r.writers, r.nlevels = nil, 0, false, 0, 0
}

// copyLevels is the monitor's part.
//
//go:nosplit
func (r *recorder) copyLevels() {
	for i := range r.nlevels {
		l := &r.levels[i%maxLevels]
		*l[0] = *l[1]
	}
}

//go:nosplit
func (r *recorder) writer(i uint32) *writer {
	return at[writer](r.writers + uintptr(i%maxProxies)*64)
}

// ring returns the proxy's ring of the present recording, nil if there is none, or no room for it.
//
//go:nosplit
func (r *recorder) ring(p *proxy) *record.Ring {
	s := atomic.LoadUint32(&r.serial)
	if s == 0 {
		return nil
	}
	w := r.writer(p.index)
	if w.serial == s {
		return w.ring
	}
	w.serial, w.ring = s, nil
	if r.own {
		const size = 64 + record.ProxyRecords*record.RecordSize
		a, err := raw(sysMmap, 0, size, 3, 0x4022, ^uintptr(0), 0) // RW, PRIVATE|ANONYMOUS|NORESERVE
		if err == 0 {
			w.ring = record.RingAt(a, size)
			w.ring.Index = p.index
		}
		return w.ring
	}
	rings := r.rings // a copy; a recording that ends meanwhile stays mapped
	w.ring = rings.Claim(p.index)
	return w.ring
}

// execution is what a proxy notes of one shipped call.
type execution struct {
	taken, made *record.Record
	began       uint64 // for the counters; 0: this one is not timed
	count       *record.Proxy
}

// seen is called as soon as a proxy has a call: the time, if it is recorded.
//
//go:nosplit
func (r *recorder) seen() uint64 {
	if atomic.LoadUint32(&r.serial) == 0 {
		return 0
	}
	return record.Ticks()
}

// begin, end and answered bracket the execution of a shipped call on its proxy.
//
//go:nosplit
func (x *execution) begin(p *proxy, m *ikc.Slot, seen uint64) {
	r := &recording
	if c := r.counters; c != nil && p.index < record.Proxies {
		x.count = &c[p.index%record.Proxies]
		x.count.Calls++
		if x.count.Calls&(sampled-1) == 1 {
			x.began = record.Ticks()
		}
	}
	if seen == 0 {
		return
	}
	ring := r.ring(p)
	if ring == nil {
		return
	}
	if t := ring.Claim(); t != nil {
		t.Thread, t.Nr, t.Kind = m.Thread, uint16(m.Aux), record.Taken
		t.At = seen
		x.taken = t
	}
	if e := ring.Claim(); e != nil {
		e.Thread, e.Nr, e.Kind = m.Thread, uint16(m.Aux), record.Executed
		e.At = record.Ticks()
		x.made = e
	}
}

// named notes which thread the proxy is.
//
//go:nosplit
func (r *recorder) named(p *proxy) {
	if c := r.counters; c != nil && p.index < record.Proxies {
		c[p.index%record.Proxies].TID = p.tid
	}
}

// sampled: one in so many calls of each proxy is timed.
const sampled = 8

//go:nosplit
func (x *execution) end(ret uintptr) {
	if x.made != nil {
		x.made.Arg = uint64(ret)
		x.made.End = record.Ticks()
	}
	if x.began != 0 {
		d := record.Ticks() - x.began
		b := &x.count.Busy
		b.Count++
		b.Total += d
		b.Max = max(b.Max, d)
	}
}

//go:nosplit
func (x *execution) answered() {
	if x.taken != nil {
		x.taken.End = record.Ticks()
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

// sleeps notes that the core, which is idle, stops looking around.
func (c *core) sleeps() {
	if r := recording.cores[c.index%maxCores]; r != nil {
		r.Sleeps()
	}
}

// Proxies returns the rings of their own that proxies have written. It allocates.
func (p *Platform) Proxies() (list []record.Track) {
	r := &recording
	if r.writers == 0 || !r.own {
		return nil
	}
	for i := range min(enc.nproxies.Load(), maxProxies) {
		if w := r.writer(uint32(i)); w.ring != nil {
			list = append(list, record.Track{Index: int(i), Ring: w.ring})
		}
	}
	return list
}

// Made returns how many proxies were made so far.
func (p *Platform) Made() int { return int(enc.nproxies.Load()) }

// MadeGauge is the same in the lower half of a word, for who may only look.
func (p *Platform) MadeGauge() *uint64 { return at[uint64](addressOf(&enc.nproxies)) }

// RunningGauge is a word whose upper half is the thread that has core i, or had it last.
func (p *Platform) RunningGauge(i int) *uint64 { return at[uint64](addressOf(&enc.cores[i].pid)) }

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
				briefly()
			}
		}
	}
}
