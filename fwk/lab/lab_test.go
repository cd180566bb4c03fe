package lab

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestArchive(t *testing.T) {
	dir := t.TempDir()
	os.MkdirAll(dir+"/tree/sub", 0o750)
	os.WriteFile(dir+"/tree/sub/f", []byte("12345"), 0o640)
	os.Symlink("f", dir+"/tree/sub/l")
	var out bytes.Buffer
	a := newArchive(&out)
	a.data("/a/b/c", 0o600, "abc")
	a.data("a/b/c", 0o600, "a name that is there already")
	a.link("/l", "target")
	if err := a.file("/t", dir+"/tree", 0); err != nil {
		t.Fatal(err)
	}
	if err := a.file("/x", dir+"/none", 0); err == nil {
		t.Error("a file that is not there was added")
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	var order []string
	for b := out.Bytes(); len(b) > 0; {
		if string(b[:6]) != "070701" {
			t.Fatalf("no header: %q", b[:6])
		}
		field := func(i int) int {
			v, err := hex.DecodeString(string(b[6+8*i : 14+8*i]))
			if err != nil {
				t.Fatal(err)
			}
			return int(v[0])<<24 | int(v[1])<<16 | int(v[2])<<8 | int(v[3])
		}
		mode, size, nameSize := field(1), field(6), field(11)
		name := string(b[110 : 110+nameSize-1])
		at := (110 + nameSize + 3) &^ 3
		order = append(order, name)
		got[name] = string(b[at : at+size])
		if name == "t/sub/f" && mode != typeFile|0o640 || name == "l" && mode != typeLink|0o777 || name == "a" && mode != typeDir|0o755 {
			t.Errorf("%s has mode %o", name, mode)
		}
		b = b[(at+size+3)&^3:]
	}
	if want := []string{"a", "a/b", "a/b/c", "l", "t", "t/sub", "t/sub/f", "t/sub/l", "TRAILER!!!"}; !slices.Equal(order, want) {
		t.Errorf("%q", order)
	}
	if got["a/b/c"] != "abc" || got["l"] != "target" || got["t/sub/f"] != "12345" || got["t/sub/l"] != "f" {
		t.Errorf("%q", got)
	}
}

func TestWire(t *testing.T) {
	var line bytes.Buffer
	w := &wire{r: &line, w: &line}
	long := bytes.Repeat([]byte("0123456789"), 1000)
	w.send(frameOut, long)
	w.send(frameIn, nil)
	w.sendUint(frameExit, 0x01020304)
	var got []byte
	for {
		f, err := w.receive()
		if err != nil {
			t.Fatal(err)
		}
		if f.kind != frameOut {
			if f.kind != frameIn || len(f.body) != 0 {
				t.Errorf("%+v", f)
			}
			break
		}
		got = append(got, f.body...)
	}
	if !bytes.Equal(got, long) {
		t.Errorf("%d bytes came", len(got))
	}
	if f, err := w.receive(); err != nil || f.uint() != 0x01020304 {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := w.receive(); err != io.EOF {
		t.Error(err)
	}
	for _, bad := range []string{"hello, world", "\xa5X\xff\xff"} {
		line.Reset()
		line.WriteString(bad)
		if _, err := w.receive(); !errors.Is(err, errWire) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if (&frame{body: []byte{1}}).uint() != 0 {
		t.Error("a short number")
	}
}

func TestNewestKernel(t *testing.T) {
	list := []string{"linux-image-6.1.0-9-cloud-amd64", "linux-image-6.1.0-56-cloud-amd64", "linux-image-6.1.0-47-cloud-amd64"}
	if got := slices.MaxFunc(list, byNumbers); got != list[1] {
		t.Error(got)
	}
}

func TestOnce(t *testing.T) {
	c := &Cache{t.TempDir()}
	n := 0
	fill := func(dir string) error { n++; return os.WriteFile(dir+"/f", nil, 0o644) }
	if _, err := c.once("x", func(dir string) error { fill(dir); return errors.New("half way") }); err == nil {
		t.Error("an error was lost")
	}
	for range 3 {
		dir, err := c.once("x", fill)
		if err != nil || !exists(filepath.Join(dir, "f")) || exists(dir+".part") {
			t.Errorf("%s, %v", dir, err)
		}
	}
	if n != 2 {
		t.Errorf("filled %d times", n)
	}
}

func TestOptions(t *testing.T) {
	good := Options{Kernel: "6.1", Smp: 2, Mem: 1 << 30, APIC: "xapic", Accel: "tcg"}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(o *Options){
		"no such kernel": func(o *Options) { o.Kernel = "2.4" }, "number of processors": func(o *Options) { o.Smp = 0 },
		"memory size": func(o *Options) { o.Mem = 1 << 20 }, "APIC mode": func(o *Options) { o.APIC = "" }, "accelerator": func(o *Options) { o.Accel = "hvf" },
	} {
		o := good
		change(&o)
		if _, err := Run(context.Background(), &o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestLibraries(t *testing.T) {
	found := map[string]bool{}
	if err := libraries("/bin/sh", found); err != nil {
		t.Fatal(err)
	}
	for lib := range found {
		if !exists(lib) {
			t.Errorf("%s is not there", lib)
		}
	}
	script := t.TempDir() + "/script"
	os.WriteFile(script, []byte("#!/bin/sh\n"+strings.Repeat("#\n", 100)), 0o755)
	if err := libraries(script, found); err != nil {
		t.Errorf("a script: %v", err)
	}
	if err := libraries(script+".none", found); err == nil {
		t.Error("a file that is not there")
	}
}

func TestTail(t *testing.T) {
	var l tail
	for range 10000 {
		l.Write([]byte("some line of the kernel's log\r\n"))
	}
	l.Write([]byte("the last but one\r\nthe last\r\n"))
	if got := l.last(2); got != "the last but one\nthe last" {
		t.Errorf("%q", got)
	}
}
