package image

import (
	"debug/elf"
	"encoding/binary"
	"io"
	"testing"
)

// memory reads an image's file as if it were loaded at bias.
func memory(img *Image, f io.ReaderAt, bias uint64) func(uint64, []byte) bool {
	return func(addr uint64, b []byte) bool {
		for i := range img.Segments {
			s := &img.Segments[i]
			if off := addr - bias - s.Vaddr; off < s.FileSize && uint64(len(b)) <= s.FileSize-off {
				_, err := f.ReadAt(b, int64(s.FileOff+off))
				return err == nil
			}
		}
		return false
	}
}

// Symbols that a compiled program still has tell where its functions are.
func TestEHIndexCompiled(t *testing.T) {
	path := build(t, `
#include <stdio.h>
__attribute__((noinline)) int one(int x) { return printf("%d\n", x); }
__attribute__((noinline)) int two(int x) { return one(x) + one(x + 1); }
int main(int argc, char **argv) { return two(argc); }
`)
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	syms, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	img, file, _ := open(t, path)
	const bias = 0x555555554000
	x, ok := NewEHIndex(bias+img.EHAddr, img.EHLen, memory(img, file, bias))
	if !ok || x.Count() < 4 {
		t.Fatalf("no index: %v, %d entries of %#x+%#x", ok, x.Count(), img.EHAddr, img.EHLen)
	}
	found := 0
	for _, s := range syms {
		if s.Name != "one" && s.Name != "two" && s.Name != "main" && s.Name != "_start" {
			continue
		}
		found++
		first, last := bias+s.Value, bias+s.Value+s.Size
		for _, pc := range []uint64{first, first + s.Size/2, last - 1} {
			if start, end, ok := x.Lookup(pc); !ok || start != first || end != last {
				t.Errorf("%s at %#x: got %#x-%#x %v, want %#x-%#x", s.Name, pc, start, end, ok, first, last)
			}
		}
		if start, _, ok := x.Lookup(last); ok && start < last {
			t.Errorf("%s ends at %#x, but that is found in %#x", s.Name, last, start)
		}
	}
	if found != 4 {
		t.Errorf("only %d of the functions are in the symbol table", found)
	}
	for _, pc := range []uint64{0, 1, bias, bias + img.High, UserEnd, ^uint64(0)} {
		if start, end, ok := x.Lookup(pc); ok {
			t.Errorf("%#x is in no function, got %#x-%#x", pc, start, end)
		}
	}
}

// A stripped C library: the functions that it exports.
func TestEHIndexLibc(t *testing.T) {
	const path = "/lib/x86_64-linux-gnu/libc.so.6"
	img, file, _ := open(t, path)
	ref, err := elf.NewFile(file)
	if err != nil {
		t.Fatal(err)
	}
	syms, err := ref.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	x, ok := NewEHIndex(img.EHAddr, img.EHLen, memory(img, file, 0))
	if !ok {
		t.Fatal("no index")
	}
	all, exact := 0, 0
	for _, s := range syms {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Value == 0 || s.Size == 0 {
			continue
		}
		all++
		start, end, ok := x.Lookup(s.Value + s.Size/2)
		if ok && (start > s.Value+s.Size/2 || end <= s.Value+s.Size/2) {
			t.Errorf("%s: %#x is not in %#x-%#x", s.Name, s.Value+s.Size/2, start, end)
		}
		if ok && start == s.Value && end == s.Value+s.Size {
			exact++
		}
	}
	t.Logf("%d functions in the table; of %d exported ones %d have exactly the symbol's range", x.Count(), all, exact)
	if exact*100 < all*95 {
		t.Errorf("only %d of %d exported functions have the symbol's range", exact, all)
	}
	pc := uint64(0)
	for _, s := range syms {
		if s.Name == "printf" {
			pc = s.Value + 1
		}
	}
	mem := make([]byte, img.High) // reads of a file allocate nothing either, but belong to the test
	for _, s := range img.Segments {
		if _, err := file.ReadAt(mem[s.Vaddr:s.Vaddr+s.FileSize], int64(s.FileOff)); err != nil {
			t.Fatal(err)
		}
	}
	reads := 0
	x, ok = NewEHIndex(img.EHAddr, img.EHLen, func(addr uint64, b []byte) bool {
		reads++
		return addr < uint64(len(mem)) && copy(b, mem[addr:]) == len(b)
	})
	if !ok {
		t.Fatal("no index in memory")
	}
	reads = 0
	if _, _, ok := x.Lookup(pc); !ok || reads > 40 {
		t.Errorf("printf: %v after %d reads", ok, reads)
	}
	if n := testing.AllocsPerRun(100, func() { x.Lookup(pc) }); n != 0 {
		t.Errorf("a lookup allocates %v times", n)
	}
}

// table is a hand-made .eh_frame_hdr at ehBase with one function of 16 bytes at ehBase+0x1000; its FDE
// is at +0x40 and the CIE at +0x20.
const ehBase = 0x10000

