package rewrite

import (
	"debug/elf"
	"os"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

// TestDecodeAgainstX86asm compares lengths with another decoder over the test binary's own text, where that decoder knows
// the instruction. vzeroupper and vzeroall are left out: x86asm reads a ModRM byte that they do not have.
func TestDecodeAgainstX86asm(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	for _, path := range []string{self, "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6"} {
		f, err := elf.Open(path)
		if err != nil {
			continue
		}
		code, err := f.Section(".text").Data()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		compared, differ := 0, 0
		for i := 0; i < len(code); {
			in := decode(code[i:])
			other, err := x86asm.Decode(code[i:], 64)
			if err == nil && other.Op != 0 && other.Op != x86asm.VZEROUPPER && other.Op != x86asm.VZEROALL {
				compared++
				if other.Len != int(in.n) {
					differ++
					if differ < 20 {
						t.Errorf("%s: +%#x % x: %d bytes, x86asm %d %v", path, i, code[i:min(i+15, len(code))], in.n, other.Len, other)
					}
				}
			}
			if in.n == 0 && err == nil && other.Op != 0 {
				t.Errorf("%s: +%#x % x: not known, x86asm says %v", path, i, code[i:min(i+15, len(code))], other)
			}
			i += max(1, int(in.n))
		}
		t.Logf("%s: %d of %d instructions differ", path, differ, compared)
	}
}
