package load

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
)

// fakeImage is an ELF file with text, read-only data, and data with room after it.
func fakeImage() []byte {
	f := make([]byte, 0x4000)
	le := binary.LittleEndian
	copy(f, "\x7fELF\x02\x01\x01")
	le.PutUint16(f[16:], 2)
	le.PutUint16(f[18:], 62)
	le.PutUint32(f[20:], 1)
	le.PutUint64(f[24:], abi.ImageLow+0x1080)
	le.PutUint64(f[32:], 64)
	le.PutUint16(f[52:], 64)
	le.PutUint16(f[54:], 56)
	le.PutUint16(f[56:], 3)
	for i, s := range [...]struct{ flags, off, addr, file, mem uint64 }{
		{5, 0, abi.ImageLow, 0x1800, 0x1800}, {4, 0x2000, abi.ImageLow + 0x2000, 0x800, 0x800}, {6, 0x3000, abi.ImageLow + 0x3000, 0x1000, 0x300000},
	} {
		p := f[64+56*i:]
		le.PutUint32(p, 1)
		le.PutUint32(p[4:], uint32(s.flags))
		for k, v := range [...]uint64{s.off, s.addr, s.addr, s.file, s.mem, 0x1000} {
			le.PutUint64(p[8+8*k:], v)
		}
	}
	for i := 0x1000; i < len(f); i++ {
		f[i] = byte(i >> 4)
	}
	return f
}

func loaded(t *testing.T) ([]byte, *abi.Boot, []uint64) {
	t.Helper()
	img, err := Open(bytes.NewReader(fakeImage()))
	if err != nil {
		t.Fatal(err)
	}
	const memory = 96 << 20
	b, err := enclave.Layout(2, memory, img.Size())
	if err != nil {
		t.Fatal(err)
	}
	mem := bytes.Repeat([]byte{0xaa}, memory)
	physical := make([]uint64, memory/abi.Granule)
	for i := range physical {
		physical[i] = uint64(0x1_4000_0000 + (i*7%len(physical))*abi.Granule) // scattered, above 4 GiB
	}
	if err := img.Load(mem, b, physical); err != nil {
		t.Fatal(err)
	}
	if err := enclave.Check(enclave.Boot(mem), memory); err != nil {
		t.Fatal(err)
	}
	return mem, b, physical
}

// walk is what the processor does: it returns the physical address and the entry's bits; ok is false where
// nothing is mapped.
func walk(mem []byte, b *abi.Boot, physical []uint64, addr uint64) (phys, bits uint64, ok bool) {
	offset := func(p uint64) uint64 {
		for i, g := range physical {
			if p >= g && p < g+abi.Granule {
				return uint64(i)*abi.Granule + p - g
			}
		}
		return 0
	}
	table := b.PML4
	for shift := 39; ; shift -= 9 {
		e := binary.LittleEndian.Uint64(mem[offset(table)+addr>>shift&511*8:])
		if e&present == 0 {
			return 0, 0, false
		}
		if shift == 12 || e&large != 0 && shift == 21 {
			size := uint64(1) << shift
			return e&0x000ffffffffff000&^(size-1) + addr&(size-1), e, true
		}
		table = e & 0x000ffffffffff000
	}
}

