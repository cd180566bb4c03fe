package native

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/spin"
)

// memory is the program's address space: it implements hal.Memory.
//
// Two things describe it. The list of areas says what is mapped where, with which protection and from
// which file: that is the truth. The page tables follow it lazily, by regions of 2 MiB: a region where
// nothing was touched yet has no frame (its directory entry is 0). When something in it is touched, it
// gets one frame of the enclave's memory, filled for all areas in it at once, is published in the map
// log, and from then on its entries are exactly what the areas say. An entry that allows nothing still
// holds the page's address. So a page is in the frame at the offset that it has in the region, and
// Linux can see the program's memory at the program's own addresses.
//
// The lock is held for all of it. A holder may wait for Linux (MsgFill), and for other cores to leave
// the program, which they do without the lock.
type memory struct {
	lock   spin.Lock
	areas  []vma // sorted, disjoint; neighbours that could be one are
	n      int
	files  [maxFiles]file
	limbo  [maxLimbo]limbo // frames whose unmapping Linux has not seen yet
	nlimbo int
	sent   uint64 // entries of the map log
	window [2]uintptr
	oom    uint32 // there was no frame: the program must die
}

// vma is one area. file is an index in files plus one.
type vma struct {
	lo, hi uintptr
	off    int64 // in the file, of lo
	prot   int32
	file   int32
	shared bool // with processes to come; nothing else is in its regions
}

// file is content that Linux keeps for us (MsgFile).
type file struct {
	refs   int32
	frozen bool // a shared mapping, which must not become writable
	handle uint64
	off    int64 // where it begins in the file
}

type limbo struct {
	off   uintptr
	entry uint64 // in the map log
}

const (
	maxAreas = 140000
	maxFiles = 16384
	maxLimbo = 4096
	region   = abi.Granule

	protRead, protWrite, protExec = 1, 2, 4
	mapAnon                       = 0x20
	mapType                       = 0xf
	mapShared                     = 1
)

var mem memory

// tablesChanged counts changes that make translations invalid; a core enters the program only with a
// TLB that has seen the last one.
var tablesChanged uint32

