package native

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
)

// TestConstants holds the numbers that assembly uses against the structures that they come from.
func TestConstants(t *testing.T) {
	b, err := enclave.Layout(2, 64<<20, 4<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"coresAt", coresAt, uintptr(b.Cores.Off)},
		{"bootNCores", bootNCores, unsafe.Offsetof(abi.Boot{}.NCores)},
		{"bootAPIC", bootAPIC, unsafe.Offsetof(abi.Boot{}.APIC)},
		{"CoreBlock, a shift by 7", unsafe.Sizeof(abi.CoreBlock{}), 1 << 7},
		{"CoreBlock.State", unsafe.Offsetof(abi.CoreBlock{}.State), 0},
		{"GS:0", unsafe.Offsetof(cpu{}.self), 0},
		{"context_RBP in one byte", unsafe.Offsetof(context{}.RBP) & 0x7f, unsafe.Offsetof(context{}.RBP)},
		{"thread_bp in one byte", unsafe.Offsetof(thread{}.bp) & 0x7f, unsafe.Offsetof(thread{}.bp)},
		{"frame", unsafe.Sizeof(frame{}), 21 * 8},
		{"image", abi.ImageLow, 0xffffffff80200000},
	} {
		if c.got != c.want {
			t.Errorf("%s: %#x, want %#x", c.name, c.got, c.want)
		}
	}
}

// TestAreas makes random changes to the list of areas and compares it with one entry for each page.
func TestAreas(t *testing.T) {
	const pages = 64
	r := rand.New(rand.NewPCG(1, 2))
	m := memory{areas: make([]vma, 4*pages)}
	var model [pages]int32 // protection plus one, 0: nothing
	for range 20000 {
		lo, n := r.IntN(pages), 1+r.IntN(8)
		hi := min(lo+n, pages)
		prot := int32(r.IntN(4))
		a, z := uintptr(lo)*pageSize, uintptr(hi)*pageSize
		m.split(a)
		m.split(z)
		i := m.find(a)
		j := i
		for ; j < m.n && m.areas[j].lo < z; j++ {
		}
		m.removeAt(i, j-i)
		for k := lo; k < hi; k++ {
			model[k] = 0
		}
		if prot != 3 {
			m.insertAt(m.find(a), vma{lo: a, hi: z, prot: prot})
			for k := lo; k < hi; k++ {
				model[k] = prot + 1
			}
		}
		i = m.find(a)
		m.merge(i, i)
		for k := range model {
			at, have := uintptr(k)*pageSize, int32(0)
			if i := m.find(at); i < m.n && m.areas[i].lo <= at {
				have = m.areas[i].prot + 1
			}
			if have != model[k] {
				t.Fatalf("page %d: %d, want %d; areas %v", k, have, model[k], m.areas[:m.n])
			}
		}
		for i := 1; i < m.n; i++ {
			if m.areas[i-1].hi > m.areas[i].lo || m.areas[i].lo >= m.areas[i].hi {
				t.Fatalf("areas overlap or are empty: %v", m.areas[:m.n])
			}
		}
	}
}