// TestTables: everything is where it should be, nothing is both writable and executable, nothing is the
// program's, and nothing else is mapped.
func TestTables(t *testing.T) {
	mem, b, physical := loaded(t)
	mapped := map[uint64]int{}
	for off := uint64(0); off < b.Memory; off += abi.Granule {
		p, bits, ok := walk(mem, b, physical, abi.LinearBase+off+0x1234)
		if image := off >= b.Image.Off && off < b.Image.Off+b.Image.Len; image == ok {
			t.Errorf("offset %#x: image %v, mapped %v", off, image, ok)
		} else if ok && (p != physical[off/abi.Granule]+0x1234 || bits&noExec == 0 || bits&writable == 0 || bits&4 != 0) {
			t.Errorf("offset %#x: physical %#x, entry %#x", off, p, bits)
		} else if ok {
			mapped[p&^(abi.Granule-1)]++
		}
	}
	for a := uint64(abi.ImageLow); a < abi.ImageLow+0x400000; a += page {
		p, bits, ok := walk(mem, b, physical, a)
		want := a < abi.ImageLow+0x303000
		if ok != want {
			t.Fatalf("image at %#x: mapped %v", a, ok)
		}
		if !ok {
			continue
		}
		off := b.Image.Off + a - abi.ImageLow
		write, exec := bits&writable != 0, bits&noExec == 0
		if p != physical[off/abi.Granule]+off%abi.Granule || bits&4 != 0 || exec != (a < abi.ImageLow+0x2000) || write != (a >= abi.ImageLow+0x3000) {
			t.Errorf("image at %#x: physical %#x, entry %#x", a, p, bits)
		}
	}
	if p, bits, ok := walk(mem, b, physical, abi.LAPICBase); !ok || p != 0xfee00000 || bits&noCache != noCache || bits&noExec == 0 {
		t.Errorf("interrupt controller: %#x, entry %#x", p, bits)
	}
	for _, a := range []uint64{0, 0x8000, 0xfee00000, physical[0], abi.LinearBase + b.Memory, abi.ImageLow - page, abi.LAPICBase + page} {
		if _, bits, ok := walk(mem, b, physical, a); ok {
			t.Errorf("%#x is mapped: %#x", a, bits)
		}
	}
	if !bytes.Equal(mem[b.Image.Off+0x3000:b.Image.Off+0x4000], fakeImage()[0x3000:]) || mem[b.Image.Off+0x4000] != 0 {
		t.Error("the image's data is not there")
	}
}

func TestRefused(t *testing.T) {
	for name, change := range map[string]func(f []byte){
		"no ELF":        func(f []byte) { f[0] = 0 },
		"other machine": func(f []byte) { f[18] = 3 },
		"relocatable":   func(f []byte) { f[16] = 3 },
		"low address":   func(f []byte) { binary.LittleEndian.PutUint64(f[64+16:], 0x400000) },
		"too large":     func(f []byte) { binary.LittleEndian.PutUint64(f[64+2*56+40:], 1<<30) },
		"shared page":   func(f []byte) { binary.LittleEndian.PutUint64(f[64+56+16:], abi.ImageLow+0x1000) },
		"beyond end":    func(f []byte) { binary.LittleEndian.PutUint64(f[64+56+8:], 1<<20) },
	} {
		f := fakeImage()
		change(f)
		if _, err := Open(bytes.NewReader(f)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	f := fakeImage()
	f[64+4] = 7 // writable and executable
	img, err := Open(bytes.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	b, err := enclave.Layout(1, 64<<20, img.Size())
	if err != nil {
		t.Fatal(err)
	}
	if img.Load(make([]byte, 64<<20), b, make([]uint64, 32)) == nil {
		t.Error("a writable and executable segment was loaded")
	}
}

func TestEntry(t *testing.T) {
	mem, b, _ := loaded(t)
	for _, at := range []uint32{0, 0x8001, 1<<20 - page, 1 << 20} {
		if _, err := Trampoline(mem, b, at); err == nil {
			t.Errorf("a trampoline at %#x", at)
		}
	}
	tr, err := Trampoline(mem, b, 0x9000)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	if le.Uint64(tr[0xb8:]) != b.Entry || le.Uint32(tr[0xb0:]) != 0xa000 || !bytes.Equal(tr[page+256*8:2*page], mem[b.Tables.Off+256*8:b.Tables.Off+page]) {
		t.Error("entry, page table or upper half are not the enclave's")
	}
	raw, err := PVH(mem, b)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Progs) != 2 || f.Progs[0].Paddr != 0x100000 || f.Progs[1].Type != elf.PT_NOTE {
		t.Errorf("%+v", f.Progs)
	}
}
