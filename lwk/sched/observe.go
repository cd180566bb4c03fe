package sched

import "github.com/skerry-os/skerry/lwk/record"

// Observe makes the cores count and note what they do, each in its record. It is called before the cores
// run.
func (k *Kernel) Observe(list []record.Core) {
	for i, c := range k.cores {
		if i < len(list) {
			c.Rec = &list[i]
			c.Stats, c.Every = c.Rec.Counters, c.Rec.Every()
		}
	}
}

// Count makes the core count elsewhere, and note nothing but that: in a forked process, whose only core
// it is so far.
func (c *Core) Count(to *record.Counters) {
	c.Stats = to
	if c.Rec != nil {
		c.Rec.Counters = to
		c.Rec.Forget()
		c.Every = c.Rec.Every()
	}
}

// idle gives the core up until there is something to do.
func (c *Core) idle() {
	if c.Rec == nil {
		c.Stats.Idles++
		c.HAL.Idle(c.due())
	} else {
		c.Rec.BeginIdle()
		c.HAL.Idle(c.due())
		c.Rec.EndIdle()
	}
	if c.k.Hooks.Asked != nil {
		c.k.Hooks.Asked(c)
	}
}

// LiveGauge is the number of threads, for who may only look at it without the lock.
func (k *Kernel) LiveGauge() *int { return &k.live }

// StateName names a State that was recorded as a number.
func StateName(s uint8) string { return State(s).String() }

// String names a state, for traces.
func (s State) String() string {
	switch s {
	case Free:
		return "exited"
	case Running:
		return "running"
	case Runnable:
		return "queued"
	case Waiting:
		return "waiting"
	case Shipped:
		return "shipped"
	case Stopped:
		return "stopped"
	case Nascent:
		return "new"
	}
	return "unknown"
}