// find returns the first area that ends above addr.
func (m *memory) find(addr uintptr) int {
	lo, hi := 0, m.n
	for lo < hi {
		if mid := (lo + hi) / 2; m.areas[mid].hi > addr {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// over tells whether anything is mapped in [lo, hi).
func (m *memory) over(lo, hi uintptr) bool {
	i := m.find(lo)
	return i < m.n && m.areas[i].lo < hi
}

func (m *memory) insertAt(i int, v vma) {
	copy(m.areas[i+1:m.n+1], m.areas[i:m.n])
	m.areas[i] = v
	m.n++
}

func (m *memory) removeAt(i, k int) {
	copy(m.areas[i:], m.areas[i+k:m.n])
	m.n -= k
}

// split makes addr a border between areas.
func (m *memory) split(addr uintptr) {
	i := m.find(addr)
	if i == m.n || m.areas[i].lo >= addr {
		return
	}
	v := m.areas[i]
	m.areas[i].hi = addr
	v.off += int64(addr - v.lo)
	v.lo = addr
	m.use(v.file, 1)
	m.insertAt(i+1, v)
}

// merge joins what can be joined around the areas i to j.
func (m *memory) merge(i, j int) {
	for k := min(j+1, m.n-1); k >= max(i, 1); k-- {
		a, b := &m.areas[k-1], &m.areas[k]
		if a.hi == b.lo && a.prot == b.prot && a.shared == b.shared && a.file == b.file && (a.file == 0 || a.off+int64(a.hi-a.lo) == b.off) {
			a.hi = b.hi
			m.use(b.file, -1)
			m.removeAt(k, 1)
		}
	}
}

// use counts areas of a file; without one Linux may forget it.
func (m *memory) use(f int32, n int32) {
	if f == 0 {
		return
	}
	p := &m.files[f-1]
	if p.refs += n; p.refs == 0 {
		tell(abi.MsgDrop, [6]uint64{p.handle})
	}
}

// room tells whether k more areas fit.
func (m *memory) room(k int) bool { return m.n+k < len(m.areas) }

// Map implements hal.Memory.
func (m *memory) Map(addr, length uintptr, prot, flags int32, fd int32, off int64, replace bool) hal.Errno {
	m.lock.Lock()
	defer m.lock.Unlock()
	hi := addr + length
	if hi < addr || hi > m.window[1] || addr < m.window[0] {
		return syscall.ENOMEM
	}
	if !replace && m.over(addr, hi) {
		return syscall.EEXIST
	}
	if !m.room(4) {
		return syscall.ENOMEM
	}
	v := vma{lo: addr, hi: hi, prot: prot, shared: flags&mapAnon != 0 && flags&mapType == mapShared}
	if m.mixes(&v, replace) {
		if replace {
			return syscall.ENODEV
		}
		return syscall.EEXIST // elsewhere, then
	}
	if flags&mapAnon == 0 {
		f, e := m.open(fd, off, length, prot, flags&mapType != 2)
		if e != 0 {
			return e
		}
		v.file, v.off = f, off
	}
	m.remove(addr, hi, true)
	i := m.find(addr)
	m.insertAt(i, v)
	m.merge(i, i)
	m.renew(addr, hi)
	return 0
}

// mixes tells whether an area would bring memory that processes share and memory that they do not into one region: the
// frame of a region is of one kind. What the area replaces does not count.
func (m *memory) mixes(v *vma, replace bool) bool {
	lo, hi := v.lo&^(region-1), (v.hi+region-1)&^(region-1)
	for i := m.find(lo); i < m.n && m.areas[i].lo < hi; i++ {
		a := &m.areas[i]
		if a.shared != v.shared && !(replace && a.lo >= v.lo && a.hi <= v.hi) {
			return true
		}
	}
	for _, r := range &boot().Reserved { // of a forked child's proxy: others than the parent's
		if uintptr(r[0]) < v.hi && v.lo < uintptr(r[1]) && boot().Home != 0 {
			return true
		}
	}
	return false
}

// open has Linux keep a file's content.
func (m *memory) open(fd int32, off int64, length uintptr, prot int32, shared bool) (int32, hal.Errno) {
	if shared && prot&protWrite != 0 {
		return 0, syscall.ENODEV // Linux would not see what is written; docs/CAVEATS.md
	}
	for i := range m.files {
		f := &m.files[i]
		if f.refs != 0 {
			continue
		}
		r := ask(abi.MsgFile, [6]uint64{uint64(int64(fd)), uint64(off), uint64(length)})
		if r < 0 {
			return 0, hal.Errno(-r)
		}
		*f = file{refs: 1, frozen: shared, handle: uint64(r), off: off}
		return int32(i + 1), 0
	}
	return 0, syscall.ENOMEM
}

// Unmap implements hal.Memory.
func (m *memory) Unmap(addr, length uintptr) hal.Errno {
	m.lock.Lock()
	defer m.lock.Unlock()
	if !m.room(2) {
		return syscall.ENOMEM
	}
	m.remove(addr, addr+length, false)
	return 0
}

// remove takes [lo, hi) out of the areas and of the page tables. Frames of which nothing is left go; with
// keep, only those that lie wholly in the range: others are about to be used again.
func (m *memory) remove(lo, hi uintptr, keep bool) {
	m.split(lo)
	m.split(hi)
	i := m.find(lo)
	j := i
	for ; j < m.n && m.areas[j].lo < hi; j++ {
		m.use(m.areas[j].file, -1)
	}
	if j == i {
		return
	}
	m.removeAt(i, j-i)
	m.forbid(lo, hi)
	for at := lo &^ (region - 1); at < hi; at += region {
		if at = m.nextFrame(at, hi); at >= hi {
			break
		}
		inside := at >= lo && at+region <= hi
		if inside || !keep && !m.over(at, at+region) {
			m.dropFrame(at)
		}
	}
}

// forbid takes all access to [lo, hi) away.
func (m *memory) forbid(lo, hi uintptr) {
	changed := false
	for at := lo &^ (region - 1); at < hi; at += region {
		if at = m.nextFrame(at, hi); at >= hi {
			break
		}
		changed = m.setPages(max(at, lo), min(at+region, hi), 0) || changed
	}
	if changed {
		m.shoot()
	}
}

// shoot makes sure that no core uses a translation from before.
func (m *memory) shoot() {
	now := atomic.AddUint32(&tablesChanged, 1)
	me := getCPU()
	for i := range boot().NCores {
		c := &cpus[i%abi.MaxCores]
		if c == me || atomic.LoadUint32(&c.inUser) == 0 {
			continue
		}
		sendIPI(c.apic, vectorKick)
		for atomic.LoadUint32(&c.inUser) != 0 && atomic.LoadUint32(&c.seen) != now {
			pause()
		}
	}
}

// renew brings regions that have a frame up to date with the areas in [lo, hi), whose content is new.
func (m *memory) renew(lo, hi uintptr) {
	for at := lo &^ (region - 1); at < hi; at += region {
		if at = m.nextFrame(at, hi); at >= hi {
			break
		}
		m.fill(at, max(at, lo), min(at+region, hi))
		m.allow(at, max(at, lo), min(at+region, hi))
	}
}

// fill makes [lo, hi) of the region at, which has a frame, what its areas say: zeros, or a file's bytes.
func (m *memory) fill(at, lo, hi uintptr) {
	frame := m.frame(at)
	zero(abi.LinearBase+frame+lo-at, hi-lo)
	for i := m.find(lo); i < m.n && m.areas[i].lo < hi; i++ {
		v := &m.areas[i]
		if v.file == 0 {
			continue
		}
		f := &m.files[v.file-1]
		from, to := max(v.lo, lo), min(v.hi, hi)
		ask(abi.MsgFill, [6]uint64{f.handle, uint64(v.off + int64(from-v.lo) - f.off), uint64(to - from), uint64(frame + from - at)})
	}
}

// allow sets the entries of [lo, hi) in the region at as its areas say.
func (m *memory) allow(at, lo, hi uintptr) {
	for i := m.find(lo); i < m.n && m.areas[i].lo < hi; i++ {
		v := &m.areas[i]
		m.setPages(max(v.lo, lo), min(v.hi, hi), bitsOf(v.prot))
	}
}

func bitsOf(prot int32) uint64 {
	if prot&(protRead|protWrite|protExec) == 0 {
		return 0
	}
	b := uint64(pteP | pteU | pteUsed)
	if prot&protWrite != 0 {
		b |= pteW
	}
	if prot&protExec == 0 {
		b |= pteNX
	}
	return b
}

// populate makes the region at have a frame; false: there is no memory. Some area is in it.
func (m *memory) populate(at uintptr) bool {
	e := m.directory(at, true)
	if e == nil {
		return false
	}
	if *e != 0 {
		return true
	}
	frame := m.takeFrame()
	if frame == 0 {
		return false
	}
	i := m.find(at)
	v := &m.areas[i]
	whole := v.lo <= at && v.hi >= at+region && bitsOf(v.prot) != 0
	if whole {
		*e = physOf(frame) | pteLarge // no access before it is filled
	} else {
		table := takePage()
		if table == 0 {
			giveGranule(frame)
			return false
		}
		for k := range uintptr(512) {
			*entryAt(table, k) = physOf(frame + k*pageSize)
		}
		*e = physOf(table) | pteP | pteW | pteU | pteUsed
	}
	m.fill(at, at, at+region)
	m.logMap(abi.MapSet, at, frame, region)
	m.allow(at, at, at+region)
	return true
}

// takeFrame finds a free granule, waiting for Linux to let one go if need be.
func (m *memory) takeFrame() uintptr {
	pretouch()
	if m.nlimbo > 0 {
		m.settle()
	}
	g := takeGranule()
	if g == 0 && m.nlimbo > 0 {
		ask(abi.MsgSync, [6]uint64{})
		m.settle()
		g = takeGranule()
	}
	return g
}

// settle frees frames whose unmapping Linux has seen.
func (m *memory) settle() {
	done := atomic.LoadUint64(&proxyBlock().Applied)
	k := 0
	for _, l := range m.limbo[:m.nlimbo] {
		if l.entry <= done {
			giveGranule(l.off)
			continue
		}
		m.limbo[k] = l
		k++
	}
	m.nlimbo = k
}

// dropFrame takes the region's frame away; nothing is allowed there any more.
func (m *memory) dropFrame(at uintptr) {
	pretouch()
	e := m.directory(at, false)
	frame := m.frame(at)
	table := uintptr(0)
	if *e&pteLarge == 0 {
		table = offsetOf(*e)
	}
	*e = 0
	if table != 0 {
		m.shoot() // a core may have the table's address in its TLB
		givePage(table)
	}
	m.logMap(abi.MapUnset, at, 0, region)
	if m.nlimbo == maxLimbo {
		m.settle()
	}
	if m.nlimbo == maxLimbo {
		ask(abi.MsgSync, [6]uint64{})
		m.settle()
	}
	m.limbo[m.nlimbo] = limbo{frame, m.sent}
	m.nlimbo++
}

// directory is the entry of the region at, nil when tables on the way are missing and are not to be made,
// or cannot be.
func (m *memory) directory(addr uintptr, make bool) *uint64 {
	return directoryIn(topTable(), addr, make)
}

func directoryIn(table, addr uintptr, make bool) *uint64 {
	for shift := uintptr(39); ; shift -= 9 {
		e := entryAt(table, addr>>shift&511)
		if shift == 21 {
			return e
		}
		if *e == 0 {
			if !make {
				return nil
			}
			n := takePage()
			if n == 0 {
				return nil
			}
			*e = physOf(n) | pteP | pteW | pteU | pteUsed
		}
		table = offsetOf(*e)
	}
}

// nextFrame is the first region from at on, below hi, that has a frame; hi or above if there is none.
func (m *memory) nextFrame(addr, hi uintptr) uintptr {
next:
	for addr < hi {
		table := topTable()
		for shift := uintptr(39); ; shift -= 9 {
			e := *entryAt(table, addr>>shift&511)
			if e == 0 {
				addr = (addr>>shift + 1) << shift
				continue next
			}
			if shift == 21 {
				return addr
			}
			table = offsetOf(e)
		}
	}
	return addr
}

// frame is the offset of the region's frame, which it has.
func (m *memory) frame(at uintptr) uintptr {
	e := *m.directory(at, false)
	if e&pteLarge != 0 {
		return offsetOf(e) &^ (region - 1)
	}
	return offsetOf(*entryAt(offsetOf(e), 0)) &^ (region - 1)
}

// setPages sets the entries of [lo, hi), in one region that has a frame. It reports whether access was
// taken away from something. Where there is no memory for a table, nothing is allowed in the region.
func (m *memory) setPages(lo, hi uintptr, bits uint64) bool {
	e := m.directory(lo, false)
	if *e&pteLarge != 0 {
		was := *e
		if hi-lo == region && bits != 0 {
			*e = was&pteAddr | bits | pteLarge
			return was&pteP != 0 && was&^pteUsed != *e&^pteUsed
		}
		table := takePage()
		if table == 0 {
			atomic.StoreUint32(&m.oom, 1)
			*e = was & (pteAddr | pteLarge)
			return true
		}
		phys, flags := was&pteAddr&^(region-1), was&(pteP|pteW|pteU|pteUsed|pteNX)
		if was&pteP == 0 {
			flags = 0
		}
		for k := range uintptr(512) {
			*entryAt(table, k) = phys + uint64(k*pageSize) | flags
		}
		*e = physOf(table) | pteP | pteW | pteU | pteUsed
	}
	table, less := offsetOf(*e), false
	for a := lo; a < hi; a += pageSize {
		p := entryAt(table, a>>12&511)
		was := *p
		*p = was&pteAddr | bits
		less = less || was&pteP != 0 && was&^pteUsed != *p&^pteUsed
	}
	return less
}

// logMap publishes what backs a region.
func (m *memory) logMap(kind uint32, va, off, length uintptr) {
	for {
		if s, pos, ok := links.mapLog.ClaimAlone(&links.mapAt); ok {
			s.Kind, s.Args = kind, [6]uint64{uint64(va), uint64(off), uint64(length)}
			links.mapLog.Publish(s, pos)
			m.sent++
			return
		}
		ask(abi.MsgSync, [6]uint64{}) // full: Linux looks at it before any request
	}
}

var _ = unsafe.Pointer(nil)
