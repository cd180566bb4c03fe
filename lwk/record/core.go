package record

// One in so many local calls is timed for the report, and, which costs the others less, when nobody has
// asked for one. Powers of two.
const (
	sampled = 64
	seldom  = 1024
)

// timed: one in so many shipped calls of each number is timed, unless all are (Core.Exact).
const timed = 8

// Core is what one core notes. Only the goroutine of that core calls its methods, and they neither
// allocate nor block.
type Core struct {
	*Counters      // what it counts; elsewhere, since observers see it
	Tracing   bool // records go to the ring as well
	Exact     bool // all shipped calls are timed, not samples

	ring   *Ring
	slice  *Record // the records that are open: a thread's turn,
	call   *Record // a local call,
	ship   *Record // a call on its way to Linux
	asleep *Record // nothing to do
	start  uint64  // when the sampled call began; 0: it is not sampled

	// The budget for reading the clock; see Enter. All in ticks.
	last   uint64 // the latest reading
	fresh  bool   // last is as good as now, for the slice that ends or begins next
	credit int64
	cost   int64
	limit  int64
	skip   uint32 // calls that are still to be counted only

	// The burst that is open: burst calls since burstAt, the first of them burstNr.
	burst   uint64
	burstAt uint64
	burstNr uint16
	mixed   uint8

	// The burst of turns that is open, turns of them and calls calls since turnsAt, and whose is the last.
	turns   uint64
	calls   uint64
	turnsAt uint64
	turn    struct{ thread, tid uint32 }

	_ [64]byte // the next core's begins on another cache line
}

// New makes the cores' records, which count into counters, with rings of their own if tracing is set.
func New(counters []*Counters, tracing bool) ([]Core, error) {
	list, err := newCores(len(counters))
	if err != nil {
		return nil, err
	}
	for i := range list {
		c := &list[i]
		c.Counters = counters[i]
		if !tracing {
			continue
		}
		const size = headSize + CoreRecords*RecordSize
		base, err := mapMemory(size, true)
		if err != nil {
			return nil, err
		}
		c.Record(RingAt(base, size))
	}
	return list, nil
}

// Record begins to write records to a ring; nil ends it. Only the core itself may call it, or who made
// it before it runs.
func (c *Core) Record(r *Ring) {
	c.Flush()
	c.slice, c.call, c.ship, c.start = nil, nil, nil, 0
	c.fresh, c.skip, c.burst, c.turns, c.burstNr = false, 0, 0, 0, NoCall
	c.ring, c.Tracing = r, r != nil
	if r != nil {
		c.cost = int64(readCost())
		c.limit = creditReads * c.cost
		c.credit, c.last = c.limit, ticks()
	}
}

// Forget ends recording without another word: the ring is a parent process's.
func (c *Core) Forget() {
	c.ring = nil
	c.Record(nil)
}

// Flush writes what is only counted so far. By the core itself, or when it is known to stand still.
func (c *Core) Flush() {
	if c.ring != nil {
		c.turn.tid = 0
		c.endBurst(c.stamp())
	}
}

// Ring returns the core's ring, nil if there is none.
func (c *Core) Ring() *Ring { return c.ring }

// What reading the clock for local calls and turns may cost: 1/16 of the time. Credit for creditReads
// readings is saved up, so that calls after a pause are all timed; when there is none, the next
// burstCalls calls, or burstTurns turns, share one record.
const (
	creditShift = 4
	creditReads = 256
	burstCalls  = 64
	burstTurns  = 16
)

// stamp reads the clock and does its accounts.
func (c *Core) stamp() uint64 {
	now := ticks()
	c.credit = max(min(c.credit+int64((now-c.last)>>creditShift)-c.cost, c.limit), -c.limit)
	c.last = now
	return now
}

// Every says which local calls are noted (Enter): the n-th with its number, from 0, if n&Every is 0:
// all when tracing, else one in 64 or 1024, the first included.
func (c *Core) Every() uint64 {
	switch {
	case c.Tracing:
		return 0
	case c.Exact:
		return sampled - 1
	}
	return seldom - 1
}

// Sent notes that call nr is on its way to Linux, and returns the time if it is one of those that are
// timed, else 0. Called after the message was sent, it costs the call nothing: the core would only
// wait.
func (c *Core) Sent(nr uint32) uint64 {
	c.start = 0
	s := &c.Ships[nr%Calls]
	s.Sent++
	if c.Tracing {
		return c.last // Sending was there
	}
	if !c.Exact && s.Sent&(timed-1) != 1 {
		return 0
	}
	return ticks()
}

// Answered notes that Linux has answered the call nr of a thread, which was sent at began (not 0).
func (c *Core) Answered(thread, nr uint32, began uint64) {
	var now uint64
	if c.Tracing {
		now = c.stamp()
		c.fresh = c.slice == nil
		if r := c.ship; r != nil && r.Thread == thread {
			// The thread has kept the core meanwhile.
			r.End, r.Note = now, 1
			c.ship = nil
		}
	} else {
		now = ticks()
	}
	if now > began {
		d := now - began
		c.Ships[nr%Calls].add(d)
		c.Latency[Bucket(d)]++
	}
}

// BeginIdle and EndIdle bracket the time in which the core has nothing to do.
func (c *Core) BeginIdle() {
	c.Idles++
	c.IdleFrom = ticks()
	if c.Tracing {
		c.fresh = false
		c.endBurst(c.IdleFrom)
		c.asleep = c.put(Idle, c.IdleFrom, 0, 0, 0, NoCall, 0)
	}
}

func (c *Core) EndIdle() {
	now := ticks()
	c.IdleTime += now - min(c.IdleFrom, now)
	c.IdleFrom = 0
	if r := c.asleep; r != nil {
		r.End = now
		c.asleep = nil
	}
}

// Sleeps notes, while the core is idle, that from now on it does not look around but sleeps.
func (c *Core) Sleeps() {
	if r := c.asleep; r != nil {
		r.Arg = ticks()
	}
}