func table() []byte {
	b := make([]byte, 0x80)
	le := binary.LittleEndian
	copy(b, []byte{1, 0x1b, 3, 0x3b})
	le.PutUint32(b[4:], 0x1c)
	le.PutUint32(b[8:], 1)
	le.PutUint32(b[12:], 0x1000)
	le.PutUint32(b[16:], 0x40)
	le.PutUint32(b[0x20:], 20)
	copy(b[0x28:], "\x01zR\x00\x01\x78\x10\x01\x1b")
	le.PutUint32(b[0x40:], 20)
	le.PutUint32(b[0x44:], 0x24)
	le.PutUint32(b[0x48:], 0x1000-0x48)
	le.PutUint32(b[0x4c:], 16)
	return b
}

func lookup(b []byte, length, pc uint64) (start, end uint64, ok bool) {
	x, ok := NewEHIndex(ehBase, length, func(addr uint64, dst []byte) bool {
		off := addr - ehBase
		return off < uint64(len(b)) && copy(dst, b[off:]) == len(dst)
	})
	if !ok {
		return 0, 0, false
	}
	return x.Lookup(pc)
}

func TestEHIndexBroken(t *testing.T) {
	le := binary.LittleEndian
	const pc = ehBase + 0x1008
	if start, end, ok := lookup(table(), 20, pc); !ok || start != ehBase+0x1000 || end != ehBase+0x1010 {
		t.Fatalf("the good table: %#x-%#x %v", start, end, ok)
	}
	for _, good := range []string{"\x01zPLR\x00\x01\x78\x10\x07\x9b\x00\x00\x00\x00\x1b\x1b", "\x03zRS\x00\x01\x78\x90\x01\x01\x1b", "\x01zSR\x00\x81\x00\x78\x10\x01\x1b"} {
		b := table()
		b[0x20] = 28 // runs up to the FDE
		copy(b[0x28:], good)
		if _, _, ok := lookup(b, 20, pc); !ok {
			t.Errorf("CIE %q is not understood", good)
		}
	}
	for name, mod := range map[string]func(b []byte){
		"version":             func(b []byte) { b[0] = 2 },
		"pointer encoding":    func(b []byte) { b[1] = 0x01 },
		"count encoding":      func(b []byte) { b[2] = 4 },
		"table encoding":      func(b []byte) { b[3] = 0x1b },
		"no entries":          func(b []byte) { le.PutUint32(b[8:], 0) },
		"too many entries":    func(b []byte) { le.PutUint32(b[8:], 2) },
		"all entries":         func(b []byte) { le.PutUint32(b[8:], ^uint32(0)) },
		"function below 0":    func(b []byte) { le.PutUint32(b[12:], 0x80000000) },
		"function after pc":   func(b []byte) { le.PutUint32(b[12:], 0x1009) },
		"record elsewhere":    func(b []byte) { le.PutUint32(b[16:], 0x7fffffff) },
		"record is a CIE":     func(b []byte) { le.PutUint32(b[16:], 0x20) },
		"record too small":    func(b []byte) { b[0x40] = 11 },
		"record 64-bit":       func(b []byte) { le.PutUint32(b[0x40:], ^uint32(0)) },
		"record disagrees":    func(b []byte) { b[0x48]++ },
		"length too small":    func(b []byte) { b[0x4c] = 8 },
		"length 0":            func(b []byte) { b[0x4c] = 0 },
		"CIE before memory":   func(b []byte) { le.PutUint32(b[0x44:], 0x10000) },
		"CIE below 0":         func(b []byte) { le.PutUint32(b[0x44:], 0xfffffff0) },
		"CIE is not one":      func(b []byte) { b[0x24] = 1 },
		"CIE too small":       func(b []byte) { b[0x20] = 7 },
		"CIE cut":             func(b []byte) { b[0x20] = 12 },
		"CIE 64-bit":          func(b []byte) { le.PutUint32(b[0x20:], ^uint32(0)) },
		"CIE version":         func(b []byte) { b[0x28] = 4 },
		"no augmentation":     func(b []byte) { copy(b[0x28:], "\x01\x00\x01\x78\x10\x1b") },
		"old augmentation":    func(b []byte) { copy(b[0x28:], "\x01eh\x00") },
		"open augmentation":   func(b []byte) { copy(b[0x29:0x38], "zzzzzzzzzzzzzzzz") },
		"unknown letter":      func(b []byte) { b[0x2a] = 'Q' },
		"absolute addresses":  func(b []byte) { b[0x30] = 0 },
		"no R":                func(b []byte) { copy(b[0x28:], "\x01zL\x00\x01\x78\x10\x01\x1b") },
		"personality aligned": func(b []byte) { copy(b[0x28:], "\x01zPR\x00\x01\x78\x10\x01\x50") },
		"endless number":      func(b []byte) { copy(b[0x2c:0x38], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") },
	} {
		b := table()
		mod(b)
		if start, end, ok := lookup(b, 20, pc); ok {
			t.Errorf("%s: got %#x-%#x", name, start, end)
		}
	}
	for length := range uint64(20) {
		if _, _, ok := lookup(table(), length, pc); ok {
			t.Errorf("a table cut to %d bytes is used", length)
		}
	}
	if _, ok := NewEHIndex(UserEnd-8, 20, func(uint64, []byte) bool { t.Error("read"); return true }); ok {
		t.Error("a table beyond the address space is used")
	}
	if _, ok := NewEHIndex(ehBase, 20, nil); ok {
		t.Error("a table without a reader is used")
	}
}
