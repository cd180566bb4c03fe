package native

import (
	"sync/atomic"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/lwk/hal"
)

// The log, and the end of a core that cannot go on. All nosplit: it runs where nothing else can.

// logBytes appends n bytes at addr to the log.
//
//go:nosplit
func logBytes(addr, n uintptr) {
	b := boot()
	l := at[abi.LogRing](abi.LinearBase + uintptr(b.Log.Off))
	size := uintptr(b.Log.Len) - unsafe.Sizeof(abi.LogRing{})
	text := abi.LinearBase + uintptr(b.Log.Off) + unsafe.Sizeof(abi.LogRing{})
	spinLock(&common().logLock)
	head := uintptr(l.Head)
	for i := range n {
		*at[byte](text + (head+i)%size) = *at[byte](addr + i)
	}
	atomic.StoreUint64(&l.Head, uint64(head+n))
	spinUnlock(&common().logLock)
}

//go:nosplit
func logText(s string) { logBytes(uintptr(unsafe.Pointer(unsafe.StringData(s))), uintptr(len(s))) }

// frame is what kernelTrap gets to see: registers as trap pushed them, then the processor's.
type frame struct {
	r15, r14, r13, r12, r11, r10, r9, r8, bp, di, si, dx, cx, bx, ax uint64

	err, rip, cs, rflags, rsp, ss uint64
}

// kernelTrap handles exceptions and interrupts of ring 0. The core is known by its task register; GS may
// be the program's.
//
//go:nosplit
func kernelTrap(f *frame, vector, core uint64) {
	switch {
	case vector == 14 && heapFault(uintptr(getCR2())):
		return
	case vector == 1:
		f.rflags &^= 1 << 8 // a trap flag that the program left
		return
	case vector >= 32:
		if vector != vectorStray {
			eoi()
		}
		return
	}
	kind := uint32(abi.EpitaphFault)
	switch vector {
	case 8:
		kind = abi.EpitaphDouble
	case 18:
		kind = abi.EpitaphCheck
	}
	die(uint32(core), kind, uint32(vector), f, "an exception in the LWK")
}

// die writes the core's epitaph and halts it for good.
//
//go:nosplit
func die(core, kind, vector uint32, f *frame, text string) {
	core %= abi.MaxCores
	e := at[abi.Epitaph](abi.LinearBase + uintptr(boot().Epitaphs.Off) + uintptr(core)*unsafe.Sizeof(abi.Epitaph{}))
	e.Kind, e.Core, e.Vector = kind, core, vector
	e.CR2, e.CR3, e.Ticks = getCR2(), getCR3(), rdtsc()
	if f != nil {
		e.Error, e.RIP, e.RSP, e.RFLAGS, e.CS = f.err, f.rip, f.rsp, f.rflags, f.cs
		e.Regs = [15]uint64{f.ax, f.bx, f.cx, f.dx, f.si, f.di, f.bp, f.r8, f.r9, f.r10, f.r11, f.r12, f.r13, f.r14, f.r15}
		if sp := uintptr(f.rsp) &^ 7; mapped(sp) && mapped(sp+127) {
			for i := range e.Stack {
				e.Stack[i] = *at[uint64](sp + uintptr(i)*8)
			}
		}
	}
	for i := range min(len(text), len(e.Text)-1) {
		e.Text[i] = text[i]
	}
	atomic.StoreUint32(&e.Valid, abi.EpitaphValid)
	atomic.StoreUint32(&coreBlock(core).State, abi.CoreDead)
	stopForever()
}

// machineCheck ends the core: it was in ring 3, but what the processor reports is nobody's own doing.
//
//go:nosplit
func machineCheck(core uint32, ctx *hal.Context) {
	f := frame{ax: ctx.RAX, bx: ctx.RBX, cx: ctx.RCX, dx: ctx.RDX, si: ctx.RSI, di: ctx.RDI, bp: ctx.RBP, r8: ctx.R8, r9: ctx.R9,
		r10: ctx.R10, r11: ctx.R11, r12: ctx.R12, r13: ctx.R13, r14: ctx.R14, r15: ctx.R15,
		rip: ctx.RIP, cs: userCS, rflags: ctx.RFLAGS, rsp: ctx.RSP}
	die(core, abi.EpitaphCheck, 18, &f, "a machine check while the program ran")
}

// mapped tells whether an address of the LWK's can be read.
//
//go:nosplit
func mapped(addr uintptr) bool {
	if addr < abi.LinearBase {
		return false
	}
	table := topTable()
	for shift := uintptr(39); shift >= 12; shift -= 9 {
		e := *entryAt(table, addr>>shift&511)
		if e&pteP == 0 {
			return false
		}
		if shift == 12 || shift == 21 && e&pteLarge != 0 {
			return true
		}
		table = offsetOf(e)
	}
	return false
}

// fatalText ends the calling core with a reason, before it has anything else to say it with.
//
//go:nosplit
func fatalText(text string) {
	logText("skerry-lwk: ")
	logText(text)
	logText("\n")
	die(thisCore(), abi.EpitaphHalt, 0, nil, text)
}

// thisCore is the number of the calling core; 0 before it knows.
//
//go:nosplit
func thisCore() uint32 {
	if readMSR(msrGSBase)>>63 == 0 {
		return 0
	}
	return getCPU().index
}
