package apic

import (
	"errors"
	"testing"
)

func TestModeOf(t *testing.T) {
	for _, c := range []struct {
		v    uint64
		mode string
		base int64
	}{
		{0xfee00900, XAPIC, 0xfee00000}, // the first processor's, as real ones show it
		{0xfee00d00, X2APIC, 0},
		{0xfee00800, XAPIC, 0xfee00000},
		{0xfed00900, XAPIC, 0xfed00000},
		{0xfee00000, "", 0},
		{0xfee00400, "", 0}, // x2APIC without enabled is no valid state
	} {
		mode, base, err := modeOf(c.v)
		var a *Access
		if mode != c.mode || base != c.base || (err != nil) != (c.mode == "") || err != nil && !errors.As(err, &a) {
			t.Errorf("%#x: %q, %#x, %v", c.v, mode, base, err)
		}
	}
}

func TestLowRefusesWhatIsNotLow(t *testing.T) {
	for _, c := range [][2]int{{0, 4096}, {4095, 4096}, {4096, 0}, {-4096, 4096}, {1<<20 - 4096, 8192}, {1 << 20, 4096}} {
		if l, err := MapLow(c[0], c[1]); err == nil {
			l.Close()
			t.Errorf("%#x, %d: mapped", c[0], c[1])
		}
	}
}

func TestPinPutsBack(t *testing.T) {
	before, err := getcpu()
	if err != nil || before < 0 {
		t.Fatal(before, err)
	}
	for _, careful := range []bool{false, true} {
		restore, err := pin(careful)
		if err != nil {
			t.Skipf("affinity cannot be changed here: %v", err)
		}
		restore()
	}
}

func TestIsRAM(t *testing.T) {
	const iomem = `00000000-00000fff : Reserved
00001000-0009fbff : System RAM
0009fc00-0009ffff : Reserved
000a0000-000bffff : PCI Bus 0000:00
00100000-3ffdbfff : System RAM
  01000000-01c00e20 : Kernel code
`
	for _, c := range []struct {
		first, last uint64
		want        bool
	}{
		{0x20000, 0x23fff, true}, {0x1000, 0x9fbff, true}, {0, 0xfff, false}, {0x9f000, 0x9ffff, false},
		{0xa0000, 0xa3fff, false}, {0x1000, 0x200000, false}, {0x1000000, 0x1000fff, true},
	} {
		if got := isRAM(iomem, c.first, c.last); got != c.want {
			t.Errorf("%#x-%#x: %v", c.first, c.last, got)
		}
	}
	// To an ordinary user all addresses are shown as zero.
	if isRAM("00000000-00000000 : System RAM\n", 0x20000, 0x23fff) {
		t.Error("hidden addresses were believed")
	}
}

// On memory instead of registers: what is written where, and that it goes to the target.
func TestDeliver(t *testing.T) {
	p := &page{mem: make([]byte, 4096)}
	if err := p.send(3, initX, true); err != nil {
		t.Skipf("affinity cannot be changed here: %v", err)
	}
	for i, b := range p.mem {
		want := map[int]byte{0x300: 0x00, 0x301: 0xc5, 0x313: 3}[i]
		if b != want {
			t.Errorf("byte %#x is %#x, want %#x", i, b, want)
		}
	}
	if err := p.send(255, initX, true); err == nil {
		t.Error("255 is everybody")
	}
}
