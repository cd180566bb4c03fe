package native

import (
	"sync/atomic"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
)

// From the entry point to a core with its own tables. Everything is nosplit: there is no Go runtime yet.
// Casting addresses to pointers is safe here because they are of the enclave's linear mapping, which
// the Linux side made, or of static arrays.

//go:nosplit
func at[T any](addr uintptr) *T { return (*T)(unsafe.Add(unsafe.Pointer(nil), addr)) }

// bootAt is where this instance's boot page is.
var bootAt uintptr = abi.LinearBase

//go:nosplit
func boot() *abi.Boot { return at[abi.Boot](bootAt) }

// coreBlock is what the machine's core i tells of itself.
//
//go:nosplit
func coreBlock(i uint32) *abi.CoreBlock {
	return at[abi.CoreBlock](abi.LinearBase + coresAt + uintptr(i)*unsafe.Sizeof(abi.CoreBlock{}))
}

// ownBlock is what this instance tells its proxy of the core.
//
//go:nosplit
func ownBlock(i uint32) *abi.CoreBlock {
	return at[abi.CoreBlock](abi.LinearBase + uintptr(boot().Cores.Off) + uintptr(i)*unsafe.Sizeof(abi.CoreBlock{}))
}

//go:nosplit
func proxyBlock() *abi.ProxyBlock {
	return at[abi.ProxyBlock](abi.LinearBase + uintptr(boot().Proxy.Off))
}

// pointer is the operand of LGDT and LIDT: a limit and an address, not aligned.
type pointer [10]byte

//go:nosplit
func (p *pointer) set(addr, size uintptr) {
	p[0], p[1] = byte(size-1), byte((size-1)>>8)
	for i := range uintptr(8) {
		p[2+i] = byte(addr >> (8 * i))
	}
}

// Stacks that the processor switches to by itself (IST): one for all that is ordinary, and one each for
// what may come at any instruction.
const (
	istTrap   = 1
	istNMI    = 2
	istDouble = 3
	istCheck  = 4
	istStacks = 4
)

var (
	cpus         [abi.MaxCores]cpu
	kernelStacks [abi.MaxCores][kernelStack]byte
	trapStacks   [abi.MaxCores][istStacks][trapStack]byte
	firstStack   [firstStackSize]byte
	dummyTLS     [16]uint64
	randomBytes  [16]byte

	gdt     [firstTSS/8 + 2*abi.MaxCores]uint64
	tss     [abi.MaxCores][26]uint32 // Intel SDM volume 3, 8.7: RSP0 at 4, IST1 at 36, I/O map base at 102
	idt     [256][2]uint64
	gdtAt   pointer
	idtAt   pointer
	symbols [8]uintptr // see addresses

	firstReady uint32 // core 0 has set up what all share
	stopping   uint32 // cores halt for good
	nmis       uint64

	// The clock: nanoseconds at tick clockTicks, and how many a tick is, in 32.32 bits.
	clockTicks, clockScale, clockBase uint64
	lapicScale                        uint64 // timer ticks for a nanosecond, 32.32 bits
	x2apic                            bool
)

func addresses(out *[8]uintptr)
func getCPU() *cpu
func readMSR(nr uint32) uint64
func writeMSR(nr uint32, v uint64)
func cpuid(leaf, sub uint32) (a, b, c, d uint32)
func control(cr0, cr4, xcr0 uint64)
func loadTables(gdt, idt *pointer, tss uintptr)
func setCR3(v uint64)
func getCR3() uint64
func getCR2() uint64
func invalidate(addr uintptr)
func rdtsc() uint64
func pause()
func zero(addr, n uintptr)
func move(dst, src, n uintptr)
func halt()
func switchTo(cr3 uint64)
func split() (child uint64)
func stopForever()
func enter(c *cpu, ctx *context) uintptr
func systemCall()
func vectors()
func errorVectors()
func nonMaskable()
func noError()
func withError()
func trap()
func leave()
func resumeThread()
func vdsoClock()

// Entry is where each core comes in (linker flag -E). It is never called from Go.
func Entry()

