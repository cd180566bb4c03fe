package record

// Calls is the number of system-call numbers that have counters.
const Calls = 512

// sampled: one in so many local calls is timed for the report. A power of two.
const sampled = 64

// Times sums up durations in ticks.
type Times struct {
	Count      uint64 // of calls that ended
	Total, Max uint64
}

// Core is what one core notes. Only the goroutine of that core calls its methods, and they neither
// allocate nor block.
type Core struct {
	Tracing bool // records go to the ring as well

	Ships   [Calls]Times // shipped calls by their number at Linux, from Sent to Answered
	Shipped uint64       // calls of the program that were shipped
	Sampled Times        // local calls that were timed

	ring  Ring
	slice *Record // the records that are open: a thread's turn,
	call  *Record // a local call,
	ship  *Record // a call on its way to Linux
	start uint64  // when the sampled call began; 0: it is not sampled

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

	_ [64]byte // the next core's begins on another cache line
}

// New makes the cores' records, with rings if tracing is set.
func New(cores int, tracing bool) ([]Core, error) {
	list, err := newCores(cores)
	if err != nil {
		return nil, err
	}
	cost := readCost()
	for i := range list {
		c := &list[i]
		c.cost = int64(cost)
		c.limit = creditReads * c.cost
		c.credit = c.limit
		if !tracing {
			continue
		}
		base, err := mapMemory(CoreRecords*RecordSize, true)
		if err != nil {
			return nil, err
		}
		c.ring = RingAt(base, CoreRecords)
		c.Tracing = true
	}
	return list, nil
}

// Ring returns the core's ring.
func (c *Core) Ring() *Ring { return &c.ring }

// What reading the clock for local calls may cost: 1/8 of the time. Credit for creditReads readings
// is saved up, so that calls after a pause are all timed; when there is none, the next burstCalls
// calls share one record.
const (
	creditShift = 3
	creditReads = 256
	burstCalls  = 16
)

// stamp reads the clock and does its accounts.
func (c *Core) stamp() uint64 {
	now := Ticks()
	c.credit = max(min(c.credit+int64((now-c.last)>>creditShift)-c.cost, c.limit), -c.limit)
	c.last = now
	return now
}

func (t *Times) add(d uint64) {
	t.Count++
	t.Total += d
	t.Max = max(t.Max, d)
}

// Sample reports whether the n-th call with its number, from 1, is one of those that are timed for the
// report: the first is.
func Sample(n uint64) bool { return n&(sampled-1) == 1 }

// Sent notes, for the report, that a call is on its way to Linux, and returns the time. Called after the
// message was sent, it costs the call nothing: the core would only wait.
func (c *Core) Sent() uint64 {
	c.start = 0
	if c.Tracing {
		return c.last // Sending was there
	}
	return Ticks()
}

// Answered notes that Linux has answered the call nr of a thread, which was sent at began.
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
		now = Ticks()
	}
	if nr < Calls && now > began {
		c.Ships[nr].add(now - began)
	}
}
