package image

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// open parses a file of this machine.
func open(t testing.TB, path string) (*Image, *os.File, int64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("no %s here: %v", path, err)
	}
	t.Cleanup(func() { f.Close() })
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	img, err := Parse(f, st.Size())
	if err != nil {
		t.Fatal(AtPath(err, path))
	}
	return img, f, st.Size()
}

// compare holds an Image against what debug/elf reads from the same file.
func compare(t *testing.T, path string) *Image {
	t.Helper()
	img, f, size := open(t, path)
	checkPlan(t, img, size)
	ref, err := elf.NewFile(f)
	if err != nil {
		t.Fatal(err)
	}
	if img.Entry != ref.Entry || img.Phnum != len(ref.Progs) || img.PIE != (ref.Type == elf.ET_DYN) {
		t.Errorf("%s: %+v does not agree with %+v", path, img, ref.FileHeader)
	}
	n, interp := 0, ""
	for _, p := range ref.Progs {
		switch p.Type {
		case elf.PT_INTERP:
			b := make([]byte, p.Filesz-1)
			if _, err := p.ReadAt(b, 0); err != nil {
				t.Fatal(err)
			}
			interp = string(b)
		case elf.PT_PHDR:
			if img.PhdrVaddr != p.Vaddr {
				t.Errorf("%s: program headers at %#x, want %#x", path, img.PhdrVaddr, p.Vaddr)
			}
		case elf.PT_GNU_EH_FRAME:
			if img.EHAddr != p.Vaddr || img.EHLen != p.Memsz {
				t.Errorf("%s: unwind table %#x+%#x, want %#x+%#x", path, img.EHAddr, img.EHLen, p.Vaddr, p.Memsz)
			}
		case elf.PT_LOAD:
			if p.Memsz == 0 {
				continue
			}
			if s := img.Segments[n]; s.Vaddr != p.Vaddr || s.MemSize != p.Memsz || s.FileOff != p.Off || s.FileSize != p.Filesz || s.Prot != prot(uint32(p.Flags)) {
				t.Errorf("%s: segment %d is %+v, want %+v", path, n, s, p.ProgHeader)
			}
			n++
		}
	}
	if n != len(img.Segments) || img.Interp != interp {
		t.Errorf("%s: %d segments and interpreter %q, want %d and %q", path, len(img.Segments), img.Interp, n, interp)
	}
	return img
}

func TestRealBinaries(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if img := compare(t, self); img.Kind != Static {
		t.Logf("the test binary is %v, not static", img.Kind)
	}
	files, _ := filepath.Glob("/bin/*")
	more, _ := filepath.Glob("/lib/x86_64-linux-gnu/*.so.*")
	files = append(files, more...)
	seen := map[Kind]int{}
	for i, f := range files {
		if i%3 != 0 && filepath.Base(f) != "ls" { // a sample is enough
			continue
		}
		head := make([]byte, 4)
		h, err := os.Open(f)
		if err != nil {
			continue
		}
		_, err = h.ReadAt(head, 0)
		h.Close()
		if err != nil || string(head) != "\x7fELF" {
			continue
		}
		seen[compare(t, f).Kind]++
	}
	if len(seen) == 0 {
		t.Skip("no ELF files in /bin")
	}
	t.Logf("files by kind: %v", seen)
}

// build compiles a C program, or skips.
func build(t *testing.T, source string, flags ...string) string {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc on this machine")
	}
	dir := t.TempDir()
	src, out := filepath.Join(dir, "a.c"), filepath.Join(dir, "a.out")
	if err := os.WriteFile(src, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(append([]string{"-O1", "-o", out}, flags...), src)
	if msg, err := exec.Command(gcc, args...).CombinedOutput(); err != nil {
		t.Skipf("gcc %v cannot build here: %v\n%s", flags, err, msg)
	}
	return out
}

func TestCompiled(t *testing.T) {
	const source = "int bss[5000]; int data[100] = {1}; int main(void) { return bss[1] + data[1]; }\n"
	for _, c := range []struct {
		flags []string
		kind  Kind
		pie   bool
		exec  bool
	}{
		{[]string{"-static", "-no-pie"}, Static, false, false},
		{[]string{"-static-pie"}, StaticPIE, true, false},
		{[]string{"-pie", "-fPIE"}, Dynamic, true, false},
		{[]string{"-no-pie"}, Dynamic, false, false},
		{[]string{"-no-pie", "-Wl,-z,execstack"}, Dynamic, false, true},
		{[]string{"-no-pie", "-Wl,-z,noseparate-code"}, Dynamic, false, false},
		{[]string{"-pie", "-fPIE", "-Wl,-z,max-page-size=0x200000"}, Dynamic, true, false},
		{[]string{"-static", "-no-pie", "-nostdlib", "-Dmain=_start", "-Wl,-N"}, Static, false, false},
	} {
		path := build(t, source, c.flags...)
		img := compare(t, path)
		if img.Kind != c.kind || img.PIE != c.pie || img.ExecStack != c.exec {
			t.Errorf("%v: kind %v, pie %v, executable stack %v", c.flags, img.Kind, img.PIE, img.ExecStack)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, path := range []string{"/bin/ls", "/lib/x86_64-linux-gnu/libc.so.6"} {
		b.Run(filepath.Base(path), func(b *testing.B) {
			_, f, size := open(b, path)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(f, size); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
