package record

import (
	"os"
	"testing"
	"time"
	"unsafe"
)

// now is the clock of tests.
func now() int64 { return time.Since(epoch).Nanoseconds() }

var epoch = time.Now().Add(-time.Second)

// heapRing is a ring whose memory the test owns. The array stays reachable through keep.
func heapRing(t *testing.T, n int) *Ring {
	t.Helper()
	list := make([]Record, n+int(headSize/RecordSize))
	keep = append(keep, list)
	return RingAt(uintptr(unsafe.Pointer(unsafe.SliceData(list))), headSize+uintptr(n)*RecordSize)
}

var keep []any

func newCore(t *testing.T, tracing bool) *Core {
	t.Helper()
	counters := &Counters{}
	keep = append(keep, counters)
	list, err := New([]*Counters{counters}, tracing)
	if err != nil {
		t.Fatal(err)
	}
	return &list[0]
}

func TestRingKeepsTheFirst(t *testing.T) {
	r := heapRing(t, 4)
	for i := range 7 {
		p := r.Claim()
		if (p != nil) != (i < 4) {
			t.Fatalf("record %d of 4: %v", i, p)
		}
		if p != nil {
			p.At = uint64(i + 1)
		}
	}
	if got := r.Dropped(); got != 3 {
		t.Errorf("dropped %d, want 3", got)
	}
	for i, p := range r.Records() {
		if p.At != uint64(i+1) {
			t.Errorf("record %d holds %d", i, p.At)
		}
	}
	if len(r.Records()) != 4 {
		t.Errorf("%d records, want 4", len(r.Records()))
	}
	none := RingAt(uintptr(unsafe.Pointer(new(Ring))), headSize)
	if none.Claim() != nil || none.Records() != nil {
		t.Error("a ring without memory gave a record")
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	for _, tracing := range []bool{false, true} {
		c := newCore(t, tracing)
		n := testing.AllocsPerRun(2000, func() { busy(c) })
		if n != 0 {
			t.Errorf("tracing %v: %v allocations", tracing, n)
		}
	}
}

// busy is one of everything that a core records.
func busy(c *Core) {
	c.Begin(3, 1003)
	c.Enter(3, 24)
	c.Leave(Local, 0, true)
	c.Enter(3, 9)
	c.Leave(Refused, -38, true)
	c.Point(Signal, 3, 10)
	c.Patched(c.BeginPatch(), 0x401000, 39, 'A')
	c.Sending(3, 0, 5, false)
	at := c.Sent(0)
	c.Answered(3, 0, at)
	c.Enter(3, 202)
	c.Leave(Local, 0, false)
	c.End(202, 3)
	c.BeginIdle()
	c.Sleeps()
	c.EndIdle()
}

// Each call is in exactly one record, whatever the credit for reading the clock.
func TestEveryCallIsRecordedOnce(t *testing.T) {
	c := newCore(t, true)
	c.Begin(0, 7)
	const calls = 5000
	for i := range calls {
		if i%1000 == 0 {
			c.credit = -c.limit // as after a switch storm
		}
		if i%1700 == 0 {
			c.credit = c.limit // as after a pause
		}
		nr := uint16(24 + i/3%2)
		if !c.Counted(nr) {
			c.Enter(0, nr)
			c.Leave(Local, int64(i), true)
		}
	}
	c.End(NoCall, 2)
	var exact, counted uint64
	last := uint64(0)
	for _, r := range c.Ring().Records() {
		if r.At < last {
			t.Fatalf("a record of %d begins at %d, before the one written earlier (%d)", r.Kind, r.At, last)
		}
		last = r.At
		switch r.Kind {
		case Local:
			exact++
		case Burst:
			counted += r.Arg
			if r.Arg == 0 || r.Arg > burstCalls {
				t.Errorf("a burst of %d", r.Arg)
			}
		}
		if r.End < r.At {
			t.Errorf("a record of kind %d ends before it begins", r.Kind)
		}
	}
	if exact+counted != calls {
		t.Errorf("%d calls have their own record, %d are in bursts: want %d in all", exact, counted, calls)
	}
	if exact == 0 || counted == 0 {
		t.Errorf("%d exact and %d counted: the test has not seen both", exact, counted)
	}
}

// Each turn is in exactly one record, its own or one with others, and so is each call in it, whatever the
// credit for reading the clock. A thread whose turn begins in such a record has a slice for the rest when
// something else happens in it.
func TestEveryTurnIsRecordedOnce(t *testing.T) {
	c := newCore(t, true)
	const turns = 4000
	calls, ships := 0, 0
	for i := range turns {
		if i%1000 == 0 {
			c.credit = -c.limit // as after a switch storm
		}
		if i%1300 == 0 {
			c.credit = c.limit // as after a pause
		}
		th := uint32(i%3 + 1)
		c.Begin(th, 100+th)
		if i%50 == 7 {
			c.Sending(th, 0, 3, false)
			at := c.Sent(0)
			c.Answered(th, 0, at)
			ships++
		}
		if !c.Counted(24) {
			if c.Enter(th, 24); c.Open() {
				c.Leave(Local, 0, false)
			}
		}
		c.End(24, 2)
		calls++
	}
	c.BeginIdle()
	c.EndIdle()
	var own, together, inTurns uint64
	last, shipped := uint64(0), 0
	for _, r := range c.Ring().Records() {
		if r.At < last || r.End < r.At {
			t.Fatalf("a record of kind %d from %d to %d, after one at %d", r.Kind, r.At, r.End, last)
		}
		last = r.At
		switch r.Kind {
		case Slice:
			own++
		case Turns:
			together += uint64(uint32(r.Arg))
			inTurns += r.Arg >> 32
			if n := uint32(r.Arg); n == 0 || n > burstTurns {
				t.Errorf("%d turns together", n)
			}
		case Shipped:
			shipped++
		case Burst:
			t.Errorf("%d calls that ended turns are told again", r.Arg)
		}
	}
	// A slice that begins within a turn of several is counted with both.
	if n := own + together; n < turns || n > turns+uint64(ships) || own == 0 || together == 0 || shipped != ships {
		t.Errorf("%d turns have their own record, %d share one, of %d; %d of %d shipped calls", own, together, turns, shipped, ships)
	}
	if inTurns > uint64(calls) || inTurns == 0 {
		t.Errorf("%d calls in turns, of %d", inTurns, calls)
	}
}

func TestAnsweredCountsTime(t *testing.T) {
	for _, tracing := range []bool{false, true} {
		c := newCore(t, tracing)
		c.Exact = true
		for range 10 {
			if tracing {
				c.Sending(1, 17, 4, false)
			}
			at := c.Sent(17)
			for Ticks() == at {
			}
			c.Answered(1, 17, at)
		}
		if n := c.Ships[17]; n.Sent != 10 || n.Count != 10 || n.Total == 0 || n.Max == 0 || n.Max > n.Total {
			t.Errorf("tracing %v: %+v", tracing, n)
		}
	}
}

// Without Exact, one shipped call in eight is timed, the first included, and the total is estimated.
func TestSomeShipsAreTimed(t *testing.T) {
	c := newCore(t, false)
	timed := 0
	for i := range 80 {
		at := c.Sent(3)
		if at != 0 {
			timed++
			for Ticks() == at {
			}
			c.Answered(1, 3, at)
		}
		if i == 0 && at == 0 {
			t.Error("the first is not timed")
		}
	}
	s := c.Ships[3]
	if timed != 10 || s.Count != 10 || s.Sent != 80 || s.Time() < float64(s.Total)*7.9 || s.Time() > float64(s.Total)*8.1 {
		t.Errorf("%d timed, %+v, estimated %v", timed, s, s.Time())
	}
	var n uint64
	for _, v := range c.Latency {
		n += v
	}
	if n != 10 {
		t.Errorf("%d in the classes of latency, want 10", n)
	}
}

func TestIdleTimeIsCounted(t *testing.T) {
	c := newCore(t, true)
	for range 3 {
		c.BeginIdle()
		if c.IdleFrom == 0 {
			t.Fatal("an idle core does not say so")
		}
		for at := Ticks(); Ticks() < at+100; {
		}
		c.Sleeps()
		c.EndIdle()
	}
	if c.Idles != 3 || c.IdleTime < 300 || c.IdleFrom != 0 {
		t.Errorf("%d times idle for %d ticks, now since %d", c.Idles, c.IdleTime, c.IdleFrom)
	}
	for _, r := range c.Ring().Records() {
		if r.Kind != Idle || r.Arg < r.At || r.Arg > r.End {
			t.Errorf("%+v", r)
		}
	}
}

func TestFamily(t *testing.T) {
	b, err := Alone(1)
	if err != nil {
		t.Fatal(err)
	}
	if b.Claim(7) != b.Spare || b.Family.Missed != 1 {
		t.Error("a block where there is none")
	}
	b.Kids = []*Counters{{}, {}}
	for i := range b.Family.Touched {
		b.Family.Touched[i] = 1
	}
	me, gone := uint32(os.Getpid()), uint32(1<<30)
	one, two := b.Claim(me), b.Claim(gone)
	if one == b.Spare || two == b.Spare || one == two || b.Owned(me, 1)[0] != one {
		t.Error("two processes have one block, or one has two")
	}
	if !b.Family.Others() {
		t.Error("a process that lives is not seen")
	}
	if b.Claim(gone+1) != two {
		t.Error("the block of a process that died is not taken over")
	}
	b.Release(me)
	if b.Family.Others() {
		t.Error("a process that has left is seen")
	}
}

func TestSample(t *testing.T) {
	for _, tracing := range []bool{false, true} {
		every := newCore(t, tracing).Every()
		noted := func(n uint64) bool { return n&every == 0 }
		n := 0
		for i := range uint64(1024 * 10) {
			if noted(i) {
				n++
			}
		}
		if want := map[bool]int{false: 10, true: 10240}[tracing]; n != want || !noted(0) {
			t.Errorf("tracing %v: %d of 10240 are noted, the first: %v", tracing, n, noted(0))
		}
	}
}

func TestClock(t *testing.T) {
	c := Clock{t0: 1000, t1: 4000, n0: 50, n1: 1050}
	if c.Elapsed() != 1000 || c.Span(300) != 100 || c.At(1000) != 0 || c.At(4000) != 1000 || c.At(10) != 0 {
		t.Errorf("%v %v %v %v", c.Elapsed(), c.Span(300), c.At(4000), c.At(10))
	}
	if (&Clock{}).Span(5) != 0 {
		t.Error("a clock that was never read tells the time")
	}
	real := StartClock(now)
	real.Stop(now)
	if real.End() == 0 {
		t.Error("the counter stands still")
	}
}
