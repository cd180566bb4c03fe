package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// decoded is a first stack read back the way a C library does.
type decoded struct {
	args, env        []string
	aux              []AuxEntry
	random           []byte
	execFn, platform string
	strings          []byte // from argv[0]'s bytes to the top
}

func (d *decoded) auxValue(tag uint64) (uint64, bool) {
	for _, a := range d.aux {
		if a.Tag == tag {
			return a.Value, true
		}
	}
	return 0, false
}

// decode reads the image of a stack whose first byte is at sp.
func decode(image []byte, sp uint64) (d decoded, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the stack's pointers leave it: %v", r)
		}
	}()
	at := uint64(0)
	next := func() uint64 {
		v := binary.LittleEndian.Uint64(image[at:])
		at += 8
		return v
	}
	text := func(addr uint64) string {
		b := image[addr-sp:]
		return string(b[:bytes.IndexByte(b, 0)])
	}
	argc := next()
	for range argc {
		p := next()
		if d.strings == nil {
			d.strings = image[p-sp:]
		}
		d.args = append(d.args, text(p))
	}
	if v := next(); v != 0 {
		return d, fmt.Errorf("argv ends in %#x", v)
	}
	for p := next(); p != 0; p = next() {
		d.env = append(d.env, text(p))
	}
	for {
		a := AuxEntry{next(), next()}
		if a.Tag == ATNull {
			if a.Value != 0 {
				return d, fmt.Errorf("AT_NULL is %#x", a.Value)
			}
			break
		}
		d.aux = append(d.aux, a)
	}
	if v, ok := d.auxValue(ATRandom); ok {
		d.random = image[v-sp : v-sp+16]
	}
	if v, ok := d.auxValue(ATExecfn); ok {
		d.execFn = text(v)
	}
	if v, ok := d.auxValue(ATPlatform); ok {
		d.platform = text(v)
	}
	return d, nil
}

func TestStack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		str := rapid.StringMatching(`[a-zA-Z=/ é]{0,40}`)
		cfg := StackConfig{
			Top:    0x7ffff0000000 + 16*uint64(rapid.IntRange(0, 300).Draw(t, "top")),
			Args:   rapid.SliceOfN(str, 0, 20).Draw(t, "args"),
			Env:    rapid.SliceOfN(str, 0, 20).Draw(t, "env"),
			ExecFn: str.Draw(t, "execfn"),
		}
		copy(cfg.Random[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "random"))
		img := &Image{Entry: 0x1234, PhdrVaddr: 0x40, Phnum: 9, Phentsize: 56}
		host := HostAux{SysinfoEHDR: 0x7fff12345000, HWCap: 5, UID: 1000, Secure: 0}
		if rapid.Bool().Draw(t, "aux") {
			cfg.Aux = Aux(img, 0x555000000000, 0x7f0000000000, host)
		}
		image, sp, err := Stack(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if sp%16 != 0 || sp+uint64(len(image)) != cfg.Top {
			t.Fatalf("sp %#x, %d bytes, top %#x", sp, len(image), cfg.Top)
		}
		d, err := decode(image, sp)
		if err != nil {
			t.Fatal(err)
		}
		args := cfg.Args
		if len(args) == 0 {
			args = []string{""}
		}
		if !slices.Equal(d.args, args) || !slices.Equal(d.env, cfg.Env) || d.execFn != cfg.ExecFn || d.platform != "x86_64" {
			t.Fatalf("read back %+v from %+v", d, cfg)
		}
		if !bytes.Equal(d.random, cfg.Random[:]) {
			t.Fatalf("random bytes %x, want %x", d.random, cfg.Random)
		}
		want := strings.Join(append(append(slices.Clone(args), cfg.Env...), cfg.ExecFn), "\x00") + strings.Repeat("\x00", 9)
		if string(d.strings) != want {
			t.Fatalf("strings %q, want %q", d.strings, want)
		}
		if cfg.Aux != nil {
			for tag, want := range map[uint64]uint64{ATEntry: 0x555000001234, ATPhdr: 0x555000000040, ATPhnum: 9, ATPhent: 56,
				ATBase: 0x7f0000000000, ATPagesz: 4096, ATClktck: 100, ATSysinfoEHDR: 0x7fff12345000, ATHwcap: 5, ATUID: 1000, ATFlags: 0, ATSecure: 0} {
				if got, ok := d.auxValue(tag); !ok || got != want {
					t.Fatalf("auxiliary vector has %d = %#x (%v), want %#x", tag, got, ok, want)
				}
			}
		}
	})
}

