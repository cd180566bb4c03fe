package process

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/proc/image"
	"github.com/skerry-os/skerry/platform/process/rewrite"
)

// Mapping is what the address space's owner (lwk/mem) says of an address.
type Mapping struct {
	Start, End uintptr
	Prot       int32
	Private    bool // MAP_PRIVATE of a file
	Off        int64
}

// sites owns the rewriting of call sites: the first system calls from a site trap (SIGSYS, about a
// microsecond); when they have cost about as much as a rewrite does, its text is changed to jump to a
// stub, if that is possible with certainty. A program that ends soon never pays for a rewrite.
//
// Text is changed while no other core is in the program: patching is set, the others are kicked out
// and wait in enterShared. Threads whose saved program counter lies inside changed bytes are moved
// to the stub when they run next (relocate), by the generation.
type sites struct {
	gen      uint64
	patching uint32
	nrefused uint64
	hits     uint64 // traps in all
	table    *rewrite.Table
	arena    rewrite.Arena
	hot      uint64 // traps of a site before it is rewritten; 0: never

	// lookup finds the mapping of an address; set by boot.
	lookup func(addr uintptr) (Mapping, bool)

	heat    [heatSlots]uint64 // site<<16 | traps so far; one site a slot, a newer one takes it over
	refused [refusedSites]refusal
	pattern byte // of the latest patch
	images  [64]ehImage
	nimages int
	code    []byte
}

const (
	refusedSites = 1024
	heatSlots    = 1024
	window       = 4096
	maxFunction  = 64 << 10
)

// refusal is a site that stays as it is, and how often it trapped.
type refusal struct {
	addr uint64
	nr   uint32
	why  error
	hits uint64
}

type ehImage struct {
	base, end uintptr
	index     image.EHIndex
	ok        bool
}

var text sites

// errNotText refuses what is not a private mapping of a file, or is writable: code made at run time
// may change again under a rewritten site.
var errNotText error = textError{}

type textError struct{}

func (textError) Error() string { return "not read-only text of a file" }

func (s *sites) setup() error {
	size := tableSize()
	a, err := mapAnonymous(size + 2*window + maxFunction + 4096)
	if err != nil {
		return err
	}
	s.table = at[rewrite.Table](a)
	s.code = bytesAt(a+(size+4095)&^4095, 2*window+maxFunction)
	s.arena.Map = mapStubs
	return nil
}

// mapStubs gets memory for stubs near an address: 64 KiB that are writable and executable for as
// long as the enclave lives, like the text that they replace.
func mapStubs(near uint64) (uint64, int, bool) {
	const size = 64 << 10
	for d := uint64(1 << 20); d < 1<<31-2<<20; d += 1 << 20 {
		for _, a := range [2]uint64{near&^0xffff + d, near&^0xffff - d} {
			if a < 0x10000 || a > userTop-size {
				continue
			}
			r, err := raw(sysMmap, uintptr(a), size, 7, 0x22|mapFixedNoReplace, ^uintptr(0), 0)
			if err == 0 && uint64(r) == a {
				return a, size, true
			}
			if err == 0 {
				raw(sysMunmap, r, size, 0, 0, 0, 0)
			}
		}
	}
	return 0, 0, false
}

// trapped handles a system call that came by signal: it counts it and tries to rewrite the site. The
// call itself goes on as any other.
func (s *sites) trapped(c *core, ctx *hal.Context) {
	atomic.AddUint64(&s.hits, 1)
	site := ctx.RIP - 2
	if s.hot == 0 || s.table == nil || !s.warm(site) || s.stays(site) || !s.begin(c) {
		return
	}
	if !s.known(site) {
		at := c.beginPatch()
		why := s.rewrite(site, uint32(ctx.RAX))
		if why != nil {
			s.refuse(site, uint32(ctx.RAX), why)
		}
		c.endPatch(at, site, uint32(ctx.RAX), s.pattern, why)
	}
	atomic.StoreUint32(&s.patching, 0)
	s.relocate(ctx)
}

// warm counts a trap of the site and reports whether it had enough of them. Cores may race here:
// then a count is lost, and the site traps once more.
func (s *sites) warm(site uint64) bool {
	slot := &s.heat[site*0x9e3779b97f4a7c15>>54]
	was := atomic.LoadUint64(slot)
	n := uint64(1)
	if was>>16 == site&(1<<48-1) {
		n = min(was&0xffff+1, s.hot)
	}
	atomic.StoreUint64(slot, site<<16|n)
	return n >= s.hot
}

// stays reports, and counts, a site that was refused before. It looks without the right to change
// text: another core's refusal or forget at the same time makes it miss, and known decides.
func (s *sites) stays(site uint64) bool {
	for i := range min(atomic.LoadUint64(&s.nrefused), refusedSites) {
		if r := &s.refused[i]; atomic.LoadUint64(&r.addr) == site {
			atomic.AddUint64(&r.hits, 1)
			return true
		}
	}
	return false
}

