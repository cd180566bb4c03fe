// Package lwk is the lightweight kernel: it makes a program run on a platform. Its parts are in the
// packages below it; this one only puts them together.
package lwk

import (
	"fmt"
	"strings"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/mem"
	"github.com/skerry-os/skerry/lwk/proc"
	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
	"github.com/skerry-os/skerry/lwk/sys"
)

// Config says what to run and with what.
type Config struct {
	Program proc.Program
	Process sys.Process
	Limit   uint64 // bytes of memory, 0: none
	Ignored uint64 // signals that are ignored from the start, bit n-1
	Mask    uint64 // signals that the first thread blocks

	// Reserved are address ranges that are the LWK's own.
	Reserved [][2]uintptr
	// Pool is memory for the program's small mappings, see mem.Config.
	Pool, PoolSize uintptr
	// Clear and Copy work on memory of the pool, see mem.Config.
	Clear func(addr, n uintptr)
	Copy  func(dst, src, n uintptr)
}

// Addresses that the LWK chooses for mappings, highest first: below what Linux uses for its own
// (stack, vDSO, the LWK's heap above), above all that programs ask for by number.
const (
	windowLow  = 0x100000000000
	windowHigh = 0x7d0000000000
)

// Kernel is a program, loaded and ready.
type Kernel struct {
	Sched *sched.Kernel
	Sys   *sys.Sys
	Space *mem.Space
	plat  hal.Platform
}

// New makes the kernel and its address space; Load is next. Everything that the running program
// will need of Go memory is allocated by these two.
func New(p hal.Platform, c Config) (*Kernel, error) {
	space, err := mem.New(p.Memory(), mem.Config{Window: [2]uintptr{windowLow, windowHigh},
		Pool: c.Pool, PoolSize: c.PoolSize, Limit: uintptr(c.Limit), Clear: c.Clear, Copy: c.Copy})
	if err != nil {
		return nil, err
	}
	for _, r := range c.Reserved {
		if e := space.Reserve(r[0], r[1], "lwk"); e != 0 {
			return nil, fmt.Errorf("address range %#x-%#x cannot be kept for the LWK: %w", r[0], r[1], e)
		}
	}
	k, err := sched.New(p)
	if err != nil {
		return nil, err
	}
	return &Kernel{Sched: k, Space: space, plat: p}, nil
}

// Load loads the program.
func (k *Kernel) Load(c Config) error {
	l, err := proc.Load(k.plat, k.Space, k.plat.User(), c.Program)
	if err != nil {
		return err
	}
	c.Process.Exe, c.Process.Args, c.Process.Env = l.Exe, c.Program.Args, c.Program.Env
	c.Process.Layout = l.Layout
	if err := signal.Init(k.plat.Core(0).SignalFPSize()); err != nil {
		return err
	}
	k.Sys = sys.New(k.Sched, k.Space, c.Process)
	for sig := 1; sig <= signal.Max; sig++ {
		if c.Ignored>>(sig-1)&1 != 0 && sig != int(syscall.SIGKILL) && sig != int(syscall.SIGSTOP) {
			k.Sys.Actions.Set(sig, &signal.Action{Handler: signal.HandlerIgnore})
		}
	}
	k.Sys.MirrorChild()
	k.Sched.Lock()
	t := k.Sched.NewThread()
	t.TID = c.Process.PID
	t.Sig.SetMask(signal.Set(c.Mask))
	t.Ctx.RIP, t.Ctx.RSP, t.Ctx.RFLAGS = l.Entry, l.SP, 0x202
	copy(t.Name[:15], base(c.Program.Path))
	k.Sys.SetProcessName(t)
	k.Sys.Describe()
	c0 := k.plat.Core(0)
	c0.ResetFP(&t.Ctx)
	c0.InheritVector(&t.Ctx)
	k.Sched.Make(t)
	k.Sched.Unlock()
	return nil
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// Run runs the program on the platform's cores. It does not return: the process ends with it.
func (k *Kernel) Run() {
	if k.Sys.Tracer == nil { // whose work is not light
		k.Sys.MarkLight()
	}
	for i := len(k.Sched.Cores()) - 1; i >= 0; i-- {
		c := k.Sched.Cores()[i]
		k.plat.Start(i, c.Loop)
	}
}
