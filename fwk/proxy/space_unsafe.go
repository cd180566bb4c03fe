package proxy

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
)

// space is the enclave's memory as this process sees it: all of it once, at mem, and the parts that back
// program addresses a second time, at those addresses. Everything in the window that backs nothing is
// reserved (inaccessible), so that neither Linux nor the Go runtime ever places anything there: an address
// in the window is the enclave's memory or a fault, at any time. That is what makes a check of a pointer
// hold until Linux uses it.
type space struct {
	fd     int
	size   uint64
	free   abi.Section
	mem    []byte
	window window

	// granule has, for each granule of program addresses, the granule of the enclave's memory behind it,
	// plus one; 0: none. Written by the keeper alone.
	granule *[granules]uint32
}

const granules = 1 << 47 / abi.Granule

const (
	protNone = 0
	protRW   = syscall.PROT_READ | syscall.PROT_WRITE
	mapFixed = 0x10
	mapNew   = 0x100000 // MAP_FIXED_NOREPLACE
	reserve  = syscall.MAP_PRIVATE | syscall.MAP_ANON | syscall.MAP_NORESERVE
)

func mmap(at, n uintptr, prot, flags, fd int, off uint64) (uintptr, error) {
	a, _, e := syscall.Syscall6(syscall.SYS_MMAP, at, n, uintptr(prot), uintptr(flags), uintptr(fd), uintptr(off))
	if e != 0 {
		return 0, e
	}
	if flags&mapNew != 0 && a != at { // a kernel that does not know the flag
		syscall.Syscall(syscall.SYS_MUNMAP, a, n, 0)
		return 0, syscall.EEXIST
	}
	return a, nil
}

// newSpace maps the enclave's memory and reserves the window.
func newSpace(fd int, size uint64, free abi.Section, within span) (*space, error) {
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("proxy: the enclave's memory: %w", err)
	}
	if size == 0 || size%abi.Granule != 0 || uint64(st.Size) != size {
		return nil, fmt.Errorf("proxy: the enclave's memory is a file of %d bytes, should be %d, a multiple of 2 MiB", st.Size, size)
	}
	s := &space{fd: fd, size: size, free: free}
	// Aligned, and with a guard after it.
	a, err := mmap(0, uintptr(size)+2*guardSize, protNone, reserve, -1, 0)
	if err != nil {
		return nil, addressError(err)
	}
	a = (a + guardSize - 1) &^ (guardSize - 1)
	if _, err = mmap(a, uintptr(size), protRW, syscall.MAP_SHARED|mapFixed, fd, 0); err != nil {
		return nil, fmt.Errorf("proxy: cannot map the enclave's memory: %w", err)
	}
	s.mem = unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), a)), size)
	t, err := mmap(0, unsafe.Sizeof(*s.granule), protRW, reserve, -1, 0)
	if err != nil {
		return nil, addressError(err)
	}
	s.granule = (*[granules]uint32)(unsafe.Add(unsafe.Pointer(nil), t))
	for try := 0; ; try++ {
		m, err := mappings()
		if err != nil {
			return nil, err
		}
		// What is reserved already is a mapping now: the gaps left are what is still missing.
		left := gaps(within, m)
		if len(left)+len(s.window) > 62 {
			return nil, fmt.Errorf("proxy: this process's own memory is in too many pieces: %d", len(left))
		}
		raced := false
		for _, w := range left {
			if _, err := mmap(uintptr(w.start), uintptr(w.end-w.start)+guardSize, protNone, reserve|mapNew, -1, 0); err == syscall.EEXIST {
				raced = true // the runtime mapped something meanwhile
			} else if err != nil {
				return nil, addressError(err)
			} else {
				s.window = append(s.window, w)
			}
		}
		s.window.sort()
		if !raced {
			return s, nil
		}
		if try == 10 {
			return nil, fmt.Errorf("proxy: the window of program addresses cannot be reserved: other threads keep mapping memory")
		}
	}
}

func addressError(err error) error {
	return fmt.Errorf("proxy: no room for the program's addresses: %w; raise the limit on address space (ulimit -v unlimited)", err)
}

// at returns the address of an offset of the enclave's memory.
func (s *space) at(off uint64) uintptr { return uintptr(unsafe.Pointer(&s.mem[off])) }

// words views n 32-bit words at an offset. Safe: the slice expression checks the bounds, and mem is
// never unmapped.
func words(mem []byte, off uint64, n int) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(mem[off:off+uint64(n)*4]))), n)
}

// set and unset run on the keeper, with arguments that apply has checked: the range is in the window.
func (s *space) set(va, off, n uint64) error {
	if _, err := mmap(uintptr(va), uintptr(n), protRW, syscall.MAP_SHARED|mapFixed, s.fd, off); err != nil {
		return fmt.Errorf("no mapping at %#x: %w (vm.max_map_count?)", va, err)
	}
	for i := uint64(0); i < n/abi.Granule; i++ {
		atomic.StoreUint32(&s.granule[(va/abi.Granule+i)%granules], uint32(off/abi.Granule+i)+1)
	}
	return nil
}

func (s *space) unset(va, n uint64) error {
	for i := uint64(0); i < n/abi.Granule; i++ {
		atomic.StoreUint32(&s.granule[(va/abi.Granule+i)%granules], 0)
	}
	if _, err := mmap(uintptr(va), uintptr(n), protNone, reserve|mapFixed, -1, 0); err != nil {
		return fmt.Errorf("no reservation at %#x: %w (vm.max_map_count?)", va, err)
	}
	return nil
}

// address is the address of memory that the caller keeps: a guard's buffer.
func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
