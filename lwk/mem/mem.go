// Package mem owns a program's address space: the map of its areas (mmap, munmap, mprotect, mremap,
// madvise, brk with Linux's meaning and errnos), the choice of every address, and one pool of
// large-page memory from which small private anonymous mappings are served without a call to the
// platform.
//
// Rules. After New nothing here allocates Go memory: tables are off the Go heap, sized for their
// limits and touched as they fill. Every exported method of Space may be called from any core; one
// spin lock is held for the length of an operation, calls to the platform included (memory that
// Mmap recycles is cleared after the lock is given back). Methods do not call back into Space, except
// that Walk calls its function without the lock.
//
// What differs from Linux, on purpose:
//   - Memory of the pool that the program unmapped as a whole mapping stays accessible: a stray access
//     there does not fault. (A part of a mapping that is unmapped does.) So does the window that brk
//     may grow into.
//   - MADV_DONTNEED on a strict part of a MAP_STACK mapping does nothing while memory is plentiful.
//   - MAP_GROWSDOWN makes a plain mapping. MADV_FREE on the pool keeps the data, which Linux may too.
//   - MAP_STACK mappings do not count against the limit: programs with thousands of threads reserve
//     stacks far beyond what they touch.
//   - Ranges of the LWK look unmapped, but cannot be mapped (ENOMEM) or unmapped (EINVAL).
package mem

import (
	"fmt"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/spin"
)

const (
	// PoolMax is the largest mapping, in bytes, that the pool serves. Above it zeroing on reuse costs
	// more than what large pages of a mapping's own cost.
	PoolMax = 2 << 20
	// clearMax is the most that is cleared here, in bytes; beyond it Linux drops the pages instead.
	clearMax = 256 << 10
	// DefaultBrkSize is the default of Config.BrkSize.
	DefaultBrkSize = 1 << 30
	// DefaultMaxAreas is the default of Config.MaxAreas, that of Linux's vm.max_map_count.
	DefaultMaxAreas = 65530

	maxWindows = 256
	maxNames   = 1024
)

// Config says what an address space may use. Addresses and sizes are in bytes, page aligned.
type Config struct {
	Window [2]uintptr // from where addresses are chosen, highest first
	// Pool and PoolSize are private anonymous read-write memory, all zero, that the platform has mapped
	// and advised huge. PoolSize 0 is no pool.
	Pool, PoolSize uintptr
	Limit          uintptr                           // private writable memory the program may hold; 0 is no limit
	BrkSize        uintptr                           // window that brk grows into
	MaxAreas       int                               // areas at most: ENOMEM beyond
	Clear          func(addr, n uintptr)             // zeroes mapped memory; nil is the built-in one. It must not allocate
	Copy           func(dst, src uintptr, n uintptr) // copies mapped memory; nil is the built-in one. It must not allocate
}

// Space is one program's address space.
type Space struct {
	lock spin.Lock
	plat hal.Memory
	cfg  Config
	t    tree
	pool pool

	windows  [maxWindows]window // sorted, disjoint
	guard    [2]uintptr         // see Guard; empty without one
	nwindows int

	brk struct {
		start, cur uintptr // as the program sees them, in bytes
		lo, hi     uintptr // the window; lo is start rounded up
		dirty      uintptr // pages below may hold old data when brk grows over them
		altered    bool    // something in the window is not the read-write memory that SetBrk mapped
	}

	names  [maxNames]string
	nnames int

	sealed  bool // something is, see Mseal
	serial  uint32
	charged uintptr // counted against cfg.Limit
	bytes   [kindCount]uintptr
	total   uintptr // their sum
	peak    uintptr // the most that it was
	stats   counters
}

// New makes an empty address space over m. It allocates; nothing after it does.
func New(m hal.Memory, c Config) (*Space, error) {
	if c.MaxAreas == 0 {
		c.MaxAreas = DefaultMaxAreas
	}
	if c.BrkSize == 0 {
		c.BrkSize = DefaultBrkSize
	}
	if c.Clear == nil {
		c.Clear = clearMemory
	}
	if c.Copy == nil {
		c.Copy = copyMemory
	}
	w := c.Window
	switch {
	case w[0] >= w[1] || w[1] > taskSize || !aligned(w[0]|w[1]):
		return nil, fmt.Errorf("mem: window %#x..%#x is empty, unaligned or beyond user addresses (%#x)", w[0], w[1], uintptr(taskSize))
	case !aligned(c.Pool|c.PoolSize) || c.Pool > taskSize || c.PoolSize > taskSize-c.Pool:
		return nil, fmt.Errorf("mem: pool of %#x bytes at %#x is unaligned or beyond user addresses", c.PoolSize, c.Pool)
	case c.PoolSize/pageSize >= 1<<31:
		return nil, fmt.Errorf("mem: pool of %d bytes: at most 8 TiB", c.PoolSize)
	case c.MaxAreas < 16 || c.MaxAreas > 1<<26:
		return nil, fmt.Errorf("mem: limit of %d areas: choose 16 to 67108864", c.MaxAreas)
	case !aligned(c.BrkSize):
		return nil, fmt.Errorf("mem: brk window of %#x bytes is not page aligned", c.BrkSize)
	}
	s := &Space{plat: m, cfg: c}
	var err error
	if s.t.nodes, err = offHeap[node](c.MaxAreas + 1); err != nil {
		return nil, err
	}
	s.t.fresh, s.t.max, s.t.seed = 1, c.MaxAreas, 2463534242
	if err = s.pool.init(c.Pool, c.PoolSize); err != nil {
		return nil, err
	}
	if c.PoolSize > 0 {
		s.addWindow(window{c.Pool, c.Pool + c.PoolSize, winPool})
	}
	return s, nil
}

