package sys

import (
	"testing"

	"github.com/skerry-os/skerry/abi/triage"
)

// TestTableFitsTriage: what triage places in the LWK has a handler, and nothing else has one.
func TestTableFitsTriage(t *testing.T) {
	has := map[uint16]bool{}
	for _, e := range &table {
		if has[e.nr] {
			t.Errorf("call %d has two handlers", e.nr)
		}
		has[e.nr] = true
		c := triage.Lookup(int(e.nr))
		if c == nil {
			t.Errorf("call %d, which has a handler, is not in the triage table", e.nr)
		} else if c.Where != triage.Local && c.Where != triage.Split {
			t.Errorf("%s has a handler, but the triage table says %v", c.Name, c.Where)
		}
		if e.nr >= maxCalls {
			t.Errorf("call %d is beyond the dispatcher's table", e.nr)
		}
	}
	for _, c := range triage.All() {
		if (c.Where == triage.Local || c.Where == triage.Split) && !has[c.Nr] {
			t.Errorf("%s is %v, but has no handler", c.Name, c.Where)
		}
	}
}
