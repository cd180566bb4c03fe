// Package pin keeps huge pages of a file where they are in physical memory, and tells where that is.
//
// Pages of a file may be moved by Linux at any time (memory hot-unplug, bad memory, compaction), which a
// core that uses them by physical address would not notice. A buffer that is registered with io_uring
// is pinned for as long as the ring lives: registering is the one way to pin for long that needs no
// driver. Pin first, then ask for addresses: pinning itself may move pages.
package pin

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Size of the pages, in bytes.
const Size = 2 << 20

// Map maps all of an open file of huge pages, shared, with every page there. mem is unmapped by unix.Munmap.
func Map(fd int, size uint64) (mem []byte, err error) {
	if size == 0 || size%Size != 0 || size > 1<<46 {
		return nil, fmt.Errorf("%d bytes are not whole huge pages", size)
	}
	mem, err = unix.Mmap(fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("cannot map huge pages: %w", err)
	}
	return mem, nil
}

// Where tells the physical address of each huge page of mem, which must be there. It needs root.
func Where(mem []byte) ([]uint64, error) {
	fd, err := unix.Open("/proc/self/pagemap", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot ask where memory is: %w", err)
	}
	defer unix.Close(fd)
	return where(descriptor(fd), address(mem), len(mem)/Size)
}

type descriptor int

func (fd descriptor) ReadAt(b []byte, off int64) (int, error) { return unix.Pread(int(fd), b, off) }

// where reads one entry for each huge page from a pagemap (Documentation/admin-guide/mm/pagemap.rst).
func where(pagemap interface {
	ReadAt([]byte, int64) (int, error)
}, addr uint64, pages int) ([]uint64, error) {
	const present, frame = 1 << 63, 1<<55 - 1
	list := make([]uint64, pages)
	var buf [8]byte
	for i := range list {
		if _, err := pagemap.ReadAt(buf[:], int64((addr+uint64(i)*Size)/4096*8)); err != nil {
			return nil, fmt.Errorf("cannot ask where memory is: %w", err)
		}
		v := binary.LittleEndian.Uint64(buf[:])
		switch {
		case v&present == 0:
			return nil, fmt.Errorf("huge page %d is not in memory", i)
		case v&frame == 0:
			return nil, fmt.Errorf("Linux does not tell where memory is: root's capabilities are missing")
		case v&frame*4096%Size != 0:
			return nil, fmt.Errorf("page %d is at %#x, not a huge page", i, v&frame*4096)
		}
		list[i] = v & frame * 4096
	}
	return list, nil
}
