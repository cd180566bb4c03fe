package record

// What a core writes into its ring. Records are in the order of their beginnings: one that becomes
// known only when it is over (a burst) is written before anything that began later.

// Counted counts a call, if Tracing is set, when nothing more is to be done for it: it is one of a burst
// of calls with this number.
func (c *Core) Counted(nr uint16) bool {
	if c.skip == 0 || nr != c.burstNr {
		return false
	}
	c.skip--
	c.burst++
	return true
}

// Enter notes that the core begins to handle system call nr, which Linux will perhaps not see. To be
// called for the calls that Every names, and that were not Counted.
//
// In a trace a call gets a record with its own two times, as long as reading the clock takes no
// more than 1/16 of the time, with some credit after a pause. Otherwise calls are only counted, and
// become one record: a Burst of up to 64, between two readings.
func (c *Core) Enter(thread uint32, nr uint16) {
	if !c.Tracing {
		c.start = ticks()
		return
	}
	if c.turns != 0 {
		c.calls++
		return
	}
	if c.skip != 0 {
		c.skip--
		c.count(nr)
		return
	}
	now := c.stamp()
	c.endBurst(now)
	if c.credit < 2*c.cost {
		c.skip = burstCalls - 1
		c.count(nr)
		return
	}
	if c.call = c.put(Local, now, 0, 0, thread, nr, 0); c.call == nil {
		c.skip = ^uint32(0) // full: no more times, nearly forever
	}
}

// Open reports whether Leave has anything to note. A nil Core has nothing.
func (c *Core) Open() bool { return c != nil && (c.call != nil || c.start != 0) }

// Leave notes that the call of Enter is handled. ret is its result; done tells that the thread goes
// on, so that there is one. k is Local or Refused.
func (c *Core) Leave(k Kind, ret int64, done bool) {
	if c.start != 0 {
		c.Local.add(ticks() - c.start)
		c.start = 0
		return
	}
	r := c.call
	if r == nil {
		return
	}
	c.call = nil
	r.Kind = k
	if done {
		r.Arg, r.Note = uint64(ret), 1
	}
	r.End = c.stamp()
	c.fresh = !done
	c.Local.add(r.End - r.At)
}

func (c *Core) count(nr uint16) {
	if c.burst == 0 {
		c.burstAt, c.burstNr, c.mixed = c.last, nr, 0
	} else if c.burstNr != nr {
		c.mixed = 1
	}
	c.burst++
}

// uncount takes back the latest call: it has a record of another kind.
func (c *Core) uncount() {
	if c.burst != 0 {
		if c.burst--; c.burst == 0 {
			c.burstNr = NoCall
		}
	}
}

// endBurst writes what was counted until now. A thread whose turn was part of a burst gets a slice for
// the rest of it.
func (c *Core) endBurst(now uint64) {
	if c.turns != 0 {
		c.put(Turns, c.turnsAt, now, c.turns|c.calls<<32, c.turn.thread, NoCall, 0)
		c.turns, c.calls = 0, 0
		if c.turn.tid != 0 {
			c.slice = c.put(Slice, now, 0, uint64(c.turn.tid), c.turn.thread, NoCall, 0)
		}
	}
	if c.burst != 0 {
		c.put(Burst, c.burstAt, now, c.burst, 0, c.burstNr, c.mixed)
		c.burst, c.burstNr = 0, NoCall
	}
}

// Sending notes, if Tracing is set, that a call is about to be shipped as number nr with first
// argument arg. entered: Enter was told of it.
func (c *Core) Sending(thread uint32, nr uint16, arg uint64, entered bool) {
	if r := c.call; r != nil {
		c.call = nil
		r.Kind, r.Nr, r.Arg = Shipped, nr, arg
		c.ship = r
		c.stamp()
		return
	}
	now := c.stamp()
	if entered && c.turns == 0 {
		c.uncount()
	}
	c.endBurst(now)
	c.ship = c.put(Shipped, now, 0, arg, thread, nr, 0)
}

// Begin notes, when Tracing, that a thread gets the core. Turns, too, get times of their own only as long
// as that takes little; otherwise up to 16 become one record.
func (c *Core) Begin(thread, tid uint32) {
	c.turn.thread, c.turn.tid = thread, tid
	if c.turns != 0 && c.turns < burstTurns {
		c.turns++
		return
	}
	now := c.last
	if !c.fresh {
		now = c.stamp()
	}
	c.fresh = false
	if c.turns != 0 {
		c.turn.tid = 0 // its own slice, if it gets one, is below
		c.endBurst(now)
		c.turn.tid = tid
	}
	if c.credit < 2*c.cost {
		c.turns, c.turnsAt = 1, now
		return
	}
	c.slice = c.put(Slice, now, 0, uint64(tid), thread, NoCall, 0)
}

// End notes, when Tracing, that the thread loses the core: by system call nr, or NoCall. state is the
// scheduler's, of the thread now.
func (c *Core) End(nr uint16, state uint8) {
	if c.turns != 0 && nr != NoCall {
		c.turn.tid = 0
		return
	}
	now := c.last
	if !c.fresh {
		now = c.stamp()
		if nr != NoCall && c.ship == nil {
			c.uncount() // the slice's record says it
		}
	}
	c.fresh = true
	c.turn.tid = 0
	c.endBurst(now)
	if r := c.ship; r != nil {
		r.End = now
		c.ship = nil
	}
	if r := c.slice; r != nil {
		r.Nr, r.Note, r.End = nr, state, now
		c.slice = nil
	}
}

// Point records a point of time: a signal or a fault.
func (c *Core) Point(k Kind, thread uint32, nr uint16) {
	if !c.Tracing {
		return
	}
	now := c.stamp()
	c.endBurst(now)
	c.put(k, now, now, 0, thread, nr, 0)
}

// BeginPatch returns the time for Patched, 0 if there is no trace.
func (c *Core) BeginPatch() uint64 {
	if !c.Tracing {
		return 0
	}
	now := c.stamp()
	c.endBurst(now)
	return now
}

// Patched records that the call site at addr, which called nr, was rewritten since at by a pattern ('A'
// to 'D'), or was not (0).
func (c *Core) Patched(at uint64, addr uint64, nr uint16, pattern uint8) {
	if at != 0 {
		c.put(Patch, at, c.stamp(), addr, 0, nr, pattern)
	}
}

// put writes a record.
func (c *Core) put(k Kind, at, end, arg uint64, thread uint32, nr uint16, note uint8) *Record {
	if c.ring == nil {
		return nil
	}
	r := c.ring.Claim()
	if r == nil {
		return nil
	}
	r.End, r.Arg, r.Thread, r.Nr, r.Kind, r.Note = end, arg, thread, nr, k, note
	r.At = at
	return r
}
