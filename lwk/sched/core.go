package sched

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/record"
)

// Core is one core's part of the scheduler: its run queue, its timers, its loop.
type Core struct {
	k     *Kernel
	Index int
	HAL   hal.Core

	current *Thread // in the program or being handled; nil while idle
	gone    bool    // current has given up the core; only this core says so, and it alone asks
	vector  *Thread // whose vector state is live in the registers
	head    *Thread // run queue
	tail    *Thread
	queued  int

	heap  []*Thread // sleeping threads by due time; heap[:sleepers] is a binary heap
	sleep int
	first int64 // when heap[0] is due, 0: nobody sleeps; read without the lock

	msg ikc.Slot

	// Stats are counters that only this core writes. Rec is where it notes more than that; nil if
	// nobody asked. See Kernel.Observe.
	Stats *record.Counters
	Rec   *record.Core
	Every uint64 // Rec.Every: which calls are noted; 0: all, and with Rec there is a trace
}

// Kernel returns the kernel that the core belongs to.
func (c *Core) Kernel() *Kernel { return c.k }

// Current returns the thread that has the core.
func (c *Core) Current() *Thread { return c.current }

func (c *Core) load() int {
	if c.current != nil {
		return c.queued + 1
	}
	return c.queued
}

// Loop is the core's life: pick a thread, run it, handle its trap, repeat. It does not return.
func (c *Core) Loop() {
	for {
		c.look()
		t := c.Take()
		if t == nil {
			c.idle()
			continue
		}
		c.run(t)
	}
}

// Take gives the core to the next thread that waits for it, or that waits for another core and may run
// here; nil if there is none.
func (c *Core) Take() *Thread {
	c.k.Lock()
	t := c.pop()
	if t == nil && c.k.multi {
		t = c.steal()
	}
	if t != nil {
		t.State, t.home = Running, false
		c.current, c.gone = t, false
	}
	c.k.Unlock()
	if t != nil && c.k.multi {
		// The core that it leaves may still be saving its registers.
		for !atomic.CompareAndSwapUint32(&t.held, 0, 1) {
		}
	}
	return t
}

// run runs a thread until it gives up the core.
func (c *Core) run(t *Thread) {
	if c.vector != t {
		var from *hal.Context
		if c.vector != nil {
			from = &c.vector.Ctx
		}
		c.HAL.SwitchVector(from, &t.Ctx)
		c.vector = t
		c.Stats.Switches++
	}
	c.HAL.Note(c.head != nil, c.due(), t.TID)
	k := c.k
	if t.Wake != WakeNone {
		k.Hooks.Woken(c, t)
		t.Wake = WakeNone
	}
	if t.Told {
		k.Hooks.Told(c, t)
	}
	if c.Every == 0 && c.Rec != nil {
		c.Rec.Begin(t.Index, t.TID)
	}
	by := uint16(record.NoCall) // the call that the thread gives up the core with
	for {
		// Cut, and nothing to take: another thread has taken it. The call is to be made again.
		if t.Cut || signal.HasPending(&t.Sig, &k.Pending) {
			k.Hooks.Signals(c, t)
			if c.gone {
				by = record.NoCall
				break
			}
		}
		switch c.HAL.Run(&t.Ctx) {
		case hal.TrapSyscall:
			k.Hooks.Syscall(c, t)
			by = uint16(t.Nr)
		case hal.TrapFault:
			c.Stats.Faults++
			if c.Rec != nil {
				c.Rec.Point(record.Fault, t.Index, uint16(t.Ctx.Sig))
			}
			by = record.NoCall
			k.Hooks.Fault(c, t)
		case hal.TrapSignal:
			c.msg = ikc.Slot{Kind: abi.MsgSignal}
			c.msg.Args[0] = uint64(t.Ctx.Sig)
			c.msg.Args[1] = uint64(uint32(t.Ctx.SigCode))
			c.msg.Args[2] = t.Ctx.SigAddr
			k.Hooks.Message(c, &c.msg)
		case hal.TrapKick:
			c.Stats.Kicks++
			by = record.NoCall
			c.look()
			if k.Hooks.Asked != nil {
				k.Hooks.Asked(c)
			}
			if (c.head != nil || t.Allowed>>c.Index&1 == 0) && !c.gone {
				c.Stats.Slices++
				c.Yield(t)
			}
		}
		if c.gone {
			break
		}
		c.look()
	}
	if k.multi && c.vector == t {
		// Any core may take it from here. (A thread that has ended is nobody's vector.)
		c.HAL.InheritVector(&t.Ctx)
		c.vector = nil
		atomic.StoreUint32(&t.held, 0)
	}
	if c.Every == 0 && c.Rec != nil {
		c.Rec.End(by, uint8(t.State))
	}
	c.k.Lock()
	if c.current == t {
		c.current = nil
	}
	c.k.Unlock()
}

// Yield puts the running thread at the end of its core's queue.
func (c *Core) Yield(t *Thread) {
	c.k.Lock()
	c.gone = true
	if t.Allowed>>c.Index&1 == 0 {
		t.core = nil
		c.k.Make(t)
	} else {
		t.State = Runnable
		c.push(t)
	}
	c.k.Unlock()
}

// Gone reports whether the thread whose call is being handled has given up the core: it waits, or has
// been made to run elsewhere, maybe already. Its state must not be looked at then.
func (c *Core) Gone() bool { return c.gone }

// Contended reports whether another thread waits for the core.
func (c *Core) Contended() bool { return c.head != nil }

// Look takes what Linux has sent to this core; for a handler that must not miss any of it.
func (c *Core) Look() { c.look() }

// GoHome has the running thread go on on the home core, which gets the messages that are for no thread
// in particular, and make its call again there. It reports whether that is another core.
func (c *Core) GoHome(t *Thread) bool {
	home := c.k.cores[0]
	if c == home {
		return false
	}
	t.Rewind()
	c.k.Lock()
	c.gone = true
	t.State, t.home = Runnable, true
	home.push(t)
	busy := home.current != nil
	c.k.Unlock()
	if busy {
		home.HAL.Kick()
	}
	return true
}

// look takes the messages that Linux has for this core, and ends the sleep of threads that are due.
func (c *Core) look() {
	for c.k.Plat.Receive(c.Index, &c.msg) {
		if c.msg.Kind != abi.MsgDone {
			c.k.Hooks.Message(c, &c.msg)
			continue
		}
		c.done(&c.msg)
	}
	if c.due() != 0 {
		c.expire()
	}
}
