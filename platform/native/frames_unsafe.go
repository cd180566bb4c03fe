package native

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
)

// The enclave's memory: granules of 2 MiB for the program, pages of 4 KiB for tables and for the LWK's own
// heap. One lock, held for a few instructions, by code that touches only static and linearly mapped
// memory: the trap that gives the heap its pages takes it too. Ordinary Go calls pretouch before.

const (
	pageSize = 4096
	granule  = abi.Granule

	// heapBase is where the Go runtime's memory begins. What it reserves is never given back; what it
	// touches gets pages.
	heapBase = 0xffffc00000000000
	heapEnd  = heapBase + 1<<39

	pteP, pteW, pteU        = 1 << 0, 1 << 1, 1 << 2
	pteUsed                 = 1<<5 | 1<<6
	pteLarge                = 1 << 7
	pteGlobal               = 1 << 8
	pteNX            uint64 = 1 << 63
	pteAddr                 = 0x000ffffffffff000
)

// pool is the enclave's free memory, which all instances take from.
type pool struct {
	lock    uint32
	next    uint32 // granules from here to limit were never used
	limit   uint32
	free    uint32  // list of free granules by number, linked by their links; 0 is its end
	nfree   uint32  // how many
	page    uintptr // offsets: pages from here to pageEnd were never used
	pageEnd uintptr
	pages   uintptr // list of free ones, linked by their first word
	npages  uint64  // in use
	reverse uintptr // offset of a table: number of the granule at a physical address
	uses    uintptr // offset of a table: for each granule how many instances use it
	links   uintptr // offset of a table: for each free granule the next one
}

// heapNext is how far this instance's runtime has reserved addresses.
var heapNext uintptr = heapBase

//go:nosplit
func useOf(g uint32) *uint32 { return at[uint32](abi.LinearBase + common().frames.uses + uintptr(g)*4) }

//go:nosplit
func linkOf(g uint32) *uint32 {
	return at[uint32](abi.LinearBase + common().frames.links + uintptr(g)*4)
}

// spinLock and spinUnlock are for nosplit code.
//
//go:nosplit
func spinLock(l *uint32) {
	for !atomic.CompareAndSwapUint32(l, 0, 1) {
		for atomic.LoadUint32(l) != 0 {
			pause()
		}
	}
}

//go:nosplit
func spinUnlock(l *uint32) { atomic.StoreUint32(l, 0) }

//go:nosplit
func setupMemory() {
	b := boot()
	commonAt = uintptr(b.Free.Off)
	zero(abi.LinearBase+commonAt, granule)
	f := &common().frames
	f.next = uint32(b.Free.Off/granule) + 1
	f.limit = uint32((b.Free.Off + b.Free.Len) / granule)
	// The way back from physical addresses, as large as the highest one asks for, and what else there is for
	// each granule.
	top := uint64(0)
	for off := uintptr(0); off < uintptr(b.Memory); off += granule {
		top = max(top, physOf(off)/granule+1)
	}
	n := uintptr(b.Memory / granule * 4)
	f.reverse = uintptr(f.next) * granule
	f.uses = f.reverse + uintptr(top*4)
	f.links = f.uses + n
	f.next = uint32((f.links + n + granule - 1) / granule)
	if f.next >= f.limit {
		fatalText("the enclave's memory is too small for the table of its physical addresses")
	}
	for off := uintptr(0); off < uintptr(b.Memory); off += granule {
		*at[uint32](abi.LinearBase + f.reverse + uintptr(physOf(off)/granule)*4) = uint32(off / granule)
	}
	// The top level entries of the heap and of the program are made now: nothing at that level changes
	// when several cores run.
	tableTop = uintptr(b.Tables.Off)
	first := &common().list[0]
	first.top, first.cr3, first.state, common().alive = tableTop, b.PML4, instAlive, 1
	first.block, first.proxy = abi.LinearBase+uintptr(b.Cores.Off), abi.LinearBase+uintptr(b.Proxy.Off)
	if e := entryAt(topTable(), heapBase>>39&511); *e == 0 {
		*e = physOf(takePage()) | pteP | pteW | pteUsed
	}
	for i := range uintptr(256) {
		*entryAt(topTable(), i) = 0
	}
}

// physOf is the physical address of an offset.
//
//go:nosplit
func physOf(off uintptr) uint64 {
	return *at[uint64](abi.LinearBase + uintptr(boot().Granules.Off) + off/granule*8) + uint64(off%granule)
}

