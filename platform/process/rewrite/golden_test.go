package rewrite

import (
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/skerry-os/skerry/lwk/proc/image"
)

// text is an executable section of a file under test, with the functions in it.
type text struct {
	code  []byte
	base  uint64
	funcs [][2]uint64
}

// open reads .text, and functions from .eh_frame_hdr if there is one.
func open(t *testing.T, path string) text {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Skipf("not an ELF file here: %v", err)
	}
	defer f.Close()
	sec := f.Section(".text")
	code, err := sec.Data()
	if err != nil {
		t.Fatal(err)
	}
	x := text{code: code, base: sec.Addr}
	if hdr := f.Section(".eh_frame_hdr"); hdr != nil {
		for _, p := range f.Progs {
			if p.Type != elf.PT_LOAD || hdr.Addr < p.Vaddr || hdr.Addr >= p.Vaddr+p.Filesz {
				continue
			}
			seg := make([]byte, p.Filesz)
			if _, err := p.ReadAt(seg, 0); err != nil {
				t.Fatal(err)
			}
			h := seg[hdr.Addr-p.Vaddr:]
			index, ok := image.NewEHIndex(hdr.Addr, hdr.Size, func(addr uint64, b []byte) bool {
				return addr >= p.Vaddr && addr-p.Vaddr < p.Filesz && copy(b, seg[addr-p.Vaddr:]) == len(b)
			})
			if !ok {
				t.Fatalf("%s: no function table that can be searched", path)
			}
			for i := 0; i < int(binary.LittleEndian.Uint32(h[8:])); i++ {
				pc := hdr.Addr + rel32(h[12+8*i:])
				if lo, hi, ok := index.Lookup(pc); ok && lo == pc {
					x.funcs = append(x.funcs, [2]uint64{lo, hi})
				} else {
					t.Errorf("%s: function at %#x is in the table but looked up as %#x-%#x %v", path, pc, lo, hi, ok)
				}
			}
		}
		return x
	}
	return x
}

// sites finds every syscall instruction by decoding every function; without functions it decodes
// .text as one, and reports false.
func (x *text) sites() (sites []Site, known bool) {
	if sites = x.sitesIn(x.funcs); len(sites) > 0 {
		return sites, true
	}
	return x.sitesIn([][2]uint64{{x.base, x.base + uint64(len(x.code))}}), false
}

func (x *text) sitesIn(funcs [][2]uint64) (sites []Site) {
	seen := map[uint64]bool{}
	for _, fn := range funcs {
		if fn[0] < x.base || fn[1] > x.base+uint64(len(x.code)) {
			continue
		}
		var prev []byte
		for pc := fn[0]; pc < fn[1]; {
			b := x.code[pc-x.base:]
			in := decode(b)
			if in.n == 0 {
				pc++
				continue
			}
			if in.kind == kindSyscall && !seen[pc] {
				seen[pc] = true
				nr := uint32(1 << 20)
				if len(prev) == 5 && prev[0] == 0xb8 {
					nr = binary.LittleEndian.Uint32(prev[1:])
				} else if len(prev) == 7 && prev[0] == 0x48 && prev[1] == 0xc7 && prev[2] == 0xc0 {
					nr = binary.LittleEndian.Uint32(prev[3:])
				}
				lo, hi := max(x.base, pc-4096), min(x.base+uint64(len(x.code)), pc+4096)
				if fn[1]-fn[0] < 1<<20 {
					lo, hi = min(lo, fn[0]), max(hi, fn[1])
				}
				sites = append(sites, Site{Addr: pc, Nr: nr, Base: lo, Code: x.code[lo-x.base : hi-x.base], FuncStart: fn[0], FuncEnd: fn[1]})
			}
			prev = b[:in.n]
			pc += uint64(in.n)
		}
	}
	return sites
}

// planAll plans every site, checks what must hold of each plan, and returns the share planned.
func planAll(t *testing.T, path string, sites []Site, known bool) float64 {
	t.Helper()
	var count [4]int
	refused := 0
	for i := range sites {
		s := sites[i]
		if !known {
			s.FuncStart, s.FuncEnd = 0, 0
		}
		stub := (s.Addr+1<<24)&^15 + uint64(i)*64
		p, err := Plan(&s, stub, 0x128)
		if err != nil {
			if s.Nr != sysRtSigreturn {
				refused++
			}
			at := s.Addr - s.Base
			t.Logf("%s: %#x nr %d refused: %v (A %v, B %v, C %v, D %v): % x | % x", filepath.Base(path), s.Addr, s.Nr, err,
				p.Why[0], p.Why[1], p.Why[2], p.Why[3], s.Code[max(at, 12)-12:at], s.Code[at:min(at+12, uint64(len(s.Code)))])
			continue
		}
		count[p.Pattern-'A']++
		invariants(t, &s, &p, 0x128)
	}
	t.Logf("%s, bounds known %v: %d sites, A %d, B %d, C %d, D %d, refused %d (rt_sigreturn not counted)", path, known, len(sites),
		count[0], count[1], count[2], count[3], refused)
	return 1 - float64(refused)/float64(len(sites))
}

func TestGolden(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, pattern := range []string{
		"/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1",
		"/usr/lib/x86_64-linux-musl/libc.so", self,
	} {
		for _, known := range []bool{true, false} {
			if _, err := os.Stat(pattern); err != nil {
				continue
			}
			x := open(t, pattern)
			sites, bounds := x.sites()
			if known && !bounds {
				continue
			}
			if len(sites) == 0 {
				t.Errorf("%s: no system call found", pattern)
				continue
			}
			found = true
			want := 0.98
			if !known {
				want = 0.90
			}
			if len(sites) < 100 { // in a small file one site is more than a few percent
				want -= 0.10
			}
			if share := planAll(t, pattern, sites, known); share < want {
				t.Errorf("%s: %.1f%% planned, want %.0f%%", pattern, 100*share, 100*want)
			}
		}
	}
	if !found {
		t.Skip("no C library found, and the test binary has no symbols")
	}
}
