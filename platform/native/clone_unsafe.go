package native

import (
	"sync/atomic"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
)

// Copies of an instance: page tables, the LWK's private memory, and the program's. Addresses become pointers
// here as in setup_unsafe.go.

// Which entries of the topmost table are an instance's own, in the upper half.
const (
	heapSlot  = heapBase >> 39 & 511
	imageSlot = abi.ImageLow >> 39 & 511
	highHalf  = 0xffff << 48
)

// wanted is what split copies, made what came of it.
var (
	wanted struct {
		program bool // the program's memory as well
		share   bool // and all of it is shared, not copied
	}
	made uintptr // top of the copy's tables, 0: no memory
)

// makeCopy is called by split.
func makeCopy() {
	made = 0
	top := copyKernel(tableTop, true)
	if top == 0 {
		return
	}
	if wanted.program && !mem.copyTo(top, wanted.share) {
		buryTables(top)
		return
	}
	made = top
}

// copyKernel makes page tables with a copy of an instance's private memory; 0: there is no memory. own: the
// instance is the caller's; else nobody may be running it.
func copyKernel(src uintptr, own bool) uintptr {
	top := takePage()
	if top == 0 {
		return 0
	}
	for s := uintptr(256); s < 512; s++ {
		e := *entryAt(src, s)
		if e == 0 || s != heapSlot && s != imageSlot {
			*entryAt(top, s) = e
			continue
		}
		t := copyTable(offsetOf(e), 30, highHalf|s<<39, own)
		if t == 0 {
			buryTables(top)
			return 0
		}
		*entryAt(top, s) = physOf(t) | e&^pteAddr
	}
	return top
}

// copyTable copies a table whose entries cover 1<<shift bytes each, from address va on.
func copyTable(src uintptr, shift, va uintptr, own bool) uintptr {
	t := takePage()
	if t == 0 {
		return 0
	}
	for k := range uintptr(512) {
		e := *entryAt(src, k)
		a := va + k<<shift
		switch {
		case e == 0 || unneeded(a, shift):
			continue
		case shift == 12 && !private(e, a):
			*entryAt(t, k) = e
			continue
		}
		var n uintptr
		if shift > 12 {
			n = copyTable(offsetOf(e), shift-9, a, own)
		} else if n = rawPage(); n != 0 {
			from := a
			if !own {
				from = abi.LinearBase + offsetOf(e)
			}
			move(abi.LinearBase+n, from, pageSize)
		}
		if n == 0 {
			freeTable(t, shift, va)
			return 0
		}
		*entryAt(t, k) = physOf(n) | e&^pteAddr
	}
	return t
}

// private tells whether the page at an address of the LWK's is an instance's own.
func private(e uint64, va uintptr) bool { return e&pteW != 0 && va != abi.LAPICBase }

// unneeded tells of pages that a copy does without: the other cores' stacks.
func unneeded(va, shift uintptr) bool {
	if shift != 12 {
		return false
	}
	for _, r := range [...][2]uintptr{
		{uintptr(unsafe.Pointer(&kernelStacks[1])), uintptr(unsafe.Pointer(&kernelStacks)) + unsafe.Sizeof(kernelStacks)},
		{uintptr(unsafe.Pointer(&trapStacks[1])), uintptr(unsafe.Pointer(&trapStacks)) + unsafe.Sizeof(trapStacks)},
	} {
		if va >= r[0] && va+pageSize <= r[1] {
			return true
		}
	}
	return false
}

// freeTable gives back a table and what is private below it.
func freeTable(t, shift, va uintptr) {
	for k := range uintptr(512) {
		e := *entryAt(t, k)
		a := va + k<<shift
		if e == 0 || shift == 12 && !private(e, a) {
			continue
		}
		if shift > 12 {
			freeTable(offsetOf(e), shift-9, a)
		} else {
			returnPage(offsetOf(e))
		}
	}
	returnPage(t)
}

// returnPage is givePage for what may be the Linux side's: the first instance's image and tables.
func returnPage(off uintptr) {
	if off >= uintptr(boot().Free.Off) {
		givePage(off)
	}
}

// buryTables gives back all memory of an instance that does not run any more.
func buryTables(top uintptr) {
	pretouch()
	for s := range uintptr(512) {
		e := *entryAt(top, s)
		switch {
		case e == 0:
		case s < 256:
			freeProgram(offsetOf(e), 30)
		case s == heapSlot || s == imageSlot:
			freeTable(offsetOf(e), 30, highHalf|s<<39)
		}
	}
	returnPage(top)
}

