package image

import (
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// byteOf is what a program finds at addr after img's plan was carried out: the file's byte at off
// (zero false), or a zero, or nothing.
func byteOf(img *Image, addr uint64) (off uint64, zero, mapped bool) {
	for _, s := range img.Segments { // in order: later ranges win
		if addr-s.MapAddr < s.MapLen {
			off, zero, mapped = s.MapOff+(addr-s.MapAddr), false, true
		}
		if addr-s.ZeroAddr < s.ZeroLen {
			zero = true
		}
		if addr-s.AnonAddr < s.AnonLen {
			zero, mapped = true, true
		}
	}
	return off, zero, mapped
}

// checkPlan is what must hold for every image that Parse accepts.
func checkPlan(t interface {
	Helper()
	Fatalf(string, ...any)
}, img *Image, size int64) {
	t.Helper()
	type span struct{ addr, end uint64 }
	var spans []span
	if len(img.Segments) == 0 || img.Low >= img.High || img.High > UserEnd || img.Low%PageSize|img.High%PageSize != 0 {
		t.Fatalf("bad span %#x-%#x of %d segments", img.Low, img.High, len(img.Segments))
	}
	if img.Align < PageSize || img.Align&(img.Align-1) != 0 {
		t.Fatalf("bad alignment %#x", img.Align)
	}
	if img.find(img.Entry) == nil {
		t.Fatalf("entry %#x outside", img.Entry)
	}
	if img.EHLen > 0 && (img.EHAddr < img.Low || img.EHLen > img.High-img.EHAddr) {
		t.Fatalf("unwind table %#x+%#x outside", img.EHAddr, img.EHLen)
	}
	if (img.Kind == Dynamic) != (img.Interp != "") || (img.Kind == StaticPIE && !img.PIE) || (img.Kind == Static && img.PIE) {
		t.Fatalf("kind %v, pie %v, interpreter %q disagree", img.Kind, img.PIE, img.Interp)
	}
	for i, s := range img.Segments {
		for _, r := range [][2]uint64{{s.MapAddr, s.MapLen}, {s.AnonAddr, s.AnonLen}} {
			if r[0]%PageSize|r[1]%PageSize != 0 {
				t.Fatalf("segment %d: range %#x+%#x is not page aligned", i, r[0], r[1])
			}
			if r[1] == 0 {
				continue
			}
			if r[0] < img.Low || r[1] > img.High-r[0] {
				t.Fatalf("segment %d: range %#x+%#x leaves %#x-%#x", i, r[0], r[1], img.Low, img.High)
			}
			for _, o := range spans {
				if r[0] < o.end && o.addr < r[0]+r[1] {
					t.Fatalf("segment %d: range %#x+%#x overlaps %#x-%#x", i, r[0], r[1], o.addr, o.end)
				}
			}
			spans = append(spans, span{r[0], r[0] + r[1]})
		}
		if s.MapLen > 0 && (s.MapOff%PageSize != 0 || s.MapOff+s.MapLen > pageUp(uint64(size))) {
			t.Fatalf("segment %d: maps %#x+%#x of a file of %#x bytes", i, s.MapOff, s.MapLen, size)
		}
		if s.ZeroLen > 0 && (s.ZeroAddr < s.MapAddr || s.ZeroAddr+s.ZeroLen != s.MapAddr+s.MapLen ||
			s.ZeroLen >= PageSize || s.Prot&syscall.PROT_WRITE == 0) {
			t.Fatalf("segment %d: clears %#x+%#x of %#x+%#x", i, s.ZeroAddr, s.ZeroLen, s.MapAddr, s.MapLen)
		}
		// The ends of what the file says must come out of the plan as the file says.
		check := func(addr uint64, wantZero bool) {
			t.Helper()
			off, zero, mapped := byteOf(img, addr)
			if !mapped || zero != wantZero || !zero && off != s.FileOff+(addr-s.Vaddr) {
				t.Fatalf("segment %d (%+v): address %#x is file offset %#x, zero %v, mapped %v", i, s, addr, off, zero, mapped)
			}
		}
		if s.FileSize > 0 {
			check(s.Vaddr, false)
			check(s.Vaddr+s.FileSize-1, false)
		}
		// Behind the file's bytes in a read-only segment the rest of the page stays, as in Linux.
		if s.MemSize > s.FileSize && s.Prot&syscall.PROT_WRITE != 0 {
			check(s.Vaddr+s.FileSize, true)
			check(s.Vaddr+s.MemSize-1, true)
		}
	}
}

func TestPlan(t *testing.T) {
	img, err := parseBytes(good().bytes())
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, img, 0x3000)
	want := []Segment{
		{Vaddr: 0x400000, MemSize: 0x1800, FileSize: 0x1800, Prot: syscall.PROT_READ | syscall.PROT_EXEC,
			MapAddr: 0x400000, MapLen: 0x2000},
		{Vaddr: 0x402800, MemSize: 0x3000, FileOff: 0x1800, FileSize: 0x900, Prot: syscall.PROT_READ | syscall.PROT_WRITE,
			MapAddr: 0x402000, MapLen: 0x2000, MapOff: 0x1000, ZeroAddr: 0x403100, ZeroLen: 0xf00, AnonAddr: 0x404000, AnonLen: 0x2000},
	}
	for i, w := range want {
		if img.Segments[i] != w {
			t.Errorf("segment %d:\n got %+v\nwant %+v", i, img.Segments[i], w)
		}
	}
	if img.Low != 0x400000 || img.High != 0x406000 || img.PhdrVaddr != 0x400040 || img.Kind != Static || img.ExecStack {
		t.Errorf("got %+v", img)
	}
	if p := img.Segments[1].AnonProt(); p != syscall.PROT_READ|syscall.PROT_WRITE {
		t.Errorf("anonymous pages get protection %#x", p)
	}
}