// offsetOf is the offset of the physical address in a page table's entry, which is one of the enclave's.
//
//go:nosplit
func offsetOf(entry uint64) uintptr {
	phys := uintptr(entry & pteAddr)
	return uintptr(*at[uint32](abi.LinearBase + common().frames.reverse + phys/granule*4))*granule + phys%granule
}

// topTable is the offset of the page table's top.
//
//go:nosplit
func topTable() uintptr { return tableTop }

var tableTop uintptr

// entryAt is entry i of the table at an offset.
//
//go:nosplit
func entryAt(table, i uintptr) *uint64 { return at[uint64](abi.LinearBase + table + i*8) }

// takeGranule returns the offset of a free granule, whose content is anything; 0: there is none.
//
//go:nosplit
func takeGranule() uintptr {
	f := &common().frames
	spinLock(&f.lock)
	off := granuleLocked()
	spinUnlock(&f.lock)
	return off
}

//go:nosplit
func granuleLocked() uintptr {
	f := &common().frames
	g := f.free
	switch {
	case g != 0:
		f.free = *linkOf(g)
		f.nfree--
	case f.next < f.limit:
		g = f.next
		f.next++
	default:
		return 0
	}
	*useOf(g) = 1
	return uintptr(g) * granule
}

// shareGranule counts one more instance that uses a granule.
//
//go:nosplit
func shareGranule(off uintptr) {
	f := &common().frames
	spinLock(&f.lock)
	*useOf(uint32(off / granule))++
	spinUnlock(&f.lock)
}

// alone tells whether nobody else uses the caller's granule.
func aloneWith(off uintptr) bool { return atomic.LoadUint32(useOf(uint32(off/granule))) == 1 }

// giveGranule gives it back; it is free when the last one does.
//
//go:nosplit
func giveGranule(off uintptr) {
	f := &common().frames
	g := uint32(off / granule)
	spinLock(&f.lock)
	if *useOf(g)--; *useOf(g) == 0 {
		*linkOf(g) = f.free
		f.free = g
		f.nfree++
	}
	spinUnlock(&f.lock)
}

// takePage returns the offset of a page of zeros; 0: there is no memory.
//
//go:nosplit
func takePage() uintptr {
	off := rawPage()
	if off != 0 {
		zero(abi.LinearBase+off, pageSize)
	}
	return off
}

// rawPage is a page with anything in it.
//
//go:nosplit
func rawPage() uintptr {
	f := &common().frames
	spinLock(&f.lock)
	off := f.pages
	if off != 0 {
		f.pages = *at[uintptr](abi.LinearBase + off)
	} else {
		if f.page == f.pageEnd {
			g := granuleLocked()
			if g == 0 {
				spinUnlock(&f.lock)
				return 0
			}
			f.page, f.pageEnd = g, g+granule
		}
		off = f.page
		f.page += pageSize
	}
	f.npages++
	spinUnlock(&f.lock)
	return off
}

//go:nosplit
func givePage(off uintptr) {
	f := &common().frames
	spinLock(&f.lock)
	*at[uintptr](abi.LinearBase + off) = f.pages
	f.pages = off
	f.npages--
	spinUnlock(&f.lock)
}

// heapFault gives the Go runtime's memory at addr a page; false: addr is not the runtime's, or there is
// no memory. Several cores may come for the same page.
//
//go:nosplit
func heapFault(addr uintptr) bool {
	if addr < heapBase || addr >= atomic.LoadUintptr(&heapNext) {
		return false
	}
	spinLock(&heapLock)
	ok := heapPage(addr)
	spinUnlock(&heapLock)
	return ok
}

var heapLock uint32

//go:nosplit
func heapPage(addr uintptr) bool {
	table := topTable()
	for shift := uintptr(39); ; shift -= 9 {
		e := entryAt(table, addr>>shift&511)
		if shift == 12 && *e != 0 {
			return true
		}
		if *e == 0 {
			off := takePage()
			if off == 0 {
				return false
			}
			bits := uint64(pteP | pteW | pteUsed)
			if shift == 12 {
				bits |= pteGlobal | pteNX
			}
			*e = physOf(off) | bits
			if shift == 12 {
				return true
			}
			table = off
			continue
		}
		table = offsetOf(*e)
	}
}
