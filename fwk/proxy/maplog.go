package proxy

import (
	"fmt"
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/ikc"
)

// mapLog is the LWK's ring of changes to what backs program addresses. The keeper applies them, as it has
// the enclave's file; whoever is about to act on a request waits until all that came before is applied.
type mapLog struct {
	ring     ikc.Ring
	takeAt   ikc.Cursor
	applying atomic.Bool // an entry was taken and has not taken effect
	apply    func()      // applyLog
}

// settle returns when every entry that is in the log now has taken effect. It costs two loads when there
// is none.
func (l *mapLog) settle(p *Proxy) {
	// In this order: an entry that is no longer pending was taken after applying was set.
	if !l.ring.Pending(&l.takeAt) && !l.applying.Load() {
		return
	}
	p.keeper.do(l.apply)
}

// applyLog runs on the keeper.
func (p *Proxy) applyLog() {
	l := &p.maps
	var m ikc.Slot
	for !p.ending.Load() {
		l.applying.Store(true)
		ok := l.ring.Take(&l.takeAt, &m)
		if ok {
			if err := p.space.apply(&m); err != nil {
				p.broken(err.Error())
			}
			atomic.AddUint64(&p.block.Applied, 1)
		}
		l.applying.Store(false)
		if !ok {
			return
		}
	}
}

// apply makes one change, or says what is wrong with it.
func (s *space) apply(m *ikc.Slot) error {
	va, off, n := m.Args[0], m.Args[1], m.Args[2]
	if (va|n)%abi.Granule != 0 || n == 0 || !s.window.holds(va, n) {
		return fmt.Errorf("a mapping of %#x bytes at %#x, which is not in the program's window", n, va)
	}
	switch m.Kind {
	case abi.MapSet:
		if off%abi.Granule != 0 || off < s.free.Off || off > s.size || n > s.size-off {
			return fmt.Errorf("a mapping of %#x bytes at offset %#x, which is not in its free memory", n, off)
		}
		return s.set(va, off, n)
	case abi.MapUnset:
		return s.unset(va, n)
	}
	return fmt.Errorf("an entry of kind %d in the map log", m.Kind)
}
