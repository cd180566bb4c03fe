package apic

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/procfs"
)

// Low is a mapping of some pages of the first MiB of physical memory, where a processor starts. Linux
// keeps all of it out of use once it has placed its own start-up code (since 5.13).
type Low struct{ Mem []byte }

// MapLow maps n bytes from physical address at, both multiples of a page, if firmware says that it is
// memory.
func MapLow(at, n int) (*Low, error) {
	if at <= 0 || at%4096 != 0 || n <= 0 || at+n > 1<<20 {
		return nil, fmt.Errorf("low memory from %#x, %d bytes: not below 1 MiB", at, n)
	}
	text, err := procfs.ReadAll("/proc/iomem")
	if err != nil {
		return nil, &Access{"cannot read where memory is", err.Error(), "mount /proc"}
	}
	if !isRAM(string(text), uint64(at), uint64(at+n-1)) {
		return nil, &Access{"firmware keeps the low memory in which cores start", fmt.Sprintf("%#x to %#x", at, at+n-1), "see /proc/iomem"}
	}
	mem, err := mapMem(int64(at), n, 0)
	var a *Access
	switch {
	case errors.As(err, &a):
		return nil, a
	case err != nil:
		return nil, &Access{"low memory cannot be mapped from /dev/mem", err.Error(), "boot with iomem=relaxed"}
	}
	return &Low{mem}, nil
}

// Close takes the mapping away.
func (l *Low) Close() { _ = unix.Munmap(l.Mem) }

// mapMem maps physical memory, readable and writable.
func mapMem(at int64, n, flags int) ([]byte, error) {
	fd, err := unix.Open("/dev/mem", unix.O_RDWR|unix.O_CLOEXEC|flags, 0)
	if err != nil {
		return nil, &Access{"/dev/mem cannot be opened", err.Error(),
			"be root of the machine, with a kernel that has CONFIG_DEVMEM and is not locked down"}
	}
	defer unix.Close(fd)
	return unix.Mmap(fd, at, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// isRAM reports whether all of [first, last] lies in one range that iomem calls "System RAM".
func isRAM(iomem string, first, last uint64) bool {
	for line := range strings.Lines(iomem) {
		span, name, ok := strings.Cut(line, " : ")
		if !ok || strings.TrimSpace(name) != "System RAM" {
			continue
		}
		a, b, _ := strings.Cut(strings.TrimSpace(span), "-")
		from, err1 := strconv.ParseUint(a, 16, 64)
		to, err2 := strconv.ParseUint(b, 16, 64)
		if err1 == nil && err2 == nil && from <= first && last <= to {
			return true
		}
	}
	return false
}
