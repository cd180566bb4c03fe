package record

// Ticks reads the processor's time-stamp counter, which Linux keeps equal on all CPUs where it uses it
// as its own clock. Any thread may call it, also one that is not Go's.
func Ticks() uint64

// Clock converts ticks to nanoseconds: by two readings of both clocks, one when recording begins and
// one when it is over.
type Clock struct {
	t0, t1 uint64
	n0, n1 int64
}

// StartClock takes the first reading; now is a monotonic clock in nanoseconds.
func StartClock(now func() int64) Clock {
	c := Clock{n0: now(), t0: Ticks()}
	c.t1, c.n1 = c.t0, c.n0
	return c
}

// ClockBetween is a clock of two pairs of readings: ticks, and nanoseconds.
func ClockBetween(t0, t1 uint64, n0, n1 int64) Clock { return Clock{t0, t1, n0, n1} }

// Stop takes the second reading.
func (c *Clock) Stop(now func() int64) { c.n1, c.t1 = now(), Ticks() }

// End returns the second reading, in ticks.
func (c *Clock) End() uint64 { return c.t1 }

// Elapsed returns the nanoseconds between the two readings.
func (c *Clock) Elapsed() int64 { return c.n1 - c.n0 }

// Span converts a number of ticks to nanoseconds.
func (c *Clock) Span(ticks uint64) float64 {
	if c.t1 <= c.t0 || c.n1 <= c.n0 {
		return 0
	}
	return float64(ticks) * float64(c.n1-c.n0) / float64(c.t1-c.t0)
}

// At converts a reading to nanoseconds since the first one; 0 for what was before.
func (c *Clock) At(ticks uint64) float64 {
	if ticks < c.t0 {
		return 0
	}
	return c.Span(ticks - c.t0)
}

// readCost measures what a reading costs, in ticks: the least of a few, since any may be disturbed.
func readCost() uint64 {
	best := ^uint64(0)
	for range 32 {
		a := Ticks()
		for range 4 {
			Ticks()
		}
		if d := (Ticks() - a) / 5; d < best {
			best = d
		}
	}
	return max(best, 1)
}
