package record

import "math/bits"

// Calls is the number of system-call numbers that have counters.
const Calls = 512

// Counters is what one core counts all the time, whether anybody looks or not: one writer, no lock, no
// clock but for the samples. It lies in memory that observers map and read while it changes, so its
// layout is part of the version of whoever publishes it (fwk/enclave). All durations are in ticks.
//
// A word is never torn; words that belong together (a count and its total) may be one call apart.
type Counters struct {
	Switches uint64 // thread switches
	Kicks    uint64
	Idles    uint64 // times the core had nothing to do,
	IdleTime uint64 // how long so far, without
	IdleFrom uint64 // the present one, which began then; 0: it is not idle
	Faults   uint64
	Signals  uint64
	Slices   uint64 // time slices ended for another thread
	Fast     uint64 // calls answered in assembly
	Refused  uint64 // calls that failed without being looked at
	Shipped  uint64 // calls of the program that were shipped
	Local    Times  // calls the core answered, of which some were timed
	Running  uint64 // in its upper half, the thread that has the core, or had it last; copied now and then
	_        [8]byte

	Latency [Buckets]uint64 // timed shipped calls by the length of their duration, see Bucket
	Calls   [Calls]uint64   // system calls that the dispatcher saw, by number
	Ships   [Calls]Ship     // shipped calls by their number at Linux
}

// Times sums up durations in ticks.
type Times struct {
	Count      uint64 // of calls that were timed
	Total, Max uint64
}

// Ship counts shipped calls of one number: all, and the times of those that were timed, from when the
// message was sent to when the core has taken the answer.
type Ship struct {
	Sent uint64
	Times
}

// Buckets is the number of classes of latency; Bucket n holds durations below 1<<n ticks that are not
// in one before.
const Buckets = 64

// Bucket returns the class of a duration.
func Bucket(ticks uint64) int { return bits.Len64(ticks) % Buckets }

func (t *Times) add(d uint64) {
	t.Count++
	t.Total += d
	t.Max = max(t.Max, d)
}

func (t *Times) join(o *Times) {
	t.Count += o.Count
	t.Total += o.Total
	t.Max = max(t.Max, o.Max)
}

// Join adds another core's counters. IdleFrom and Running, which are of one core, are left out.
func (c *Counters) Join(o *Counters) {
	c.Switches += o.Switches
	c.Kicks += o.Kicks
	c.Idles += o.Idles
	c.IdleTime += o.IdleTime
	c.Faults += o.Faults
	c.Signals += o.Signals
	c.Slices += o.Slices
	c.Fast += o.Fast
	c.Refused += o.Refused
	c.Shipped += o.Shipped
	c.Local.join(&o.Local)
	for i := range c.Latency {
		c.Latency[i] += o.Latency[i]
	}
	for i := range c.Calls {
		c.Calls[i] += o.Calls[i]
		c.Ships[i].Sent += o.Ships[i].Sent
		c.Ships[i].join(&o.Ships[i].Times)
	}
}

// Less takes away what was counted before, when the counters were o. The largest times stay.
func (c *Counters) Less(o *Counters) {
	c.Switches -= o.Switches
	c.Kicks -= o.Kicks
	c.Idles -= o.Idles
	c.IdleTime -= o.IdleTime
	c.Faults -= o.Faults
	c.Signals -= o.Signals
	c.Slices -= o.Slices
	c.Fast -= o.Fast
	c.Refused -= o.Refused
	c.Shipped -= o.Shipped
	c.Local.less(&o.Local)
	for i := range c.Latency {
		c.Latency[i] -= o.Latency[i]
	}
	for i := range c.Calls {
		c.Calls[i] -= o.Calls[i]
		c.Ships[i].Sent -= o.Ships[i].Sent
		c.Ships[i].less(&o.Ships[i].Times)
	}
}

func (t *Times) less(o *Times) {
	t.Count -= o.Count
	t.Total -= o.Total
}

// Called is how many calls the dispatcher saw, those answered in assembly left out.
func (c *Counters) Called() (n uint64) {
	for _, v := range c.Calls {
		n += v
	}
	return n
}

// Answered is how many of them the core answered itself.
func (c *Counters) Answered() uint64 {
	n, not := c.Called(), c.Shipped+c.Refused
	return n - min(n, not)
}

// Ship sums up the shipped calls of all numbers.
func (c *Counters) Ship() (s Ship) {
	for i := range c.Ships {
		s.Sent += c.Ships[i].Sent
		s.join(&c.Ships[i].Times)
	}
	return s
}

// Time estimates the total of all calls sent from those that were timed.
func (s *Ship) Time() float64 {
	if s.Count == 0 {
		return 0
	}
	return float64(s.Total) / float64(s.Count) * float64(s.Sent)
}

// Proxy is what one proxy counts: 64 bytes, one writer.
type Proxy struct {
	TID   uint32
	_     uint32
	Calls uint64 // executed
	Busy  Times  // of those that were timed, how long Linux took
	_     [24]byte
}

// Proxies is how many of them are counted; those that were made later are not.
const Proxies = 64

// Gauges are levels, copied from the kernel's structures some twenty times a second by a thread that
// is not a core's. Of the process that was started only.
type Gauges struct {
	Threads uint64
	Proxies uint64     // how many were made, in the lower half
	Pool    uint64     // pages of the pool, and in the upper half how many are in use
	Memory  [16]uint64 // bytes mapped, by mem.Kind
}

// Switches tell the enclave's cores what is wanted of them. Observers write Trace and Path, and kick
// the cores, which look.
type Switches struct {
	Trace uint32 // the number of the recording that is wanted, 0: none
	On    uint32 // how many cores record
	Exact uint32 // all shipped calls are to be timed, not samples
	_     uint32

	// For what all processes of an enclave write to together (lwk/strace).
	Lock   uint32 // the process that writes; 0: none
	Open   uint32 // who has begun a line and not ended it,
	Column uint32 // and where it stopped
	Alive  uint32 // how many threads there are
	_      [32]byte

	Path [256]byte // the recording's file, ends with a NUL
}

// MaxChildren is how many forked processes of an enclave have counters of their own at a time.
const MaxChildren = 16

// Family says whose the counters are. The first block of each core is the first process's for as long
// as it lives; the others belong to one forked process at a time, which goes on where the last stopped:
// so sums never fall.
type Family struct {
	Owners  [MaxChildren]uint32 // process ids, 0: nobody's
	Touched [MaxChildren]uint32 // the block has memory
	Missed  uint64              // processes that found no block
}
