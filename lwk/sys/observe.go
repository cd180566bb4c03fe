package sys

import (
	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/lwk/record"
	"github.com/skerry-os/skerry/lwk/sched"
)

// What is noted of system calls, when the cores have records (sched.Core.Rec).

// enter and leave bracket a call for a trace, or one that is sampled for the report. Calls that only
// Linux has to do with are noted when they are sent.
func (s *Sys) enter(c *sched.Core, t *sched.Thread, nr uint32) {
	if s.place[nr%maxCalls] != triage.Ship {
		c.Rec.Enter(t.Index, uint16(nr))
	}
}

func (s *Sys) leave(c *sched.Core, t *sched.Thread, nr uint32) {
	k := record.Local
	if s.place[nr%maxCalls] == triage.Refuse {
		k = record.Refused
	}
	c.Rec.Leave(k, int64(t.Ctx.RAX), !c.Gone())
}

// sending notes that a call is about to go to Linux.
func (s *Sys) sending(c *sched.Core, t *sched.Thread, nr uint32, args *[6]uint64) {
	first := t.State == sched.Running // otherwise Linux's answer led to another call
	if first {
		c.Rec.Shipped++
	}
	if c.Rec.Tracing {
		c.Rec.Sending(t.Index, uint16(nr), args[0], first && s.place[t.Nr%maxCalls] != triage.Ship)
	}
}
