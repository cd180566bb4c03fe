package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
)

func TestBroken(t *testing.T) {
	le := binary.LittleEndian
	type mod = func(f *fakeELF)
	for _, c := range []struct {
		name string
		mod  mod
		raw  func(b []byte) []byte
		want string
	}{
		{name: "empty", raw: func([]byte) []byte { return nil }, want: "empty"},
		{name: "text", raw: func([]byte) []byte { return []byte("hello, world\n") }, want: "neither an ELF image"},
		{name: "script", raw: func([]byte) []byte { return []byte("#!/bin/sh\n") }, want: "a script"},
		{name: "three bytes", raw: func(b []byte) []byte { return b[:3] }, want: "neither an ELF"},
		{name: "ident only", raw: func(b []byte) []byte { return b[:16] }, want: "truncated: the ELF header ends at byte 64 but the file has 16"},
		{name: "half header", raw: func(b []byte) []byte { return b[:63] }, want: "truncated: the ELF header"},
		{name: "half table", raw: func(b []byte) []byte { return b[:100] }, want: "truncated: the table of program headers"},
		{name: "half segment", raw: func(b []byte) []byte { return b[:0x20ff] }, want: "truncated: a segment ends at byte 8448 but the file has 8447"},
		{name: "32-bit x86", raw: func(b []byte) []byte { b[4] = 1; le.PutUint16(b[18:], 3); return b }, want: "built for 32-bit x86; skerry runs x86-64 only"},
		{name: "x32", raw: func(b []byte) []byte { b[4] = 1; return b }, want: "x32"},
		{name: "32-bit ARM", raw: func(b []byte) []byte { b[4] = 1; le.PutUint16(b[18:], 40); return b }, want: "32-bit ARM"},
		{name: "AArch64", raw: func(b []byte) []byte { le.PutUint16(b[18:], 183); return b }, want: "built for AArch64"},
		{name: "unknown machine", raw: func(b []byte) []byte { le.PutUint16(b[18:], 999); return b }, want: "machine 999"},
		{name: "big-endian", raw: func(b []byte) []byte { b[5] = 2; binary.BigEndian.PutUint16(b[18:], 22); return b }, want: "big-endian s390"},
		{name: "no byte order", raw: func(b []byte) []byte { b[5] = 0; return b }, want: "byte order 0"},
		{name: "no class", raw: func(b []byte) []byte { b[4] = 7; return b }, want: "class 7"},
		{name: "object", mod: func(f *fakeELF) { f.typ = etRel }, want: "object file"},
		{name: "core", mod: func(f *fakeELF) { f.typ = etCore }, want: "core dump"},
		{name: "type", mod: func(f *fakeELF) { f.typ = 77 }, want: "type 77"},
		{name: "phentsize", raw: func(b []byte) []byte { b[54] = 32; return b }, want: "program headers of 32 bytes"},
		{name: "no phdrs", mod: func(f *fakeELF) { f.phdrs = nil }, want: "no program headers"},
		{name: "too many phdrs", raw: func(b []byte) []byte { le.PutUint16(b[56:], 1171); return b }, want: "too many program headers: 1171"},
		{name: "phoff far", raw: func(b []byte) []byte { le.PutUint64(b[32:], 1<<63); return b }, want: "no file reaches"},
		{name: "phoff wraps", raw: func(b []byte) []byte { le.PutUint64(b[32:], ^uint64(0)-8); return b }, want: "no file reaches"},
		{name: "no PT_LOAD", mod: func(f *fakeELF) { f.phdrs[0].typ, f.phdrs[1].typ = 2, 2 }, want: "no segment to load"},
		{name: "empty PT_LOAD only", mod: func(f *fakeELF) { f.phdrs = []load{{typ: ptLoad}} }, want: "no segment to load"},
		{name: "overlap", mod: func(f *fakeELF) { f.phdrs[1].vaddr, f.phdrs[1].off = 0x401000, 0x1000 }, want: "overlaps"},
		{name: "unsorted", mod: func(f *fakeELF) { f.phdrs[0], f.phdrs[1] = f.phdrs[1], f.phdrs[0] }, want: "not sorted"},
		{name: "wraps", mod: func(f *fakeELF) { f.phdrs[1].vaddr, f.phdrs[1].memsz = 0xfffffffffffff800, 0x3000 }, want: "address space"},
		{name: "huge", mod: func(f *fakeELF) { f.phdrs[1].memsz = 1 << 63 }, want: "address space"},
		{name: "one byte too far", mod: func(f *fakeELF) { f.phdrs[1].memsz = UserEnd - f.phdrs[1].vaddr + 1 }, want: "address space"},
		{name: "filesz > memsz", mod: func(f *fakeELF) { f.phdrs[1].memsz = 0x8ff }, want: "larger in the file"},
		{name: "filesz overflow", mod: func(f *fakeELF) { f.phdrs[1].filesz, f.phdrs[1].memsz = 0x7fff00000000, 0x7fff00000000 }, want: "truncated"},
		{name: "offset far", mod: func(f *fakeELF) { f.phdrs[1].off = 0xfffffffffffff800 }, want: "no file reaches"},
		{name: "misaligned", mod: func(f *fakeELF) { f.phdrs[1].off = 0x1801 }, want: "misaligned"},
		{name: "entry below", mod: func(f *fakeELF) { f.entry = 0x3fffff }, want: "entry point 0x3fffff is outside"},
		{name: "entry in gap", mod: func(f *fakeELF) { f.entry = 0x401800 }, want: "entry point"},
		{name: "entry at end", mod: func(f *fakeELF) { f.entry = 0x405800 }, want: "entry point"},
		{name: "pie too aligned", mod: func(f *fakeELF) { f.typ = etDyn; f.phdrs[0].align = 1 << 63 }, want: "aligned to 0x8000000000000000"},
		{name: "interp empty", mod: interp("\x00"), want: "interpreter path is empty"},
		{name: "interp no bytes", mod: interp(""), want: "interpreter path is empty"},
		{name: "interp open", mod: interp("/lib/ld.so"), want: "not terminated"},
		{name: "interp long", mod: interp(strings.Repeat("x", 4096) + "\x00"), want: "4097 bytes is too long"},
		{name: "interp behind end", mod: func(f *fakeELF) {
			f.phdrs = append(f.phdrs, load{typ: ptInterp, off: 0x2ff8, filesz: 9})
		}, want: "truncated: the interpreter path"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := good()
			if c.mod != nil {
				c.mod(&f)
			}
			b := f.bytes()
			if c.raw != nil {
				b = c.raw(b)
			}
			_, err := parseBytes(b)
			var e *Error
			if !errors.As(err, &e) || e.Errno != syscall.ENOEXEC || !errors.Is(err, syscall.ENOEXEC) {
				t.Fatalf("got error %v, want ENOEXEC", err)
			}
			if !strings.Contains(e.Error(), c.want) {
				t.Errorf("got %q, want it to say %q", e, c.want)
			}
			if got := AtPath(err, "/a/b").Error(); got != "/a/b: "+e.Reason {
				t.Errorf("with a path: %q", got)
			}
			if _, err := ParseInterp("/lib/ld.so", new([HeadBytes]byte), bytes.NewReader(b), int64(len(b))); !errors.Is(err, syscall.ELIBBAD) ||
				!strings.HasPrefix(err.Error(), "/lib/ld.so: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("as an interpreter: %v", err)
			}
		})
	}
}

