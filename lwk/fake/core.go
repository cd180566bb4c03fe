package fake

import "github.com/skerry-os/skerry/lwk/hal"

// Core implements hal.Core. OnRun plays the program: it may be nil as long as nothing is run.
type Core struct {
	OnRun                 func(ctx *hal.Context) hal.Trap
	Kicks, Wakes, Waiters int
	Idles                 int

	p     *Platform
	index int
}

func (c *Core) Run(ctx *hal.Context) hal.Trap           { return c.OnRun(ctx) }
func (c *Core) SwitchVector(_, _ *hal.Context)          {}
func (c *Core) InheritVector(*hal.Context)              {}
func (c *Core) SignalFPSize() int                       { return 836 }
func (c *Core) SaveSignalFP(_ *hal.Context, buf []byte) { clear(buf) }
func (c *Core) LoadSignalFP(*hal.Context, []byte) hal.Errno {
	return 0
}
func (c *Core) ResetFP(*hal.Context)       {}
func (c *Core) ProgramPC(pc uint64) uint64 { return pc }
func (c *Core) ResumePC(pc uint64) uint64  { return pc }
func (c *Core) Poll() bool                 { return c.p.nreply[c.index] > 0 }
func (c *Core) Idle(int64)                 { c.Idles++ }
func (c *Core) Note(bool, int64, uint32)   {}
func (c *Core) Waiting()                   { c.Waiters++ }
func (c *Core) Wake()                      { c.Wakes++ }
func (c *Core) Kick()                      { c.Kicks++ }

// Mappings is a hal.Memory that grants everything and maps nothing.
type Mappings struct{}

func (Mappings) Map(_, _ uintptr, _, _ int32, _ int32, _ int64, _ bool) hal.Errno { return 0 }
func (Mappings) Unmap(_, _ uintptr) hal.Errno                                     { return 0 }
func (Mappings) Protect(_, _ uintptr, _ int32) hal.Errno                          { return 0 }
func (Mappings) Remap(_, _, _, _ uintptr, _ int32) hal.Errno                      { return 0 }
func (Mappings) Advise(_, _ uintptr, _ int32) hal.Errno                           { return 0 }

// Settle implements hal.Core.
func (c *Core) Settle() {}
