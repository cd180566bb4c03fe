package image

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	// The zeros at the end are added by padded; small inputs are what fuzzing is quick with.
	add := func(b []byte) { f.Add(bytes.TrimRight(b, "\x00")) }
	add(good().bytes())
	for _, mod := range []func(*fakeELF){
		interp("/lib/ld.so\x00"),
		func(e *fakeELF) { e.typ = etDyn },
		func(e *fakeELF) { e.phdrs[1].memsz = 1 << 63 },
		func(e *fakeELF) {
			e.phdrs = append(e.phdrs, load{typ: ptGNUEHFrame, vaddr: 0x400200, memsz: 0x100}, load{typ: ptGNUStack, flags: 7})
		},
		func(e *fakeELF) { e.phdrs[1].vaddr, e.phdrs[1].filesz, e.phdrs[1].off = 0x401800, 0, 0 },
	} {
		e := good()
		mod(&e)
		add(e.bytes())
	}
	if b, err := os.ReadFile("/bin/true"); err == nil {
		add(b[:min(len(b), 1024)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		// A file larger than what is given lets segments lie behind it.
		for _, size := range []int64{int64(len(b)), 0x3000, 1 << 20} {
			if size < int64(len(b)) {
				continue
			}
			img, err := Parse(&padded{b, size}, size)
			var e *Error
			switch {
			case err == nil:
				checkPlan(t, img, size)
			case !errors.As(err, &e) || e.Errno == 0 || e.Reason == "":
				t.Fatalf("error without a reason: %v", err)
			}
		}
	})
}

// padded is a file of size bytes that begins with b and goes on with zeros.
type padded struct {
	b    []byte
	size int64
}

func (p *padded) ReadAt(dst []byte, off int64) (int, error) {
	if off < 0 || off+int64(len(dst)) > p.size {
		panic("read outside of the file")
	}
	clear(dst)
	if off < int64(len(p.b)) {
		copy(dst, p.b[off:])
	}
	return len(dst), nil
}

func FuzzScript(f *testing.F) {
	for _, s := range []string{"#!/bin/sh\n", "#! /usr/bin/env python3 -x \n", "#!", "#!\x00", "#!/a\x00b\n", "#!/" + strings.Repeat("x", 260), "ELF"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		interp, arg, ok, err := Script(head)
		if ok != bytes.HasPrefix(head, []byte("#!")) {
			t.Fatalf("ok is %v", ok)
		}
		if !ok || err != nil {
			if interp != "" || arg != "" || !ok && err != nil {
				t.Fatalf("got %q, %q beside %v, %v", interp, arg, ok, err)
			}
			return
		}
		if interp == "" || len(interp)+len(arg) > scriptHead-3 || strings.ContainsAny(interp, " \t\n\x00") ||
			strings.ContainsAny(arg, "\n\x00") && !bytes.ContainsRune(head, 0) || strings.ContainsRune(arg, 0) || strings.HasPrefix(arg, " ") {
			t.Fatalf("got %q, %q", interp, arg)
		}
		if !bytes.Contains(head, []byte(interp)) || !bytes.Contains(head, []byte(arg)) {
			t.Fatalf("%q, %q are not in the line", interp, arg)
		}
	})
}

func FuzzEHIndex(f *testing.F) {
	f.Add(table(), uint64(20), uint64(ehBase+0x1008))
	f.Add(table(), uint64(UserEnd), uint64(UserEnd-1))
	f.Add([]byte("\x01\xff\x03\x3b\xff\xff\xff\x0f"), uint64(1)<<40, uint64(1))
	f.Fuzz(func(t *testing.T, b []byte, length, pc uint64) {
		reads := 0
		x, ok := NewEHIndex(ehBase, length, func(addr uint64, dst []byte) bool {
			if reads++; addr > UserEnd-uint64(len(dst)) {
				t.Fatalf("reads %d bytes at %#x", len(dst), addr)
			}
			for i := range dst { // the memory repeats without end
				dst[i] = 0
				if len(b) > 0 {
					dst[i] = b[(addr-ehBase+uint64(i))%uint64(len(b))]
				}
			}
			return true
		})
		if !ok {
			return
		}
		start, end, ok := x.Lookup(pc)
		if ok && (start > pc || end <= pc || end > UserEnd) {
			t.Fatalf("%#x is not in %#x-%#x", pc, start, end)
		}
		if reads > 42 {
			t.Fatalf("%d reads", reads)
		}
	})
}
