package abi

import (
	"testing"
	"unsafe"
)

// Both kernels may be built at different times: a size that changes is a new version.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"Boot", unsafe.Sizeof(Boot{}), 1888},
		{"CoreBlock", unsafe.Sizeof(CoreBlock{}), 128},
		{"ProxyBlock", unsafe.Sizeof(ProxyBlock{}), 64},
		{"LogRing", unsafe.Sizeof(LogRing{}), 64},
		{"Epitaph", unsafe.Sizeof(Epitaph{}), 512},
		{"CoreBlock.Command", unsafe.Offsetof(CoreBlock{}.Command), 64},
		{"Boot.Requests", unsafe.Offsetof(Boot{}.Requests), 144},
		{"Boot.APIC", unsafe.Offsetof(Boot{}.APIC), 1344},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, c.got, c.want)
		}
	}
	if unsafe.Sizeof(Boot{}) > 4096 {
		t.Error("the boot page is more than a page")
	}
}
