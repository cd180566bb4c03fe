package proxy

import (
	"math/bits"
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/rawcall"
	"github.com/skerry-os/skerry/ikc"
)

// post puts a message into the ring of the core that it names, and wakes the core: at once if it says that
// it sleeps, or now is set; else if it has not looked for a while.
func (p *Proxy) post(m *ikc.Slot, now bool) {
	core := m.Kind >> 8
	if core >= uint32(len(p.replies)) {
		return
	}
	r := &p.replies[core]
	var idle uint32
	for wait, waited := int64(1e3), int64(0); ; wait, waited = min(2*wait, 1e6), waited+wait {
		s, pos, ok := r.ring.Claim(&r.send)
		if ok {
			s.Kind, s.Thread, s.Aux, s.Args = m.Kind&0xff, m.Thread, m.Aux, m.Args
			r.ring.Publish(s, pos)
			r.last.Store(pos) // a barrier: the message, then the question whether the core sleeps
			break
		}
		if p.ending.Load() {
			return
		}
		if waited > p.patience.answers {
			p.broken("a core that does not take its answers")
			return
		}
		p.ring(core) // full of what the core has not looked at yet
		rawcall.FutexWait(&idle, 0, wait)
	}
	switch {
	case now || atomic.LoadUint32(&enclave.Core(p.space.mem, &p.boot, int(core)).Asleep) != 0:
		p.ring(core)
	default:
		p.attend(core)
	}
}

// ring has the keeper, which may have to write to a descriptor for it, wake a core.
func (p *Proxy) ring(core uint32) {
	if p.cfg.Ring == nil {
		return
	}
	if p.ringing.Or(1<<(core%64))>>(core%64)&1 == 0 {
		p.keeper.ring()
	}
}

func (p *Proxy) ringAll() {
	for w := p.ringing.Swap(0); w != 0; w &= w - 1 {
		p.cfg.Ring(bits.TrailingZeros64(w))
	}
}

// slice is how long a message may wait for a core that computes, in nanoseconds.
const slice = 2e6

// attend has a core woken that does not take its message within a slice. One goroutine watches.
func (p *Proxy) attend(core uint32) {
	p.replies[core].sent.Store(true)
	if p.cfg.Ring != nil && !p.attended.Load() && p.attended.CompareAndSwap(false, true) {
		atomic.AddUint32(&p.attention, 1)
		rawcall.FutexWake(&p.attention, 1)
	}
}

// attendant is the goroutine that watches for messages that nobody takes.
func (p *Proxy) attendant() {
	var never uint32
	for !p.ending.Load() {
		seen := atomic.LoadUint32(&p.attention)
		if !p.attended.Load() {
			rawcall.FutexWait(&p.attention, seen, -1)
			continue
		}
		p.attended.Store(false)
		rawcall.FutexWait(&never, 0, slice)
		for i := range p.replies {
			r := &p.replies[i]
			if r.sent.Swap(false) && !r.ring.Taken(r.last.Load()) {
				p.ring(uint32(i))
				p.attend(uint32(i))
			}
		}
	}
}

// signalled sends a signal of Linux's to the program: the first 48 bytes of its siginfo, to core 0.
func (p *Proxy) signalled(info *[6]uint64) {
	m := ikc.Slot{Kind: abi.MsgSignal, Args: *info}
	p.post(&m, true)
}