// setupFirst prepares what all cores share. Core 0, before the others.
//
//go:nosplit
func setupFirst() {
	addresses(&symbols)
	gdt[kernelCS/8] = 0x00af9b000000ffff
	gdt[kernelSS/8] = 0x00cf93000000ffff
	gdt[userSS/8] = 0x00cff3000000ffff
	gdt[userCS/8] = 0x00affb000000ffff
	for i := range tss {
		base := uint64(uintptr(unsafe.Pointer(&tss[i])))
		gdt[firstTSS/8+2*i] = 103 | base&0xffffff<<16 | 0x89<<40 | base>>24&0xff<<56
		gdt[firstTSS/8+2*i+1] = base >> 32
		put := func(word int, v uintptr) {
			tss[i][word], tss[i][word+1] = uint32(v), uint32(v>>32)
		}
		put(1, uintptr(unsafe.Pointer(&trapStacks[i][0]))+trapStack)
		for s := range istStacks {
			put(9+2*s, uintptr(unsafe.Pointer(&trapStacks[i][s]))+trapStack)
		}
		tss[i][25] = 104 << 16 // no I/O port is the program's
	}
	for v := range idt {
		addr, ist := symbols[1]+uintptr(v)*5, uint64(istTrap)
		switch v {
		case 2:
			addr, ist = symbols[3], istNMI
		case 8:
			addr, ist = symbols[2]+uintptr(v)*5, istDouble
		case 10, 11, 12, 13, 14, 17, 21, 29, 30:
			addr = symbols[2] + uintptr(v)*5
		case 18:
			ist = istCheck
		}
		a := uint64(addr)
		dpl := uint64(0)
		if v == 3 || v == 4 {
			dpl = 3 // INT3 and INTO are the program's to execute
		}
		idt[v][0] = a&0xffff | kernelCS<<16 | ist<<32 | (0x8e|dpl<<5)<<40 | a>>16&0xffff<<48
		idt[v][1] = a >> 32
	}
	gdtAt.set(uintptr(unsafe.Pointer(&gdt)), unsafe.Sizeof(gdt))
	idtAt.set(uintptr(unsafe.Pointer(&idt)), unsafe.Sizeof(idt))
	x2apic = boot().Flags&abi.BootX2APIC != 0
	setupMemory()
}

// setupCore makes the calling core core i of the enclave: nothing that it was before is relied on.
//
//go:nosplit
func setupCore(i uint32) {
	c := &cpus[i]
	c.self = uintptr(unsafe.Pointer(c))
	c.index = i
	c.apic = boot().APIC[i%abi.MaxCores]
	c.ksp = uintptr(unsafe.Pointer(&kernelStacks[i])) + kernelStack - 64
	loadTables(&gdtAt, &idtAt, firstTSS+16*uintptr(i))
	writeMSR(msrGSBase, uint64(c.self))
	writeMSR(msrKernelGSBase, 0)
	coreBlock(i).State = abi.CoreBoot

	_, b7, c7, _ := cpuid(7, 0)
	_, _, c1, _ := cpuid(1, 0)
	cr4 := uint64(1<<5 | 1<<6 | 1<<7 | 1<<9 | 1<<10) // PAE, MCE, PGE, OSFXSR, OSXMMEXCPT
	if b7&1 == 0 || c1>>26&1 == 0 {
		fatalText("this processor has no FSGSBASE or XSAVE, which the LWK needs")
	}
	cr4 |= 1<<16 | 1<<18 // FSGSBASE, OSXSAVE
	if b7>>7&1 != 0 {
		cr4 |= 1 << 20 // SMEP
	}
	if b7>>20&1 != 0 {
		cr4 |= 1 << 21 // SMAP
	}
	if c7>>2&1 != 0 {
		cr4 |= 1 << 11 // UMIP
	}
	x, _, _, _ := cpuid(0xd, 0)
	xcr0 := uint64(x & 7) // x87, SSE, AVX
	if x&0xe0 == 0xe0 {
		xcr0 |= 0xe0 // AVX-512
	}
	writeMSR(msrPAT, 0x0407050600070106)     // as Linux has it
	writeMSR(msrEFER, 1<<0|1<<8|1<<10|1<<11) // SCE, LME, LMA, NXE
	control(0x80050033, cr4, xcr0)           // PG AM WP NE ET MP PE
	setCR3(boot().PML4)
	writeMSR(msrSTAR, (userSS-8)<<48|kernelCS<<32)
	writeMSR(msrLSTAR, uint64(symbols[0]))
	writeMSR(msrFMASK, 0x47700) // AC, NT, IOPL, DF, IF, TF
	if _, _, _, d := cpuid(1, 0); d>>11&1 != 0 {
		writeMSR(msrSysenterCS, 0) // SYSENTER faults
	}
	setupAPIC()
	if i == 0 {
		firstThread(c)
		calibrate()
		atomic.StoreUint32(&firstReady, 1)
	}
}

const (
	msrAPICBase     = 0x1b
	msrSysenterCS   = 0x174
	msrPAT          = 0x277
	msrEFER         = 0xc0000080
	msrSTAR         = 0xc0000081
	msrLSTAR        = 0xc0000082
	msrFMASK        = 0xc0000084
	msrGSBase       = 0xc0000101
	msrKernelGSBase = 0xc0000102
)
