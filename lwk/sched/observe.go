package sched

import "github.com/skerry-os/skerry/lwk/record"

// Observe makes the cores note what they do, each in its record; nil ends that. It is called before the
// cores run, or by the only one that does.
func (k *Kernel) Observe(list []record.Core) {
	for i, c := range k.cores {
		c.Rec = nil
		if i < len(list) {
			c.Rec = &list[i]
		}
	}
}

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
	}
	return "unknown"
}