func TestStackErrors(t *testing.T) {
	long := func(n int) string { return strings.Repeat("a", n) }
	many := func(n int, s string) []string { return slices.Repeat([]string{s}, n) }
	const top = 0x7ffff0000000
	// 1023 bytes and NUL and pointer: 1032 for each; execfn "" is 1.
	fits := (2<<20 - 1) / 1032
	for _, c := range []struct {
		name string
		cfg  StackConfig
		want error
	}{
		{"longest string", StackConfig{Top: top, Args: []string{long(128<<10 - 1)}}, nil},
		{"string too long", StackConfig{Top: top, Args: []string{long(128 << 10)}}, syscall.E2BIG},
		{"environment string too long", StackConfig{Top: top, Env: []string{long(128 << 10)}}, syscall.E2BIG},
		{"a quarter of the default", StackConfig{Top: top, Args: many(fits, long(1023))}, nil},
		{"over a quarter of the default", StackConfig{Top: top, Args: many(fits, long(1023)), Env: []string{long(1023)}}, syscall.E2BIG},
		{"a larger limit", StackConfig{Top: top, Limit: 16 << 20, Args: many(2*fits, long(1023))}, nil},
		{"no limit is 6 MiB", StackConfig{Top: top, Limit: ^uint64(0), Args: many(3*fits, long(1023))}, nil},
		{"over 6 MiB", StackConfig{Top: top, Limit: ^uint64(0), Args: many(3*fits+1, long(1023))}, syscall.E2BIG},
		{"a small limit leaves 128 KiB", StackConfig{Top: top, Limit: 8192, Args: many(127, long(1023))}, nil},
		{"over 128 KiB", StackConfig{Top: top, Limit: 8192, Args: many(128, long(1023))}, syscall.E2BIG},
		{"pointers count", StackConfig{Top: top, Args: many(240_000, "")}, syscall.E2BIG},
		{"NUL", StackConfig{Top: top, Args: []string{"a\x00b"}}, syscall.EINVAL},
		{"NUL in execfn", StackConfig{Top: top, ExecFn: "a\x00b"}, syscall.EINVAL},
		{"top not aligned", StackConfig{Top: top + 8}, syscall.EINVAL},
		{"top too high", StackConfig{Top: UserEnd + 0x1000}, syscall.EINVAL},
		{"no room", StackConfig{Top: 64}, syscall.EINVAL},
	} {
		image, _, err := Stack(c.cfg)
		if !errors.Is(err, c.want) || (err == nil) != (len(image) > 0) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// The first stack that Linux made for this test, read from memory, has the same strings at the same
// distances from its top, and every tag of ours.
func TestStackAsLinux(t *testing.T) {
	image, sp, top := ownStack(t)
	d, err := decode(image, sp)
	if err != nil {
		t.Fatal(err)
	}
	host := ParseAux(image[auxOffset(d):])
	raw, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		t.Fatal(err)
	}
	if other := ParseAux(raw); other != host || host.PageSize != PageSize || host.UID != uint64(os.Getuid()) || host.EGID != uint64(os.Getegid()) {
		t.Errorf("from the stack %+v, from /proc %+v", host, other)
	}
	self, _, _ := open(t, "/proc/self/exe")
	entry, _ := d.auxValue(ATEntry)
	base, _ := d.auxValue(ATBase)
	ours, oursSP, err := Stack(StackConfig{Top: top, Args: d.args, Env: d.env, ExecFn: d.execFn, Limit: ^uint64(0),
		Random: [16]byte(d.random), Aux: Aux(self, entry-self.Entry, base, host)})
	if err != nil {
		t.Fatal(err)
	}
	o, err := decode(ours, oursSP)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(o.strings, d.strings) {
		t.Errorf("strings differ: ours are %d bytes, Linux's %d", len(o.strings), len(d.strings))
	}
	pointers := map[uint64]bool{ATRandom: true, ATPlatform: true} // Linux leaves a random gap above these
	for _, a := range o.aux {
		if got, ok := d.auxValue(a.Tag); !ok || got != a.Value && !pointers[a.Tag] {
			t.Errorf("auxiliary vector: %d is %#x, Linux says %#x (%v)", a.Tag, a.Value, got, ok)
		}
	}
	// What Linux has and we do not must be known and meant.
	dropped := map[uint64]string{27: "AT_RSEQ_FEATURE_SIZE", 28: "AT_RSEQ_ALIGN", 29: "AT_HWCAP3", 30: "AT_HWCAP4"}
	for _, a := range d.aux {
		if _, ok := o.auxValue(a.Tag); !ok && dropped[a.Tag] == "" {
			t.Errorf("Linux passes %d = %#x, which is neither passed on nor known to be dropped", a.Tag, a.Value)
		}
	}
	if o.platform != d.platform || o.execFn != d.execFn {
		t.Errorf("ours %q %q, Linux's %q %q", o.platform, o.execFn, d.platform, d.execFn)
	}
}

// auxOffset is where the auxiliary vector begins, in bytes from sp.
func auxOffset(d decoded) int { return 8 * (1 + len(d.args) + 1 + len(d.env) + 1) }

// ownStack reads this process's first stack from where it began to its top.
func ownStack(t *testing.T) (image []byte, sp, top uint64) {
	t.Helper()
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Skipf("no /proc: %v", err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 26 {
		t.Skip("/proc/self/stat is short")
	}
	sp, _ = strconv.ParseUint(fields[25], 10, 64) // startstack, field 28 of the line
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skipf("no /proc/self/maps: %v", err)
	}
	for line := range strings.Lines(string(maps)) {
		var lo, hi uint64
		if n, _ := fmt.Sscanf(line, "%x-%x", &lo, &hi); n == 2 && lo <= sp && sp < hi {
			top = hi
		}
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil || sp == 0 || top == 0 {
		t.Skipf("the first stack cannot be found or read: sp %#x, top %#x, %v", sp, top, err)
	}
	defer mem.Close()
	image = make([]byte, top-sp)
	if _, err := mem.ReadAt(image, int64(sp)); err != nil {
		t.Skipf("the first stack cannot be read: %v", err)
	}
	return image, sp, top
}

// Linux refuses what Stack refuses, to the byte.
func TestStackLimitAsLinux(t *testing.T) {
	path, err := exec.LookPath("true")
	if err != nil {
		t.Skip("no true(1)")
	}
	var rlim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_STACK, &rlim); err != nil || rlim.Cur > 64<<20 || rlim.Cur < 1<<20 {
		t.Skipf("stack limit %d is not an ordinary one (%v)", rlim.Cur, err)
	}
	limit := int(rlim.Cur / 4)
	args := []string{path}
	for left := limit - 2*(len(path)+1) - 8; left > 0; {
		n := min(left, 100_000)
		if left-n > 0 && left-n < 16 {
			n -= 16
		}
		args = append(args, strings.Repeat("a", n-9))
		left -= n
	}
	for _, extra := range []int{-1, 0, 1} {
		a := slices.Clone(args)
		if extra < 0 {
			a[1] = a[1][1:]
		} else {
			a[1] += strings.Repeat("a", extra)
		}
		_, _, ours := Stack(StackConfig{Top: 0x7ffff0000000, Limit: rlim.Cur, Args: a, ExecFn: path})
		cmd := &exec.Cmd{Path: path, Args: a, Env: []string{}}
		linux := cmd.Run()
		if errors.Is(ours, syscall.E2BIG) != errors.Is(linux, syscall.E2BIG) || errors.Is(ours, syscall.E2BIG) != (extra > 0) {
			t.Errorf("%+d bytes at the limit of %d: got %v, Linux %v", extra, limit, ours, linux)
		}
	}
}
