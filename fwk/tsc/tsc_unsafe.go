// Package tsc tells how fast the processor's time stamp counter counts.
package tsc

import (
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/lwk/record"
)

// KHz is the rate of the time stamp counter, in kHz: Linux's own number where it tells (in the page of a
// performance event), else measured for 20 ms. It leaves no descriptor open and uses no timer of Go's.
func KHz() (uint64, error) {
	if khz, ok := linuxTSC(); ok {
		return khz, nil
	}
	var a, b unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC_RAW, &a); err != nil {
		return 0, err
	}
	t0 := record.Ticks()
	left := unix.NsecToTimespec(20e6)
	for unix.Nanosleep(&left, &left) == unix.EINTR {
	}
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC_RAW, &b); err != nil {
		return 0, err
	}
	t1 := record.Ticks()
	ns := b.Nano() - a.Nano()
	if ns <= 0 || t1 <= t0 {
		return 0, fmt.Errorf("%d ticks in %d ns", t1-t0, ns)
	}
	return uint64(float64(t1-t0) * 1e6 / float64(ns)), nil
}

// linuxTSC reads how Linux turns ticks into nanoseconds: ns = ticks*mult >> shift (struct
// perf_event_mmap_page, linux/perf_event.h).
func linuxTSC() (khz uint64, ok bool) {
	// An event of a CPU, of this kind, and never started: most others make Linux patch its own code, the
	// scheduler's among it, which interrupts every processor.
	attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_SOFTWARE, Config: unix.PERF_COUNT_SW_CPU_CLOCK, Bits: unix.PerfBitDisabled}
	attr.Size = uint32(unsafe.Sizeof(attr))
	fd, err := unix.PerfEventOpen(&attr, -1, 0, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return 0, false
	}
	defer unix.Close(fd)
	page, err := unix.Mmap(fd, 0, os.Getpagesize(), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return 0, false
	}
	defer unix.Munmap(page)
	const hasTime = 1 << 3
	le := binary.LittleEndian
	capabilities, shift, mult := le.Uint64(page[40:]), le.Uint16(page[50:]), le.Uint32(page[52:])
	if capabilities&hasTime == 0 {
		return 0, false
	}
	return fromScale(shift, mult)
}

func fromScale(shift uint16, mult uint32) (khz uint64, ok bool) {
	if mult == 0 || shift > 63 {
		return 0, false
	}
	khz = uint64(1e6 * float64(uint64(1)<<shift) / float64(mult))
	return khz, khz > 1000
}