// begin takes the right to change text and gets the other cores out of the program.
func (s *sites) begin(c *core) bool {
	if !atomic.CompareAndSwapUint32(&s.patching, 0, 1) {
		return false // another core is at it: the site traps again, that is all
	}
	for i := range enc.ncores {
		o := &enc.cores[i]
		if o == c {
			continue
		}
		if atomic.LoadUint32(&o.inRun) != 0 {
			o.Kick()
			for n := 0; atomic.LoadUint32(&o.inRun) != 0; n++ {
				if n < 1000 {
					pause()
				} else {
					briefly() // its CPU may be somebody else's for now
				}
			}
		}
	}
	return true
}

// known reports a site that was refused before or is rewritten already (another thread was faster).
func (s *sites) known(site uint64) bool {
	if s.stays(site) {
		return true
	}
	_, done := s.table.ToStub(site)
	return done
}

func (s *sites) refuse(site uint64, nr uint32, why error) {
	if s.nrefused == refusedSites {
		return
	}
	s.refused[s.nrefused] = refusal{addr: site, nr: nr, why: why, hits: s.hot}
	atomic.StoreUint64(&s.nrefused, s.nrefused+1)
}

func (s *sites) rewrite(site uint64, nr uint32) error {
	m, ok := s.lookup(uintptr(site))
	if !ok || !m.Private || m.Prot&2 != 0 || m.Prot&4 == 0 {
		// Made at run time, or still being written: it may change again under us.
		return errNotText
	}
	start, end := s.function(uintptr(site), m)
	lo, hi := max(uintptr(site)-window, m.Start), min(uintptr(site)+window, m.End)
	if end > start && end-start <= maxFunction {
		lo, hi = max(min(lo, uintptr(start)), m.Start), min(max(hi, uintptr(end)), m.End)
	} else {
		start, end = 0, 0
	}
	code := s.code[:hi-lo]
	if (user{}).CopyIn(code, lo) != 0 {
		return errNotText
	}
	stub, ok := s.arena.Reserve(site)
	if !ok {
		return rewrite.OutOfReach
	}
	p, err := rewrite.Plan(&rewrite.Site{Addr: site, Nr: nr, Code: code, Base: uint64(lo),
		FuncStart: start, FuncEnd: end}, stub, entryOffset)
	if err != nil {
		return err
	}
	return s.install(&p, m)
}

func (s *sites) install(p *rewrite.Patch, m Mapping) error {
	copy(bytesAt(uintptr(p.Stub), p.StubLen), p.StubCode[:p.StubLen])
	from := uintptr(p.Start) &^ 4095
	n := (uintptr(p.Start)+uintptr(p.Len)+4095)&^4095 - from
	if _, err := raw(sysMprotect, from, n, uintptr(m.Prot|2), 0, 0, 0); err != 0 {
		return errNotText
	}
	s.arena.Commit(p.Stub, p.StubLen)
	if !s.table.Add(p) {
		raw(sysMprotect, from, n, uintptr(m.Prot), 0, 0, 0)
		return errNotText
	}
	copy(bytesAt(uintptr(p.Start), p.Len), p.Bytes[:p.Len])
	s.pattern = p.Pattern
	raw(sysMprotect, from, n, uintptr(m.Prot), 0, 0, 0)
	if enc.ncores > 1 {
		const privateExpeditedSyncCore = 1 << 5
		raw(sysMembarrier, privateExpeditedSyncCore, 0, 0, 0, 0, 0)
	}
	s.gen++
	return nil
}

// relocate moves a saved program counter that lies in rewritten text to the stub.
func (s *sites) relocate(ctx *hal.Context) {
	if pc, ok := s.table.ToStub(ctx.RIP); ok {
		ctx.RIP = pc
	}
	if pc, ok := s.table.ToStub(ctx.Restart); ok {
		ctx.Restart = pc
	}
	ctx.Gen = s.gen
}

// forget drops what is known of text that is unmapped or replaced.
func (s *sites) forget(addr, length uintptr) {
	if s.table == nil || s.gen == 0 {
		return
	}
	s.table.Drop(uint64(addr), uint64(addr+length))
	for i := 0; i < s.nimages; i++ {
		if im := &s.images[i]; im.base < addr+length && addr < im.end {
			s.nimages--
			*im = s.images[s.nimages]
			i--
		}
	}
	for i := uint64(0); i < s.nrefused; {
		if a := uintptr(s.refused[i].addr); a < addr || a >= addr+length {
			i++
			continue
		}
		atomic.StoreUint64(&s.nrefused, s.nrefused-1)
		s.refused[i] = s.refused[s.nrefused]
	}
}
