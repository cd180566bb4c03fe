package apic

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// page is the register page of the controller of whichever CPU touches it, xAPIC.
//
// Safe as far as Go goes: the mapping lives until close, and only the two halves of the command register
// are touched, as aligned 32-bit words. What makes it dangerous otherwise is told in the package comment.
type page struct {
	mu  sync.Mutex
	mem []byte
}

const (
	regLow = 0x300
	busy   = 1 << 12
)

func openPage(base int64) (*page, error) {
	mem, err := mapMem(base, 4096, unix.O_SYNC) // not cached
	if a := (*Access)(nil); errors.As(err, &a) {
		return nil, a
	}
	if errors.Is(err, unix.EPERM) {
		return nil, &Access{"the kernel keeps /dev/mem from the interrupt controller", err.Error(),
			"boot with iomem=relaxed, or a kernel of version 6.12 or later, or let Linux use x2APIC"}
	}
	if err != nil {
		return nil, &Access{"the interrupt controller cannot be mapped", err.Error(), ""}
	}
	return &page{mem: mem}, nil
}

func (p *page) close() { _ = unix.Munmap(p.mem) }

// send writes target and command. careful is for commands that must not go astray.
func (p *page) send(id, low uint32, careful bool) error {
	if id > 254 {
		return errors.New("xAPIC cannot reach a processor with an id above 254")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	restore, err := pin(careful)
	if err != nil {
		return err
	}
	defer restore()
	command := (*uint32)(unsafe.Pointer(&p.mem[regLow]))
	for range 1000 {
		// Linux's own may still be on its way.
		for i := 0; i < 100000 && atomic.LoadUint32(command)&busy != 0; i++ {
		}
		if deliver(uintptr(unsafe.Pointer(&p.mem[0])), id<<24, low, harmless) == id<<24 {
			for i := 0; i < 100000 && atomic.LoadUint32(command)&busy != 0; i++ {
			}
			return nil
		}
	}
	return &Access{"the interrupt controller does not come to rest", "Linux sends all the time", "try again"}
}

// deliver is in assembly.
//
//go:noescape
func deliver(page uintptr, target, command, harmless uint32) (seen uint32)

// harmless is what goes to a target of Linux's when Linux came between: x86_platform_ipi, whose handler
// does nothing.
const harmless = fixed | 0xf7

// pin keeps the calling thread on the CPU where it is: both stores must reach the same controller. With
// careful it also gets real-time priority. restore puts back how it was.
func pin(careful bool) (restore func(), err error) {
	var old, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &old); err != nil {
		return nil, err
	}
	cpu, err := getcpu()
	if err != nil {
		return nil, err
	}
	one.Set(cpu)
	if !careful && old.Count() == 1 {
		return func() {}, nil // it stays where it is anyway
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return nil, err
	}
	fifo := false
	if careful {
		if attr, err := unix.SchedGetAttr(0, 0); err == nil {
			before := *attr
			attr.Policy, attr.Priority = unix.SCHED_FIFO, 1
			// Without the right to it, or with no real-time time left, it goes without.
			if fifo = unix.SchedSetAttr(0, attr, 0) == nil; fifo {
				return func() {
					_ = unix.SchedSetAttr(0, &before, 0)
					_ = unix.SchedSetaffinity(0, &old)
				}, nil
			}
		}
	}
	return func() { _ = unix.SchedSetaffinity(0, &old) }, nil
}

func getcpu() (int, error) {
	var cpu uint32
	// Linux writes 4 bytes to cpu, which outlives the call.
	if _, _, e := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0); e != 0 {
		return 0, e
	}
	return int(cpu), nil
}
