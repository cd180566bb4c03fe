package sched

import (
	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/proc/signal"
)

// Shipped calls as a core sees them: sent, awaited for a while, answered.

// done takes the answer to a shipped call.
func (c *Core) done(m *ikc.Slot) {
	k, ret := c.k, int64(m.Args[0])
	t := k.ByIndex(m.Thread)
	if t == nil || t.State != Shipped {
		return // not a thread, or not one that waits: the far side's mistake
	}
	k.Lock()
	early := ret == unmade
	if early {
		ret = -int64(eINTR)
	}
	if ret == -int64(eINTR) && !t.Cut {
		// An interruption that was meant for the call that its proxy had before.
		k.Unlock()
		c.send(t)
		return
	}
	if t.Cut {
		k.Plat.Resume(t.Index)
	}
	t.State = Running // from here nobody interrupts the call
	t.Unmade = early
	k.Unlock()
	t.Raised = uint32(m.Args[1])
	ret = k.Hooks.Done(c, t, ret)
	if t.State != Running {
		return // sent again, or gone
	}
	t.Return(ret)
	if c.current == t {
		c.gone = false
		return // Await waits for it
	}
	k.Lock()
	k.Make(t)
	k.Unlock()
}

// unmade is the answer to a call that was interrupted before it was made (Linux's ERESTARTSYS, which a
// system call never returns).
const unmade = -512

// Ship sends the call (nr, args) to Linux for the running thread; the thread waits until the answer
// has come.
func (c *Core) Ship(t *Thread, nr uint32, args *[6]uint64) {
	t.SentNr, t.Sent = nr, *args
	t.Cut = false
	c.send(t)
	if k := c.k; k.multi && t.State == Shipped {
		// A signal that another core sent before it could see the thread waiting.
		k.Lock()
		if signal.HasPending(&t.Sig, &k.Pending) {
			k.Cut(t)
		}
		k.Unlock()
	}
}

// Await waits for the answer to the running thread's shipped call for a while, unless somebody else
// wants the core: most answers come within a microsecond or two, and this saves the way through the
// loop. If it came, the thread is Running again and has its result.
func (c *Core) Await(t *Thread) {
	for t.State == Shipped && c.head == nil && c.HAL.Poll() {
		c.look()
	}
}

func (c *Core) send(t *Thread) {
	if c.current == t {
		c.gone = true
	}
	t.State = Shipped
	for !c.k.Plat.Send(c.Index, t.Index, t.SentNr, &t.Sent) {
		// The channel is full of calls that nobody has taken yet. Answers make room.
		if c.k.Plat.Receive(c.Index, &c.msg) {
			m := c.msg
			if m.Kind == abi.MsgDone {
				c.done(&m)
			} else {
				c.k.Hooks.Message(c, &m)
			}
		}
	}
}
