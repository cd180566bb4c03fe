package enclave

import (
	"reflect"
	"testing"

	"github.com/skerry-os/skerry/abi"
)

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		cores         int
		memory, image uint64
	}{{1, 64 << 20, 5 << 20}, {64, 24 << 30, 7<<20 + 1}, {2, MaxMemory, 4 << 20}} {
		b, err := Layout(c.cores, c.memory, c.image)
		if err != nil {
			t.Fatal(err)
		}
		parts := []abi.Section{{Off: 0, Len: uint64(bootSize)}, b.Cores, b.Proxy, b.Epitaphs, b.Granules, b.Requests, b.Replies, b.MapLog,
			b.Cancel, b.Log, b.Tables, b.Bounce, b.Program, b.Image, b.Free}
		for i := 1; i < len(parts); i++ {
			if p := parts[i-1]; p.Off+p.Len > parts[i].Off || parts[i].Off%64 != 0 {
				t.Errorf("%+v: part %d at %#x overlaps %#x..%#x or is unaligned", c, i, parts[i].Off, p.Off, p.Off+p.Len)
			}
		}
		if last := parts[len(parts)-1]; last.Off+last.Len != c.memory {
			t.Errorf("%+v: ends at %#x", c, last.Off+last.Len)
		}
		if err := Check(b, c.memory); err != nil {
			t.Error(err)
		}
		home := b.Free.Off + 3*abi.Granule
		m := Member(b, 5, home)
		parts = []abi.Section{{Off: home, Len: uint64(bootSize)}, m.Cores, m.Proxy, m.Requests, m.Replies, m.MapLog, m.Cancel, m.Bounce, m.Program}
		for i := 1; i < len(parts); i++ {
			if p := parts[i-1]; p.Off+p.Len > parts[i].Off {
				t.Errorf("%+v: part %d of a member overlaps", c, i)
			}
		}
		if last := parts[len(parts)-1]; last.Off+last.Len != home+abi.Granule || last.Len < 1<<20 {
			t.Errorf("%+v: a member's program block is %+v", c, last)
		}
		if err := Check(&m, c.memory); err != nil {
			t.Error(err)
		}
		for _, bad := range []uint64{0, home + 4096, b.Free.Off - abi.Granule, c.memory} {
			if IsHome(b, bad) {
				t.Errorf("%#x is a home", bad)
			}
		}
		b.Requests.Off += 64
		if Check(b, c.memory) == nil {
			t.Error("a ring moved, and Check did not see it")
		}
	}
	for _, c := range []struct {
		cores  int
		memory uint64
	}{{0, 1 << 30}, {65, 1 << 30}, {1, 1<<30 + 4096}, {1, 16 << 20}, {1, MaxMemory + abi.Granule}} {
		if _, err := Layout(c.cores, c.memory, 4<<20); err == nil {
			t.Errorf("%+v: accepted", c)
		}
	}
}

func TestProgram(t *testing.T) {
	p := &Program{Path: "/bin/x", Args: []string{"x", "", "y z"}, Env: []string{"A=b"}, PID: 7, Verbose: true,
		Limit: 1, Ignored: 2, Mask: 3, Stack: 4, Random: [16]byte{1, 15: 9}, Aux: []byte("12345678")}
	raw := p.Append(nil)
	q, err := ParseProgram(raw)
	if err != nil || !reflect.DeepEqual(p, q) {
		t.Fatalf("%+v, %v", q, err)
	}
	for i := range raw {
		if _, err := ParseProgram(raw[:i]); err == nil {
			t.Errorf("%d of %d bytes were accepted", i, len(raw))
		}
	}
}

func FuzzProgram(f *testing.F) {
	f.Add((&Program{Path: "/bin/x", Args: []string{"x"}, Env: []string{"A=b"}}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { ParseProgram(b) })
}

func TestLog(t *testing.T) {
	b, err := Layout(1, 64<<20, 4<<20)
	if err != nil {
		t.Fatal(err)
	}
	mem := make([]byte, b.Log.Off+b.Log.Len)
	ring := mem[b.Log.Off+logHeader:]
	write := func(s string) {
		l := view[abi.LogRing](mem, b.Log.Off)
		for i := range len(s) {
			ring[l.Head%uint64(len(ring))] = s[i]
			l.Head++
		}
	}
	write("one\n")
	text, at := ReadLog(mem, b, 0)
	if string(text) != "one\n" || at != 4 {
		t.Fatalf("%q, %d", text, at)
	}
	for range LogSize {
		write("ab")
	}
	if text, at = ReadLog(mem, b, at); len(text) != len(ring) || at != 4+2*LogSize {
		t.Errorf("%d bytes, at %d", len(text), at)
	}
	write("end\n")
	if text, _ = ReadLog(mem, b, at); string(text) != "end\n" {
		t.Errorf("%q", text)
	}
}
