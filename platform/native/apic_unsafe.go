package native

import "github.com/skerry-os/skerry/abi"

// The core's own interrupt controller (Intel SDM volume 3, chapter 11). It is left to Linux which mode
// it is in: registers in memory (xAPIC, at abi.LAPICBase) or as MSRs (x2APIC).

const (
	apicTPR     = 0x80
	apicEOI     = 0xb0
	apicSVR     = 0xf0
	apicICR     = 0x300
	apicICRHigh = 0x310
	apicTimer   = 0x320
	apicThermal = 0x330
	apicPerf    = 0x340
	apicLINT0   = 0x350
	apicLINT1   = 0x360
	apicError   = 0x370
	apicInitial = 0x380
	apicCurrent = 0x390
	apicDivide  = 0x3e0
	apicMasked  = 1 << 16
)

//go:nosplit
func apicWrite(reg uintptr, v uint32) {
	if x2apic {
		writeMSR(0x800+uint32(reg>>4), uint64(v))
		return
	}
	*at[uint32](abi.LAPICBase + reg) = v
}

//go:nosplit
func apicRead(reg uintptr) uint32 {
	if x2apic {
		return uint32(readMSR(0x800 + uint32(reg>>4)))
	}
	return *at[uint32](abi.LAPICBase + reg)
}

//go:nosplit
func setupAPIC() {
	base := readMSR(msrAPICBase) | 1<<11
	if x2apic {
		if base>>10&1 == 0 {
			writeMSR(msrAPICBase, base) // x2APIC is entered from xAPIC only
		}
		base |= 1 << 10
	}
	writeMSR(msrAPICBase, base)
	apicWrite(apicTPR, 0)
	for reg := uintptr(apicTimer); reg <= apicError; reg += 0x10 {
		if reg == apicThermal || reg == apicPerf {
			continue // not on every processor; masked after INIT
		}
		apicWrite(reg, apicMasked|vectorTimer)
	}
	apicWrite(apicSVR, 0x100|vectorStray)
	apicWrite(apicDivide, 0xb) // by one
	apicWrite(apicInitial, 0)
	apicWrite(apicTimer, vectorTimer) // one shot
}

//go:nosplit
func eoi() { apicWrite(apicEOI, 0) }

// sendIPI sends an interrupt to the core with that id: low is the low half of the command register,
// a vector for an ordinary one.
//
//go:nosplit
func sendIPI(apic, low uint32) {
	if x2apic {
		writeMSR(0x830, uint64(apic)<<32|uint64(low))
		return
	}
	for apicRead(apicICR)>>12&1 != 0 {
		pause()
	}
	apicWrite(apicICRHigh, apic<<24)
	apicWrite(apicICR, low|1<<14)
}

const ipiNMI = 4 << 8

// setTimer makes the timer ring in ns nanoseconds; 0 stops it. The counter has 32 bits: it rings earlier
// rather than never.
//
//go:nosplit
func setTimer(ns int64) {
	n := uint64(0)
	if ns > 0 {
		n = uint64(min(ns, 1e9)) * lapicScale >> 32
		n = min(max(n, 1), 1<<32-1)
	}
	apicWrite(apicInitial, uint32(n))
}

// calibrate finds out the speed of the clock and of the timer, one from the other when Linux did not
// say it.
//
//go:nosplit
func calibrate() {
	const ms = 10
	tsc, lapic := boot().TSCkHz, boot().LAPICkHz
	if tsc == 0 && lapic == 0 {
		fatalText("the boot page tells no clock's frequency")
	}
	apicWrite(apicTimer, apicMasked|vectorTimer)
	apicWrite(apicInitial, 1<<32-1)
	n0, t0 := apicRead(apicCurrent), rdtsc()
	n, t := n0, t0
	for {
		n, t = apicRead(apicCurrent), rdtsc()
		if lapic != 0 && uint64(n0-n) >= lapic*ms || lapic == 0 && t-t0 >= tsc*ms {
			break
		}
	}
	if tsc == 0 {
		tsc = (t - t0) * lapic / uint64(n0-n)
	} else if lapic == 0 {
		lapic = uint64(n0-n) * tsc / (t - t0)
	}
	apicWrite(apicInitial, 0)
	apicWrite(apicTimer, vectorTimer)
	if tsc == 0 || lapic == 0 {
		fatalText("the clock or the timer stands still")
	}
	clockScale = 1e6 << 32 / tsc
	lapicScale = lapic << 32 / 1e6
	clockTicks = rdtsc()
	for i := range randomBytes {
		randomBytes[i] = byte(rdtsc() >> (i & 7))
	}
}
