package load

import (
	"debug/elf"
	"encoding/binary"
	"fmt"

	"github.com/skerry-os/skerry/abi"
)

// Bits of page table entries (Intel SDM volume 3, 4.5; AMD APM volume 2, 5.3).
const (
	present  = 1 << 0
	writable = 1 << 1
	noCache  = 1<<3 | 1<<4
	used     = 1<<5 | 1<<6 // accessed and dirty: the processor need not set them
	large    = 1 << 7
	global   = 1 << 8
	noExec   = 1 << 63

	page  = 4096
	lapic = 0xfee00000
)

// tables makes page tables in the section b.Tables.
type tables struct {
	mem      []byte
	b        *abi.Boot
	physical []uint64
	next     uint64
	made     [][2]uint64 // entry and the table that it leads to, offsets
}

func (t *tables) build(img *Image) error {
	top := t.page()
	t.b.PML4 = t.phys(top)
	// All memory but the image's granules, which no other address may write.
	for off := uint64(0); off < t.b.Memory; off += abi.Granule {
		if off >= t.b.Image.Off && off < t.b.Image.Off+t.b.Image.Len {
			continue
		}
		dir, err := t.walk(top, abi.LinearBase+off, 2)
		if err != nil {
			return err
		}
		put64(t.mem, dir, t.phys(off)|present|writable|used|large|global|noExec)
	}
	for _, s := range img.segments {
		flags := uint64(present | used | global)
		if s.flags&elf.PF_W != 0 {
			flags |= writable
		}
		if s.flags&elf.PF_X == 0 {
			flags |= noExec
		} else if s.flags&elf.PF_W != 0 {
			return fmt.Errorf("the LWK's image has a segment at %#x that is both writable and executable", s.addr)
		}
		for a := s.addr &^ (page - 1); a < s.addr+s.size; a += page {
			e, err := t.walk(top, a, 1)
			if err != nil {
				return err
			}
			put64(t.mem, e, t.phys(t.b.Image.Off+a-abi.ImageLow)|flags)
		}
	}
	e, err := t.walk(top, abi.LAPICBase, 1)
	if err != nil {
		return err
	}
	put64(t.mem, e, lapic|present|writable|noCache|used|global|noExec)
	return nil
}

// walk returns the offset of the entry for addr at a level (1: 4 KiB pages, 2: 2 MiB), making tables on
// the way.
func (t *tables) walk(table, addr uint64, level int) (uint64, error) {
	for l := 4; ; l-- {
		e := table + addr>>(12+9*(l-1))&511*8
		if l == level {
			return e, nil
		}
		if binary.LittleEndian.Uint64(t.mem[e:])&present == 0 {
			if t.next == t.b.Tables.Off+t.b.Tables.Len {
				return 0, fmt.Errorf("no room for the first page tables (%d KiB)", t.b.Tables.Len>>10)
			}
			n := t.page()
			put64(t.mem, e, t.phys(n)|present|writable|used)
			t.made = append(t.made, [2]uint64{e, n})
			table = n
			continue
		}
		for _, m := range t.made {
			if m[0] == e {
				table = m[1]
				break
			}
		}
	}
}

// page takes the next page, which is clear.
func (t *tables) page() uint64 {
	t.next += page
	return t.next - page
}

// phys is the physical address of an offset.
func (t *tables) phys(off uint64) uint64 {
	return t.physical[off/abi.Granule] + off%abi.Granule
}

func put64(mem []byte, off, v uint64) { binary.LittleEndian.PutUint64(mem[off:], v) }

// resetRing makes a ring's slots free for a sender at position 0 (package ikc): a slot ends in its
// sequence number.
func resetRing(mem []byte, s abi.Section) {
	for i := range uint32(s.Len / 64) {
		binary.LittleEndian.PutUint32(mem[s.Off+uint64(i)*64+60:], i)
	}
}
