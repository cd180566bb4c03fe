package mem

import "syscall"

// Kind tells what an area's memory is. Kinds never merge with each other.
type Kind uint8

const (
	KindNone        Kind = iota
	KindPool             // private anonymous, served from the pool
	KindAnon             // private anonymous, mapped by the platform
	KindAnonShared       // shared anonymous
	KindFilePrivate      // private file
	KindFileShared       // shared file
	KindImage            // segment of the program's or its interpreter's image
	KindStack            // the first thread's stack
	KindVDSO             // vDSO and vvar
	KindBrk              // the heap that brk(2) moves
	KindReserved         // in Stats only: anonymous memory without access
	kindCount
)

var kindNames = [kindCount]string{"none", "pool", "anonymous", "anonymous shared", "file private",
	"file shared", "image", "stack", "vdso", "brk", "reserved"}

// String names the kind for people.
func (k Kind) String() string {
	if k < kindCount {
		return kindNames[k]
	}
	return "unknown"
}

// NameID stands for a name given to Intern; 0 is no name.
type NameID uint16

// Area is one mapping as the program sees it: [Start, End) in bytes, page aligned, with one
// protection. Flags are the MAP_* of mmap(2) that describe the mapping (not those that only place it).
type Area struct {
	Start, End  uintptr
	Prot, Flags int32
	Off         int64  // of Start in the file; 0 for anonymous memory
	Dev, Ino    uint64 // of the file, when the caller told it
	Kind        Kind
	Name        NameID
}

// Numbers of the kernel ABI that package syscall lacks, and short names for those it has.
const (
	pageSize = 4096
	hugeSize = 2 << 20
	// taskSize is the end of user addresses on x86-64 with four-level page tables.
	taskSize = 1<<47 - pageSize
	minAddr  = 65536 // vm.mmap_min_addr's usual value: hints below are raised to it

	protRW        = syscall.PROT_READ | syscall.PROT_WRITE
	protAll       = protRW | syscall.PROT_EXEC
	protSem       = 8
	protGrowsDown = 0x01000000
	protGrowsUp   = 0x02000000

	mapShared         = syscall.MAP_SHARED
	mapPrivate        = syscall.MAP_PRIVATE
	mapSharedValidate = 3
	mapDroppable      = 8
	mapType           = 0x0f
	mapFixed          = syscall.MAP_FIXED
	mapAnon           = syscall.MAP_ANONYMOUS
	map32Bit          = 0x40
	mapGrowsDown      = 0x100
	mapLocked         = 0x2000
	mapNoReserve      = 0x4000
	mapPopulate       = 0x8000
	mapStack          = 0x20000
	mapHugeTLB        = 0x40000
	mapFixedNoReplace = 0x100000
	mapHugeShift      = 26

	// mapKept are the flags that an area remembers: what it is, not how it was placed.
	mapKept = mapShared | mapPrivate | mapAnon | mapLocked | mapNoReserve | mapStack | mapHugeTLB | 31<<mapHugeShift | -1<<31

	mremapMayMove   = 1
	mremapFixed     = 2
	mremapDontUnmap = 4
)

func pageUp(x uintptr) uintptr   { return (x + pageSize - 1) &^ (pageSize - 1) }
func pageDown(x uintptr) uintptr { return x &^ (pageSize - 1) }
func aligned(x uintptr) bool     { return x&(pageSize-1) == 0 }

// node is an area in the tree. It holds no Go pointer: it lives off the Go heap.
type node struct {
	start, end uintptr
	off        int64
	dev, ino   uint64
	gap        uintptr // free bytes between the area before and this one
	maxGap     uintptr // largest gap in the subtree

	serial                                uint32 // which mmap call made it, where that matters for merging; else 0
	left, right, parent, prev, next, prio uint32
	prot, flags                           int32
	kind                                  Kind
	charged                               bool // counts against Config.Limit
	name                                  NameID
}

func (n *node) area() Area {
	return Area{n.start, n.end, n.prot, n.flags, n.off, n.dev, n.ino, n.kind, n.name}
}

func (n *node) hasFile() bool { return n.flags&mapAnon == 0 }

// continues tells whether b, which begins where a ends, is more of the same mapping.
func (a *node) continues(b *node) bool {
	return a.end == b.start && a.prot == b.prot && a.flags == b.flags && a.kind == b.kind &&
		a.charged == b.charged && a.name == b.name && a.serial == b.serial &&
		a.dev == b.dev && a.ino == b.ino &&
		(!a.hasFile() || a.off+int64(a.end-a.start) == b.off)
}