// freeProgram gives back a table of the lower half and the frames below it.
func freeProgram(t, shift uintptr) {
	for k := range uintptr(512) {
		e := *entryAt(t, k)
		switch {
		case e == 0:
		case shift > 21:
			freeProgram(offsetOf(e), shift-9)
		case e&pteLarge != 0:
			giveGranule(offsetOf(e) &^ (region - 1))
		default:
			giveGranule(offsetOf(*entryAt(offsetOf(e), 0)) &^ (region - 1))
			givePage(offsetOf(e))
		}
	}
	givePage(t)
}

// poke sets a word of a copy's private memory, at the address that it has in both.
func poke[T any](top, va uintptr, v T) {
	table := top
	for shift := uintptr(39); ; shift -= 9 {
		e := *entryAt(table, va>>shift&511)
		if shift == 12 {
			*at[T](abi.LinearBase + offsetOf(e) + va&(pageSize-1)) = v
			return
		}
		table = offsetOf(e)
	}
}

// identify makes a copy instance n, whose boot page is at offset home.
func identify(top uintptr, n uint32, home uintptr) {
	poke(top, uintptr(unsafe.Pointer(&tableTop)), top)
	poke(top, uintptr(unsafe.Pointer(&bootAt)), abi.LinearBase+home)
	poke(top, uintptr(unsafe.Pointer(&self)), n)
}

// copyTo gives the page tables top the program's memory: what is shared stays so, with all frames if share is set; of
// the rest a copy. It is the caller's own memory, and nobody else changes it. false: no memory.
func (m *memory) copyTo(top uintptr, share bool) bool {
	for at := m.nextFrame(0, abi.UserEnd); at < abi.UserEnd; at = m.nextFrame(at+region, abi.UserEnd) {
		frame := m.frame(at)
		to := frame
		if share || m.isShared(at) {
			shareGranule(frame)
		} else {
			if to = m.takeFrame(); to == 0 {
				return false
			}
			move(abi.LinearBase+to, abi.LinearBase+frame, granule)
		}
		e := *m.directory(at, false)
		d := directoryIn(top, at, true)
		table := uintptr(0)
		if d != nil && e&pteLarge == 0 {
			table = takePage()
		}
		if d == nil || e&pteLarge == 0 && table == 0 {
			giveGranule(to)
			return false
		}
		if table == 0 {
			*d = physOf(to) | e&^pteAddr
			continue
		}
		src := offsetOf(e)
		for k := range uintptr(512) {
			*entryAt(table, k) = physOf(to+k*pageSize) | *entryAt(src, k)&^pteAddr
		}
		*d = physOf(table) | e&^pteAddr
	}
	return true
}

// isShared tells whether a region holds memory that processes share.
func (m *memory) isShared(at uintptr) bool {
	i := m.find(at)
	return i < m.n && m.areas[i].lo < at+region && m.areas[i].shared
}

// Template keeps a copy of the instance as it is now: an instance that begins anew (execve) is a copy of it,
// and returns from here. It comes before Boot.
func Template() {
	stayOn(0)
	growStack()
	pretouch()
	procPin() // with the lock held no call of the runtime's can be answered: it must not want to reschedule
	defer procUnpin()
	me := getCPU()
	for {
		spinLock(&kernel.lock)
		quiet := true
		for i := range boot().NCores {
			if c := &cpus[i%abi.MaxCores]; c != me && atomic.LoadUint32(&c.resched) == 0 {
				quiet = false
			}
		}
		if quiet {
			break
		}
		spinUnlock(&kernel.lock)
		pause()
	}
	wanted.program = false
	if split() != 0 {
		atomic.StoreUint32(&kernel.lock, 0)
		begin()
		return
	}
	common().template = made
	spinUnlock(&kernel.lock)
}

// begin is the first that a new copy of the template does.
func begin() {
	for i := range cpus {
		cpus[i].resched = 0
	}
	i := own()
	if old := i.old; old != 0 {
		i.old = 0
		buryTables(old)
	}
	release(i)
}

// release lets the parent go on that has lent its memory.
func release(i *instance) {
	if atomic.SwapUint32(&i.lent, 0) != 0 {
		rouseInstance(i.parent)
	}
}