// interp adds a PT_INTERP that holds path.
func interp(path string) func(*fakeELF) {
	return func(f *fakeELF) {
		f.phdrs = append(f.phdrs, load{typ: ptInterp, off: 0x400, filesz: uint64(len(path)), memsz: uint64(len(path))})
		f.data, f.at = path, 0x400
	}
}

func TestAccepted(t *testing.T) {
	for _, c := range []struct {
		name string
		mod  func(*fakeELF)
		ok   func(*Image) bool
	}{
		{"interpreter", interp("/lib/ld.so\x00junk\x00"), func(i *Image) bool { return i.Kind == Dynamic && i.Interp == "/lib/ld.so" && !i.PIE }},
		{"longest interpreter", interp(strings.Repeat("x", 4095) + "\x00"), func(i *Image) bool { return len(i.Interp) == 4095 }},
		{"pie", func(f *fakeELF) { f.typ = etDyn; f.phdrs[1].align = 0x200000 }, func(i *Image) bool { return i.Kind == StaticPIE && i.Align == 0x200000 }},
		{"odd alignment", func(f *fakeELF) { f.phdrs[1].align = 0x201000 }, func(i *Image) bool { return i.Align == PageSize }},
		{"empty segment", func(f *fakeELF) { f.phdrs = append(f.phdrs, load{typ: ptLoad}) }, func(i *Image) bool { return len(i.Segments) == 2 }},
		{"exec stack", func(f *fakeELF) { f.phdrs = append(f.phdrs, load{typ: ptGNUStack, flags: 7}) }, func(i *Image) bool { return i.ExecStack }},
		{"up to the end", func(f *fakeELF) { f.phdrs[1].memsz = UserEnd - f.phdrs[1].vaddr }, func(i *Image) bool { return i.High == UserEnd }},
		{"unwind table", func(f *fakeELF) {
			f.phdrs = append(f.phdrs, load{typ: ptGNUEHFrame, vaddr: 0x400200, memsz: 0x1600})
		}, func(i *Image) bool { return i.EHAddr == 0x400200 && i.EHLen == 0x1600 }},
		{"wrong unwind table", func(f *fakeELF) {
			f.phdrs = append(f.phdrs, load{typ: ptGNUEHFrame, vaddr: 0x400200, memsz: 0x1601})
		}, func(i *Image) bool { return i.EHLen == 0 }},
		{"most program headers", func(f *fakeELF) {
			f.size = 0x14000
			f.phdrs[0].filesz, f.phdrs[0].memsz = 0x800, 0x800
			for len(f.phdrs) < maxPhdrs {
				f.phdrs = append(f.phdrs, load{typ: 0})
			}
		}, func(i *Image) bool { return i.Phnum == maxPhdrs }},
	} {
		f := good()
		c.mod(&f)
		img, err := parseBytes(f.bytes())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		checkPlan(t, img, int64(f.size))
		if !c.ok(img) {
			t.Errorf("%s: %+v", c.name, img)
		}
	}
}

type failing struct{ err error }

func (f failing) ReadAt(b []byte, _ int64) (int, error) { return 0, f.err }

func TestReadErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want syscall.Errno
	}{{syscall.EACCES, syscall.EACCES}, {errors.New("lost"), syscall.EIO}, {io.EOF, syscall.ENOEXEC}} {
		if _, err := Parse(failing{c.err}, 4096); !errors.Is(err, c.want) {
			t.Errorf("reading fails with %v: got %v, want %v", c.err, err, c.want)
		}
	}
	if _, err := Parse(failing{io.EOF}, -1); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("negative size: %v", err)
	}
}
