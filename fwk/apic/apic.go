// Package apic sends interprocessor interrupts from an ordinary program of Linux's root: how cores that
// Linux has let go of are started, stopped and woken.
//
// In x2APIC mode a message is one write of a model-specific register, by /dev/cpu/N/msr. In xAPIC mode it
// is two stores to the processor's own interrupt controller, mapped from /dev/mem, and between the two an
// interrupt may come whose handler, Linux's, sends a message too: ours then goes to its target. A fixed
// interrupt that goes astray does little; an INIT stops a CPU that Linux uses. So the target is read back
// and the command chosen by what was seen, with one instruction between the read and the write (deliver),
// from a thread that is pinned and has real-time priority: unlikely to fail, not impossible on a real
// machine, impossible on an emulated one, which takes interrupts between blocks of code. x2APIC has no
// such gap.
//
// No other register of the controller is ever touched: a stray read can set its error register, and
// Linux then refuses to start CPUs.
//
// Source: Intel SDM volume 3, chapter 11 (interrupt command register, local x2APIC).
package apic

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/procfs"
)

// Modes of a machine's interrupt controllers.
const (
	XAPIC  = "xapic"
	X2APIC = "x2apic"
)

// What is sent: the low half of the interrupt command register.
const (
	fixed   = 0x4000
	initX   = 0xc500 // level, assert: as every operating system does in xAPIC mode
	initX2  = 0x4500
	startup = 0x4600

	msrBase    = 0x1b  // IA32_APIC_BASE; bit 11 enabled, bit 10 x2APIC
	msrCommand = 0x830 // interrupt command register
)

// Access says what keeps a program from the controllers, and what would cure that.
type Access struct{ What, On, Do string }

func (e *Access) Error() string {
	s := e.What
	for _, more := range []string{e.On, e.Do} {
		if more != "" {
			s += ": " + more
		}
	}
	return s
}

// Bus reaches the interrupt controllers of all processors. Any goroutine may use it. Its descriptors
// are plain numbers, unknown to the Go runtime's poller.
type Bus struct {
	mode string
	msrs []int // descriptor by CPU, -1 where there is none; x2APIC
	page *page // xAPIC
}

// Open finds out the mode and opens what it takes to send. The module msr must have been loaded (only
// for processors that know x2APIC).
func Open() (*Bus, error) {
	mode, base, err := probe()
	if err != nil {
		return nil, err
	}
	b := &Bus{mode: mode}
	if mode == XAPIC {
		b.page, err = openPage(base)
		return b, err
	}
	// A write is quick only on the CPU where we are when we make it: one descriptor for each.
	for cpu := 0; ; cpu++ {
		if _, err := os.Stat("/dev/cpu/" + strconv.Itoa(cpu)); err != nil && cpu > 0 {
			return b, nil
		}
		fd, err := openMSR(cpu)
		if err != nil && cpu == 0 {
			return nil, err
		}
		if err != nil {
			fd = -1 // offline
		}
		b.msrs = append(b.msrs, fd)
	}
}

// Descriptors are all that the bus has open.
func (b *Bus) Descriptors() []int {
	var list []int
	for _, fd := range b.msrs {
		if fd >= 0 {
			list = append(list, fd)
		}
	}
	return list
}

// Mode is XAPIC or X2APIC.
func (b *Bus) Mode() string { return b.mode }

// Close gives everything back.
func (b *Bus) Close() {
	for _, fd := range b.Descriptors() {
		unix.Close(fd)
	}
	if b.page != nil {
		b.page.close()
	}
}

// Init stops the processor with the id: it waits for a start-up from then on. It forgets what it did and
// keeps its caches coherent. Never send it to a CPU that Linux has online.
func (b *Bus) Init(id uint32) error {
	if b.mode == X2APIC {
		return b.send(id, initX2)
	}
	return b.page.send(id, initX, true)
}

// Startup makes a processor that waits for it begin in real mode at physical address page<<12, below 1 MiB.
func (b *Bus) Startup(id uint32, page uint8) error {
	if b.mode == X2APIC {
		return b.send(id, startup|uint32(page))
	}
	return b.page.send(id, startup|uint32(page), true)
}

// Interrupt sends a vector: some microseconds at most; it does not allocate.
func (b *Bus) Interrupt(id uint32, vector uint8) error {
	if b.mode == X2APIC {
		return b.send(id, fixed|uint32(vector))
	}
	return b.page.send(id, fixed|uint32(vector), false)
}

// send writes the register on the CPU where we are: on any other Linux would have to ask that one.
func (b *Bus) send(id, low uint32) error {
	fd := b.msrs[0]
	if cpu, err := getcpu(); err == nil && cpu < len(b.msrs) && b.msrs[cpu] >= 0 {
		fd = b.msrs[cpu]
	}
	var buf [8]byte
	binary.LittleEndian.PutUint64(buf[:], uint64(id)<<32|uint64(low))
	if _, err := unix.Pwrite(fd, buf[:], msrCommand); err != nil {
		return &Access{"cannot send an interrupt", err.Error(), "is writing of MSRs allowed? modprobe -r msr; modprobe msr allow_writes=on"}
	}
	return nil
}

func openMSR(cpu int) (int, error) {
	fd, err := unix.Open("/dev/cpu/"+strconv.Itoa(cpu)+"/msr", unix.O_RDWR|unix.O_CLOEXEC, 0)
	switch {
	case err == nil:
		return fd, nil
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENXIO):
		return -1, &Access{"model-specific registers cannot be reached", err.Error(), "modprobe msr (`skerry node reserve` does)"}
	case errors.Is(err, syscall.EPERM):
		return -1, &Access{"the kernel forbids access to model-specific registers", err.Error(),
			"is it locked down (Secure Boot)? and is this root of the machine, not of a container?"}
	}
	return -1, &Access{"model-specific registers cannot be reached", err.Error(), "be root"}
}

// probe tells the mode and the physical address of the controllers' page.
func probe() (mode string, base int64, err error) {
	const usual = 0xfee00000
	fd, err := openMSR(0)
	if err != nil {
		// Without the module: a processor that does not know x2APIC is not in it.
		if known, err2 := flag("x2apic"); err2 == nil && !known {
			return XAPIC, usual, nil
		}
		return "", 0, err
	}
	defer unix.Close(fd)
	var buf [8]byte
	if _, err := unix.Pread(fd, buf[:], msrBase); err != nil {
		return "", 0, &Access{"the mode of the interrupt controllers cannot be read", err.Error(), "does the hypervisor hide them?"}
	}
	return modeOf(binary.LittleEndian.Uint64(buf[:]))
}

func modeOf(v uint64) (mode string, base int64, err error) {
	switch v >> 10 & 3 {
	case 3:
		return X2APIC, 0, nil
	case 2:
		return XAPIC, int64(v & 0xffffff000), nil
	}
	return "", 0, &Access{"this machine's interrupt controllers are off", fmt.Sprintf("IA32_APIC_BASE is %#x", v), "boot without nolapic"}
}

// flag reports whether the first processor has a flag in /proc/cpuinfo.
func flag(name string) (bool, error) {
	text, err := procfs.ReadAll("/proc/cpuinfo")
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(text)) {
		if key, flags, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "flags" {
			for f := range strings.FieldsSeq(flags) {
				if f == name {
					return true, nil
				}
			}
			return false, nil
		}
	}
	return false, errors.New("no flags")
}