// Segments that meet on one page: kept where no byte is lost, refused where one would be.
func TestSharedPage(t *testing.T) {
	const rw, rx = pfR | pfW, pfR | pfX
	for _, c := range []struct {
		name string
		a, b load
		ok   bool
	}{
		{"same file page", load{flags: rx, off: 0, vaddr: 0x400000, filesz: 0x1800, memsz: 0x1800},
			load{flags: rw, off: 0x1800, vaddr: 0x401800, filesz: 0x700, memsz: 0x2000}, true},
		{"same file page, all of it", load{flags: rx, off: 0, vaddr: 0x400000, filesz: 0x800, memsz: 0x800},
			load{flags: rw, off: 0x800, vaddr: 0x400800, filesz: 0x700, memsz: 0x700}, true},
		{"bss behind data", load{flags: rw, off: 0, vaddr: 0x400000, filesz: 0x1800, memsz: 0x1800},
			load{flags: rw, vaddr: 0x401800, memsz: 0x5000}, true},
		{"small bss behind data", load{flags: rw, off: 0, vaddr: 0x400000, filesz: 0x1800, memsz: 0x1800},
			load{flags: rw, vaddr: 0x401900, memsz: 0x10}, true},
		{"bss behind bss", load{flags: rw, off: 0, vaddr: 0x400000, filesz: 0x800, memsz: 0x1800},
			load{flags: rw, vaddr: 0x401900, memsz: 0x2000}, true},
		{"bss behind text", load{flags: rx, off: 0, vaddr: 0x400000, filesz: 0x1800, memsz: 0x1800},
			load{flags: rw, vaddr: 0x401800, memsz: 0x5000}, false},
		{"other file page", load{flags: rx, off: 0, vaddr: 0x400000, filesz: 0x1800, memsz: 0x1800},
			load{flags: rw, off: 0x800, vaddr: 0x401800, filesz: 0x700, memsz: 0x2000}, false},
		{"data behind bss", load{flags: rw, off: 0, vaddr: 0x400000, filesz: 0x800, memsz: 0x900},
			load{flags: rw, off: 0x900, vaddr: 0x400900, filesz: 0x700, memsz: 0x2000}, false},
	} {
		f := good()
		c.a.typ, c.b.typ = ptLoad, ptLoad
		f.phdrs = []load{c.a, c.b}
		img, err := parseBytes(f.bytes())
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			checkPlan(t, img, int64(f.size))
		}
	}
}

func TestPlanProperty(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		f := good()
		f.typ = rapid.SampledFrom([]uint16{etExec, etDyn}).Draw(t, "type")
		f.phdrs = nil
		at := uint64(rapid.SampledFrom([]int{0, 0x400000, UserEnd - 0x8000}).Draw(t, "base"))
		first := at
		off := uint64(0)
		for range rapid.IntRange(1, 5).Draw(t, "segments") {
			at += uint64(rapid.SampledFrom([]int{0, 0, 0x10, 0x1000, 0x2345}).Draw(t, "gap"))
			off = off + (at-off)%PageSize
			filesz := uint64(rapid.SampledFrom([]int{0, 1, 0x100, 0x800, 0x1000}).Draw(t, "filesz"))
			memsz := filesz + uint64(rapid.SampledFrom([]int{0, 0, 1, 0x900, 0x3000}).Draw(t, "bss"))
			f.phdrs = append(f.phdrs, load{typ: ptLoad, flags: uint32(rapid.IntRange(0, 7).Draw(t, "flags")),
				off: off, vaddr: at, filesz: filesz, memsz: memsz, align: 0x1000})
			at += memsz
			off += filesz
		}
		f.entry = first + uint64(rapid.IntRange(0, 0x100).Draw(t, "entry"))
		f.size = 0x9000
		if img, err := parseBytes(f.bytes()); err == nil {
			accepted++
			checkPlan(t, img, int64(f.size))
		}
	})
	if accepted == 0 {
		t.Error("no generated image was accepted: the property was not tested")
	}
}
