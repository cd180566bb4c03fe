package mem

import (
	"os"
	"runtime"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"github.com/skerry-os/skerry/lwk/hal"
)

// quiet is a platform on which everything succeeds and nothing happens.
type quiet struct{}

func (quiet) Map(_, _ uintptr, _, _, _ int32, _ int64, _ bool) hal.Errno { return 0 }
func (quiet) Unmap(_, _ uintptr) hal.Errno                               { return 0 }
func (quiet) Protect(_, _ uintptr, _ int32) hal.Errno                    { return 0 }
func (quiet) Remap(_, _, _, _ uintptr, _ int32) hal.Errno                { return 0 }
func (quiet) Advise(_, _ uintptr, _ int32) hal.Errno                     { return 0 }

const (
	diffPages = 64
	diffLinux = 0x180000000000 // where Linux alone works; the Space works at testWindow
)

func call(nr uintptr, a ...uintptr) (uintptr, hal.Errno) {
	var v [6]uintptr
	copy(v[:], a)
	r, _, e := syscall.RawSyscall6(nr, v[0], v[1], v[2], v[3], v[4], v[5])
	if e != 0 {
		r = 0
	}
	return r, e
}

// TestDifferential makes the same calls of Linux and of a Space, at the same offsets of two ranges, and
// compares errno, place, and what can be accessed afterwards.
func TestDifferential(t *testing.T) {
	needPeek(t)
	f, err := os.CreateTemp(t.TempDir(), "file")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Truncate(diffPages * pageSize)
	ro, err := os.Open(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer ro.Close()
	rapid.Check(t, func(rt *rapid.T) {
		s, l := newSpace(t, 0, 0, 1<<30)
		defer func() {
			l.Unmap(testWindow, 1<<30)
			l.Unmap(diffLinux, 1<<30)
		}()
		off := func(name string) uintptr {
			v := uintptr(rapid.IntRange(0, diffPages-1).Draw(rt, name)) * pageSize
			if rapid.IntRange(0, 15).Draw(rt, "odd") == 0 {
				v += 100
			}
			return v
		}
		size := func(name string) uintptr {
			return rapid.OneOf(rapid.SampledFrom([]uintptr{0, 1, 4095, ^uintptr(0), ^uintptr(0) - 8191, 1 << 47}),
				rapid.Map(rapid.IntRange(1, 16), func(n int) uintptr { return uintptr(n) * pageSize }),
				rapid.Map(rapid.IntRange(1, 16), func(n int) uintptr { return uintptr(n) * pageSize }),
				rapid.Map(rapid.IntRange(1, 16), func(n int) uintptr { return uintptr(n) * pageSize })).Draw(rt, name)
		}
		same := func(what string, rl uintptr, el hal.Errno, rs uintptr, es hal.Errno) {
			if el != es {
				rt.Fatalf("%s: Linux %v, here %v", what, el, es)
			}
			if el == 0 && rl-diffLinux != rs-testWindow {
				rt.Fatalf("%s: Linux at %#x, here at %#x", what, rl-diffLinux, rs-testWindow)
			}
		}
		mmap := func(rt *rapid.T) {
			a, n := off("at"), size("length")
			prot := rapid.SampledFrom([]int32{3, 3, 1, 0, 7, 0x103}).Draw(rt, "prot")
			flags := rapid.SampledFrom([]int32{mapPrivate, mapPrivate, mapShared, mapSharedValidate, 0, 0x0f, mapPrivate | mapGrowsDown}).Draw(rt, "flags")
			flags |= rapid.SampledFrom([]int32{mapFixed, mapFixed, mapFixedNoReplace}).Draw(rt, "place")
			fd, fo := int32(-1), int64(0)
			switch rapid.IntRange(0, 4).Draw(rt, "file") {
			case 0:
				fd = int32(f.Fd())
			case 1:
				fd = int32(ro.Fd())
			default:
				flags |= mapAnon
				if flags&mapGrowsDown != 0 && flags&mapType == mapPrivate {
					// A real one has a guard gap and grows on fault: not what is compared here.
					flags &^= mapGrowsDown
				}
			}
			if fd >= 0 {
				fo = rapid.SampledFrom([]int64{0, 0, 4096, 100, 8192}).Draw(rt, "offset")
			}
			rl, el := call(syscall.SYS_MMAP, diffLinux+a, n, uintptr(prot), uintptr(flags), uintptr(fd), uintptr(fo))
			rs, es := s.Mmap(testWindow+a, n, prot, flags, fd, fo)
			same("mmap", rl, el, rs, es)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"mmap": mmap, "mmap2": mmap,
			"munmap": func(rt *rapid.T) {
				a, n := off("at"), size("length")
				if n > 1<<32 && n < 1<<48 {
					n = pageSize // what lies above the two ranges differs
				}
				_, el := call(syscall.SYS_MUNMAP, diffLinux+a, n)
				same("munmap", diffLinux, el, testWindow, s.Munmap(testWindow+a, n))
			},
			"mprotect": func(rt *rapid.T) {
				a, n := off("at"), size("length")
				if n > 1<<32 && n < 1<<48 {
					n = pageSize
				}
				prot := rapid.SampledFrom([]int32{3, 1, 0, 7, 16, protGrowsDown, protGrowsDown | protGrowsUp | 3}).Draw(rt, "prot")
				_, el := call(syscall.SYS_MPROTECT, diffLinux+a, n, uintptr(prot))
				same("mprotect", diffLinux, el, testWindow, s.Mprotect(testWindow+a, n, prot))
			},
			"madvise": func(rt *rapid.T) {
				a, n := off("at"), size("length")
				if n > 1<<32 && n < 1<<48 {
					n = pageSize
				}
				advice := rapid.SampledFrom([]int32{0, 3, 4, 8, 10, 11, 5, 99, 14, 26, -1}).Draw(rt, "advice")
				_, el := call(syscall.SYS_MADVISE, diffLinux+a, n, uintptr(advice))
				same("madvise", diffLinux, el, testWindow, s.Madvise(testWindow+a, n, advice))
			},
			"mremap": func(rt *rapid.T) {
				a, old, n := off("at"), size("old"), size("new")
				flags := rapid.SampledFrom([]int32{0, 0, 3, 3, 2, 4, 8}).Draw(rt, "flags")
				to := off("to")
				if n > 1<<32 && pageUp(n) != 0 {
					n = 1 << 28 // beyond user addresses kernels differ: ENOMEM, since 6.17 EINVAL
				}
				if old > pageSize && pageUp(old) != 0 {
					old = pageSize // more may be several of Linux's areas, and its versions differ on those
				}
				if flags == 0 && pageUp(old) == 0 && n > 0 {
					flags = 2
				}
				rl, el := call(syscall.SYS_MREMAP, diffLinux+a, old, n, uintptr(flags), diffLinux+to)
				rs, es := s.Mremap(testWindow+a, old, n, flags, testWindow+to)
				same("mremap", rl, el, rs, es)
			},
			"write": func(rt *rapid.T) {
				a := pageDown(off("at"))
				v := rapid.Uint64().Draw(rt, "v")
				if wl, ws := poke(diffLinux+a, v), poke(testWindow+a, v); wl != ws {
					rt.Fatalf("write at %#x: Linux %v, here %v", a, wl, ws)
				}
			},
			"": func(rt *rapid.T) {
				s.verify(rt)
				for a := uintptr(0); a < 2*diffPages*pageSize; a += pageSize {
					vl, okl := peek(diffLinux + a)
					vs, oks := peek(testWindow + a)
					if vl != vs || okl != oks {
						rt.Fatalf("at %#x: Linux %d %v, here %d %v", a, vl, okl, vs, oks)
					}
				}
			},
		})
	})
	runtime.KeepAlive(f)
}
