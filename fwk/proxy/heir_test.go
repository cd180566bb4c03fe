package proxy

import (
	"reflect"
	"testing"
)

func TestHeir(t *testing.T) {
	for _, h := range []*Heir{
		{Instance: 3, Home: 4 << 20, FD: 7, CoresOf: 2, MemoryOf: 64 << 20, ImageOf: 5},
		{Exec: true, CloseOnExec: []int{3, 255}, Files: []HeirFile{{0, 9, 4096, 1}, {maxHandles - 1, 10, 0, 1 << 40}}},
	} {
		got, err := ParseHeir(h.String())
		if err != nil || !reflect.DeepEqual(got, h) {
			t.Errorf("%q is read as %+v, %v", h.String(), got, err)
		}
		for i := range len(h.String()) {
			if cut := h.String()[:i]; len(cut) == 0 || cut[i-1] == ' ' {
				if _, err := ParseHeir(cut); err == nil {
					t.Errorf("%q was believed", cut)
				}
			}
		}
	}
	for _, bad := range []string{"", "x", "128 0 0 0 0 0 0 0 0", "0 0 0 0 0 0 0 1 0", "0 0 0 0 0 0 0 0 1 70000 1 0 0", "0 0 0 0 0 0 0 99999999999 0"} {
		if _, err := ParseHeir(bad); err == nil {
			t.Errorf("%q was believed", bad)
		}
	}
}

func FuzzHeir(f *testing.F) {
	f.Add("0 0 0 0 0 0 0 0 0")
	f.Add("1 2097152 1 5 2 67108864 4096 1 3 1 0 9 0 4096")
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := ParseHeir(s); err == nil {
			if again, err := ParseHeir(h.String()); err != nil || !reflect.DeepEqual(h, again) {
				t.Errorf("%q: %+v, then %+v, %v", s, h, again, err)
			}
		}
	})
}
