package launch

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/procfs"
)

// VectorLinux is an interrupt vector for which Linux has a handler that does nothing
// (x86_platform_ipi), but passes a tracepoint: a performance event on it wakes us.
const VectorLinux = 0xf7

// Bell is Linux's end of the doorbell from the LWK. Rings that come while nobody waits are kept as one.
type Bell struct {
	fd   int
	page []byte // the event's first page, then one page of records, which nobody reads
}

// OpenBell makes one CPU's rings wake Wait. It needs root and, for the tracepoint's number, tracefs.
func OpenBell(cpu int) (*Bell, error) {
	id, err := tracepoint("irq_vectors/x86_platform_ipi_entry")
	if err != nil {
		return nil, err
	}
	attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_TRACEPOINT, Config: id, Sample: 1, Wakeup: 1}
	attr.Size = uint32(unsafe.Sizeof(attr))
	fd, err := unix.PerfEventOpen(&attr, -1, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("perf_event_open on CPU %d: %w", cpu, err)
	}
	page, err := unix.Mmap(fd, 0, 2*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("the event's buffer: %w", err)
	}
	return &Bell{fd, page}, nil
}

// Wait blocks until the LWK has rung since the last Wait, for ms milliseconds at most (-1: for ever), or
// until a signal comes. It reports whether it rang. It does not allocate.
func (b *Bell) Wait(ms int) bool {
	// data_head and data_tail of struct perf_event_mmap_page: records need not be read, only taken away,
	// or the buffer is full and wakes nobody.
	head, tail := (*uint64)(unsafe.Pointer(&b.page[1024])), (*uint64)(unsafe.Pointer(&b.page[1032]))
	if h := atomic.LoadUint64(head); h != atomic.LoadUint64(tail) {
		atomic.StoreUint64(tail, h)
		return true
	}
	p := unix.PollFd{Fd: int32(b.fd), Events: unix.POLLIN}
	_, _, e := unix.Syscall(unix.SYS_POLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(ms))
	rang := e == 0 && p.Revents != 0
	atomic.StoreUint64(tail, atomic.LoadUint64(head))
	return rang
}

// Close gives the event back.
func (b *Bell) Close() {
	_ = unix.Munmap(b.page)
	unix.Close(b.fd)
}

// tracepoint reads the number of a tracepoint. Where tracefs is not mounted, it is mounted for a moment.
func tracepoint(name string) (uint64, error) {
	for _, dir := range []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"} {
		if id, err := readID(dir, name); err == nil {
			return id, nil
		}
	}
	dir, err := os.MkdirTemp("/run", "skerry-trace-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(dir)
	if err := unix.Mount("tracefs", dir, "tracefs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return 0, fmt.Errorf("tracefs: %w", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	return readID(dir, name)
}

func readID(dir, name string) (uint64, error) {
	text, err := procfs.Read(dir + "/events/" + name + "/id")
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(text, 10, 64)
}
