package tsc

import "testing"

func TestKHz(t *testing.T) {
	for _, c := range []struct {
		shift uint16
		mult  uint32
		khz   uint64
		ok    bool
	}{{10, 512, 2000000, true}, {31, 715827883, 2999999, true}, {0, 0, 0, false}, {64, 1, 0, false}, {0, 4000000000, 0, false}} {
		khz, ok := fromScale(c.shift, c.mult)
		if ok != c.ok || ok && khz != c.khz {
			t.Errorf("%d, %d: %d, %v", c.shift, c.mult, khz, ok)
		}
	}
	if khz, err := KHz(); err != nil || khz < 1000 {
		t.Errorf("here: %d, %v", khz, err)
	}
}
