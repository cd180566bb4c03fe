package plan

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"syscall"

	"github.com/skerry-os/skerry/fwk/cgroup"
	"github.com/skerry-os/skerry/fwk/procfs"
)

const (
	// Granule is the size of a large page, and the unit in which an enclave gets memory.
	Granule = 2 << 20
	// MinMem is the least memory that an enclave works with.
	MinMem = 16 << 20
)

// Memory is a machine's memory in bytes.
type Memory struct {
	Total     uint64 // what Linux manages
	Available uint64 // what could be had now without swapping
	Limit     uint64 // what the control group allows; 0 is no limit
}

// usable is the most that a plan may ask for.
func (m Memory) usable() uint64 {
	if m.Limit != 0 && m.Limit < m.Total {
		return m.Limit
	}
	return m.Total
}

// memory decides Mem from --mem. Without it: three quarters of what is available. The enclave does
// not take that much, it may grow to it.
func (p *Plan) memory(ask string, h *Host) error {
	m, err := h.Memory()
	if err != nil {
		return Failure("cannot ask Linux for the memory's size", err.Error(), "give --mem SIZE")
	}
	if ask == "" {
		p.Mem = max(min(m.Available, m.usable())/4*3, MinMem) &^ (Granule - 1)
		return nil
	}
	n, err := ParseSize(ask, m.Total)
	if err != nil {
		return Failure("bad --mem", err.Error(), "give a size such as 512M or 2G, or a share such as 50%")
	}
	if n < MinMem {
		return Failure("too little memory for an enclave", "--mem "+ask, "give at least "+FormatSize(MinMem))
	}
	if n > m.usable() {
		owner := "the machine has "
		if m.usable() < m.Total {
			owner = "this process's control group allows "
		}
		return Failure("more memory than there is", "--mem "+ask, owner+FormatSize(m.usable()))
	}
	p.Mem = n &^ (Granule - 1)
	return nil
}

// ParseSize reads a number of bytes: "1048576", "64M", "1.5GiB", or "50%" of total. The suffixes K,
// M, G and T, with or without "iB" and in either case, are powers of 1024. "MB" is refused: half of
// the world reads it as 1000000.
func ParseSize(text string, total uint64) (uint64, error) {
	s := strings.TrimSpace(text)
	end := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		end = len(s)
	}
	digits, unit := s[:end], strings.ToUpper(strings.TrimSpace(s[end:]))
	if digits == "" || digits == "." {
		return 0, fmt.Errorf("%q is not a size", text)
	}
	var scale float64
	shift := 0
	switch unit {
	case "%":
		scale = float64(total) / 100
	case "":
		scale = 1
	default:
		shift = (strings.IndexByte("KMGT", unit[0]) + 1) * 10
		if shift == 0 || (unit[1:] != "" && unit[1:] != "IB") {
			return 0, fmt.Errorf("%q has an unknown unit (K, M, G, T, KiB, MiB, GiB, TiB and %% are known)", text)
		}
		scale = float64(uint64(1) << shift)
	}
	// Whole numbers stay exact; a float holds a size only up to 2^53.
	if n, err := strconv.ParseUint(digits, 10, 64); err == nil && unit != "%" {
		if bits.Len64(n)+shift > 63 {
			return 0, fmt.Errorf("%q is absurdly large", text)
		}
		return n << shift, nil
	}
	f, err := strconv.ParseFloat(digits, 64)
	switch {
	case err != nil && math.IsInf(f, 0):
	case err != nil:
		return 0, fmt.Errorf("%q is not a size", text)
	case unit == "":
		return 0, fmt.Errorf("%q is not a whole number of bytes", text)
	}
	if f *= scale; f >= 1<<63 {
		return 0, fmt.Errorf("%q is absurdly large", text)
	}
	return uint64(f), nil
}

// FormatSize writes n bytes with the largest unit that leaves at least one before the point:
// "16 MiB", "23.5 GiB".
func FormatSize(n uint64) string {
	units := [...]string{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	i := 0
	f := float64(n)
	for ; f >= 1024 && i < len(units)-1; i++ {
		f /= 1024
	}
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0") + " " + units[i]
}

// memoryHere reads this machine's memory: sysinfo(2) for the total, one line of /proc/meminfo for
// what is available (sysinfo does not count what the page cache would give back), and the group's
// limit. Without /proc, available is what is free.
func memoryHere() (Memory, error) {
	var si syscall.Sysinfo_t
	if err := syscall.Sysinfo(&si); err != nil {
		return Memory{}, err
	}
	unit := uint64(si.Unit)
	m := Memory{Total: uint64(si.Totalram) * unit, Available: (uint64(si.Freeram) + uint64(si.Bufferram)) * unit}
	if n, ok := available(); ok {
		m.Available = n
	}
	if n, ok := (cgroup.FS{}).MemoryLimit(); ok {
		m.Limit = n
	}
	return m, nil
}

func available() (uint64, bool) {
	text, err := procfs.Head("/proc/meminfo", 256) // the line is the third
	if err != nil {
		return 0, false
	}
	_, rest, ok := strings.Cut(text, "MemAvailable:")
	line, _, ok2 := strings.Cut(rest, " kB")
	if !ok || !ok2 {
		return 0, false
	}
	kib, err := strconv.ParseUint(strings.TrimSpace(line), 10, 54)
	return kib << 10, err == nil
}
