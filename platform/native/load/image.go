// Package load is what the Linux side does to an enclave's memory before its cores start: it puts the
// LWK's image there, makes the first page tables, and fills the boot page. The same code serves real
// machines (fwk/launch) and kernel tests in QEMU; only how a core comes into 64-bit mode differs (see
// Trampoline and PVH).
package load

import (
	"debug/elf"
	"fmt"
	"io"

	"github.com/skerry-os/skerry/abi"
)

// Image is the LWK's image, an ELF file linked to abi.ImageLow.
type Image struct {
	entry    uint64
	size     uint64 // from abi.ImageLow to its end
	segments []segment
}

type segment struct {
	addr, size uint64 // in memory
	data       []byte
	flags      elf.ProgFlag
}

// Open reads an image.
func Open(r io.ReaderAt) (*Image, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, fmt.Errorf("the LWK's image: %w", err)
	}
	defer f.Close()
	if f.Machine != elf.EM_X86_64 || f.Type != elf.ET_EXEC {
		return nil, fmt.Errorf("the LWK's image is for %v, type %v: it is not one of skerry's", f.Machine, f.Type)
	}
	img := &Image{entry: f.Entry}
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Memsz == 0 {
			continue
		}
		if p.Vaddr < abi.ImageLow || p.Vaddr > abi.ImageLow+maxImage || p.Memsz > maxImage || p.Filesz > p.Memsz {
			return nil, fmt.Errorf("the LWK's image has a segment of %d bytes at %#x: it is not one of skerry's", p.Memsz, p.Vaddr)
		}
		s := segment{addr: p.Vaddr, size: p.Memsz, data: make([]byte, p.Filesz), flags: p.Flags}
		if _, err := io.ReadFull(p.Open(), s.data); err != nil {
			return nil, fmt.Errorf("the LWK's image: %w", err)
		}
		if n := len(img.segments); n > 0 && img.segments[n-1].addr+img.segments[n-1].size > p.Vaddr&^(page-1) {
			return nil, fmt.Errorf("the LWK's image: its segments share the page at %#x", p.Vaddr&^(page-1))
		}
		img.segments = append(img.segments, s)
		img.size = p.Vaddr + p.Memsz - abi.ImageLow
	}
	if img.size == 0 {
		return nil, fmt.Errorf("the LWK's image has nothing to load")
	}
	return img, nil
}

// maxImage is the most that an image may take, in bytes.
const maxImage = 64 << 20

// Size is what the image takes in memory, for enclave.Layout.
func (img *Image) Size() uint64 { return img.size }

// Load clears what comes before b.Free and fills it: boot page, image, page tables, rings. b is what
// enclave.Layout made, with the Linux side's fields filled in (all but Entry and PML4); physical holds
// the physical address of each granule. mem is the enclave's memory, all of it.
func (img *Image) Load(mem []byte, b *abi.Boot, physical []uint64) error {
	if uint64(len(mem)) != b.Memory || uint64(len(physical)) != b.Memory/abi.Granule {
		return fmt.Errorf("enclave of %d bytes: %d mapped, %d physical addresses", b.Memory, len(mem), len(physical))
	}
	if b.Image.Len < img.size {
		return fmt.Errorf("enclave laid out for an image of %d bytes, which has %d", b.Image.Len, img.size)
	}
	clear(mem[:b.Free.Off])
	for i, p := range physical {
		if p%abi.Granule != 0 || p>>52 != 0 {
			return fmt.Errorf("granule %d of the enclave at physical address %#x: not a multiple of 2 MiB", i, p)
		}
		put64(mem, b.Granules.Off+uint64(i)*8, p)
	}
	for _, s := range img.segments {
		copy(mem[b.Image.Off+s.addr-abi.ImageLow:], s.data)
	}
	b.Entry = img.entry
	t := tables{mem: mem, b: b, physical: physical, next: b.Tables.Off}
	if err := t.build(img); err != nil {
		return err
	}
	resetRing(mem, b.Requests)
	for i := range uint64(b.NCores) {
		n := b.Replies.Len / uint64(b.NCores)
		resetRing(mem, abi.Section{Off: b.Replies.Off + i*n, Len: n})
	}
	resetRing(mem, b.MapLog)
	writeBoot(mem, b)
	return nil
}