// Intern returns the id that stands for name in areas; 0 when the table is full. It keeps the string,
// which must not change.
func (s *Space) Intern(name string) NameID {
	s.lock.Lock()
	defer s.lock.Unlock()
	for i := range s.nnames {
		if s.names[i] == name {
			return NameID(i + 1)
		}
	}
	if s.nnames == maxNames || name == "" {
		return 0
	}
	s.names[s.nnames] = name
	s.nnames++
	return NameID(s.nnames)
}

// Name returns what Intern was given for id.
func (s *Space) Name(id NameID) string {
	if id == 0 || int(id) > maxNames {
		return ""
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.names[id-1]
}

// Add records a mapping that the loader made itself. EEXIST when it overlaps another area, EINVAL
// when it is empty, unaligned, or in a range that is not the program's.
func (s *Space) Add(a Area) hal.Errno {
	if a.Start >= a.End || a.End > taskSize || !aligned(a.Start|a.End) || a.Kind == KindNone || a.Kind == KindPool || a.Kind >= KindReserved {
		return syscall.EINVAL
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.windowOver(a.Start, a.End) != nil {
		return syscall.EINVAL
	}
	if s.t.overlaps(a.Start, a.End) {
		return syscall.EEXIST
	}
	if !s.t.room(1) {
		return syscall.ENOMEM
	}
	n := node{start: a.Start, end: a.End, prot: a.Prot, flags: a.Flags & mapKept, off: a.Off, dev: a.Dev, ino: a.Ino,
		kind: a.Kind, name: a.Name}
	n.charged = charges(n.prot, n.flags)
	if n.hasFile() {
		n.serial = s.nextSerial()
	}
	s.insert(&n)
	return 0
}

// Identify tells which file the mapping that one Mmap call made at start belongs to, for who lists
// areas. It applies to every area of that call.
func (s *Space) Identify(start uintptr, dev, ino uint64, name NameID) {
	s.lock.Lock()
	defer s.lock.Unlock()
	i := s.t.at(start)
	if i == 0 || s.t.nodes[i].serial == 0 {
		return
	}
	for serial := s.t.nodes[i].serial; i != 0 && s.t.nodes[i].serial == serial; i = s.t.nodes[i].next {
		n := &s.t.nodes[i]
		n.dev, n.ino, n.name = dev, ino, name
	}
}

// Find returns the area that holds addr.
func (s *Space) Find(addr uintptr) (Area, bool) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if i := s.t.at(addr); i != 0 {
		return s.t.nodes[i].area(), true
	}
	return Area{}, false
}

// Covers tells whether there is no hole in [lo, hi).
func (s *Space) Covers(lo, hi uintptr) bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	for lo < hi {
		i := s.t.at(lo)
		if i == 0 {
			return false
		}
		lo = s.t.nodes[i].end
	}
	return true
}

// Walk calls fn for each area that ends above from, lowest first, until fn returns false. The lock is
// not held during fn: areas may change between two calls, and fn may use the Space.
func (s *Space) Walk(from uintptr, fn func(Area) bool) {
	for {
		s.lock.Lock()
		i := s.t.above(from)
		a := s.t.nodes[i].area()
		s.lock.Unlock()
		if i == 0 || !fn(a) {
			return
		}
		from = a.End
	}
}

func (s *Space) nextSerial() uint32 {
	if s.serial++; s.serial == 0 {
		s.serial = 1
	}
	return s.serial
}

// charges tells whether a mapping counts against the limit.
func charges(prot, flags int32) bool {
	return prot&syscall.PROT_WRITE != 0 && flags&(mapNoReserve|mapStack) == 0 &&
		(flags&mapPrivate != 0 || flags&mapAnon != 0)
}
