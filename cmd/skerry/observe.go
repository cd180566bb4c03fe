package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/lwk"
	"github.com/skerry-os/skerry/lwk/mem"
	"github.com/skerry-os/skerry/lwk/record"
	"github.com/skerry-os/skerry/lwk/sched"
	"github.com/skerry-os/skerry/platform/process"
)

// observer is what one process of an enclave does for who watches it: the entry in the registry with
// its counters, `--stats`, `--trace` and `--strace`. What it does while the program runs and at the end
// happens on a core's goroutine, which must not block in Go: hence the bare system calls.
type observer struct {
	plan   *plan.Plan
	plat   *process.Platform
	kernel *lwk.Kernel
	pid    uint32
	cores  []record.Core
	clock  record.Clock
	errs   int // a copy of standard error, which many programs close before they end

	board    *enclave.Board // nil: there is no entry
	blocks   *record.Blocks
	before   []record.Counters // what was counted before this program, for the report
	alone    *record.Switches  // without a board
	straceFD int
}

// watch begins to count, and to record what the plan asks for. in is what an execve handed on, nil in
// an enclave's first program.
func watch(p *plan.Plan, in *plan.Inherited, plat *process.Platform, k *lwk.Kernel, pid uint32) (*observer, error) {
	o := &observer{plan: p, plat: plat, kernel: k, pid: pid, errs: -1}
	counters, err := o.enter(in)
	if err != nil {
		return nil, err
	}
	if o.cores, err = record.New(counters, p.Trace != ""); err != nil {
		return nil, plan.Failure("cannot record what the program does", err.Error(), "leave out --trace and --stats")
	}
	for i := range o.cores {
		o.cores[i].Exact = p.Stats || p.Trace != ""
	}
	k.Sched.Observe(o.cores)
	seen := process.Observation{Cores: o.cores}
	if o.board != nil && o.board.First(int(pid)) {
		seen.TIDs, seen.Proxies, seen.Levels = o.board.TIDs(), o.board.Proxies(), o.levels()
	}
	plat.Observe(seen)
	k.Sys.OnFork, k.Sys.OnLeave = o.forked, o.leave
	k.Sched.Hooks.Joins = o.joins
	if p.Trace != "" {
		plat.Record(record.Rings{}, true)
	} else {
		o.listen()
	}
	if p.Stats || p.Trace != "" {
		o.errs = keepStderr(syscall.F_DUPFD_CLOEXEC)
		o.clock = record.StartClock(plat.Now)
		k.Sys.OnExit = o.end
	}
	if p.Strace != "" {
		if err := o.strace(in); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// enter makes the enclave's entry, or finds it again, and returns the counters of this process's cores.
// Without an entry they are its own.
func (o *observer) enter(in *plan.Inherited) ([]*record.Counters, error) {
	p, n := o.plan, len(o.plan.CPUs)
	var err error
	switch {
	case in == nil:
		o.board, err = enclave.Register(&enclave.Entry{Name: p.Name, Platform: "process", Program: p.Path, PID: int(o.pid),
			CPUs: p.CPUs, Linux: p.ProxyCPUs, Mem: p.Mem})
	case in.Board != "":
		o.board, err = enclave.Open(in.Board)
	}
	if err != nil && in == nil && p.Recording != "" {
		return nil, plan.Failure("cannot record", err.Error(), "see docs/observing.md on the registry of enclaves")
	}
	if err != nil && p.Verbose {
		o.say(fmt.Appendf(nil, "skerry: ps, stats and top will not show this enclave: %v\n", err))
	}
	if err != nil || o.board == nil {
		o.board = nil
		if o.blocks, err = record.Alone(n); err != nil {
			return nil, plan.Failure("cannot start an enclave", err.Error(), "")
		}
		return o.blocks.Cores, nil
	}
	spare, err := record.Alone(0)
	if err != nil {
		return nil, plan.Failure("cannot start an enclave", err.Error(), "")
	}
	o.blocks = &record.Blocks{Family: o.board.Family(), Cores: o.board.Cores(), Kids: o.board.Kids(), Spare: spare.Spare}
	list := o.blocks.Cores
	switch {
	case in == nil:
		if p.Recording != "" {
			s := o.board.Switches()
			copy(s.Path[:len(s.Path)-1], p.Recording)
			atomic.StoreUint32(&s.Trace, 1)
		}
		return list, nil
	case o.board.First(int(o.pid)):
		o.board.Executed(p.Path)
	default:
		list = o.blocks.Owned(o.pid, n)
	}
	for _, c := range list {
		c.IdleFrom, c.Running = 0, 0
		if p.Stats {
			o.before = append(o.before, *c)
		}
	}
	return list, nil
}

// listen makes the cores do what observers ask for, of the enclave's first process.
func (o *observer) listen() {
	if o.board == nil || !o.board.First(int(o.pid)) {
		return
	}
	l := &record.Listener{Switches: o.board.Switches(), Rings: func(r record.Rings) { o.plat.Record(r, false) }}
	atomic.StoreUint32(&l.Switches.On, 0)
	for i := range o.cores {
		l.Look(i, &o.cores[i])
	}
	o.kernel.Sched.Hooks.Asked = func(c *sched.Core) {
		l.Look(c.Index, c.Rec)
		c.Every = c.Rec.Every()
	}
}

// levels are the words that the monitor copies to where observers see them.
func (o *observer) levels() [][2]*uint64 {
	g := o.board.Gauges()
	word := func(p unsafe.Pointer) *uint64 { return (*uint64)(p) }
	bytes, pool := o.kernel.Space.Gauges()
	list := [][2]*uint64{
		{&g.Threads, word(unsafe.Pointer(o.kernel.Sched.LiveGauge()))},
		{&g.Proxies, o.plat.MadeGauge()},
		{&g.Pool, pool},
	}
	for i := range o.cores {
		list = append(list, [2]*uint64{&o.cores[i].Running, o.plat.RunningGauge(i)})
	}
	for i := range min(len(bytes), len(g.Memory)) {
		list = append(list, [2]*uint64{&g.Memory[i], word(unsafe.Pointer(&bytes[i]))})
	}
	return list
}

// forked is the child's side of a fork: it counts for itself, and tells nobody.
func (o *observer) forked(c *sched.Core, pid uint32) {
	o.pid = pid
	if h := &o.kernel.Sched.Hooks; h.Asked != nil {
		h.Asked = nil
	}
	o.joins(c)
}

// joins is for each core of a forked process, before it runs there: its records are the parent's so far.
func (o *observer) joins(c *sched.Core) {
	c.Rec = &o.cores[c.Index]
	c.Count(o.blocks.Claim(o.pid))
	o.plat.Forked(c.Index, c.Rec)
}

// leave is the last that a process does.
func (o *observer) leave() {
	if len(o.cores) == 1 { // with more, the others still work
		o.cores[0].Flush()
	}
	if o.board != nil {
		o.board.Leave(o.pid)
	}
}

// path is the entry's, "" if there is none.
func (o *observer) path() string {
	if o.board == nil {
		return ""
	}
	return o.board.Path()
}

// end writes what was asked for, on the core that ends the program.
func (o *observer) end() {
	o.clock.Stop(o.plat.Now)
	o.plat.Freeze()
	if o.plan.Trace != "" {
		for i := range o.cores {
			o.cores[i].Flush()
		}
		if err := o.trace(); err != nil {
			o.say(fmt.Appendf(nil, "skerry: cannot write --trace %s: %v\n", o.plan.Trace, err))
		}
	}
	if o.plan.Stats {
		o.say(o.report().Append(nil))
	}
}

func (o *observer) report() *record.Report {
	k, p := o.kernel, o.plan
	sites := o.plat.Sites()
	r := &record.Report{Program: filepath.Base(p.Path), Clock: o.clock,
		Sites: &sites, Proxies: o.plat.Made(), Threads: k.Sched.Live()}
	r.Where = fmt.Sprintf("%d core%s (CPU %s); Linux on CPU %s", len(p.CPUs), plural(len(p.CPUs)),
		cpus.Format(p.CPUs), cpus.Format(p.ProxyCPUs))
	for i := range o.cores {
		r.Counters.Join(o.cores[i].Counters)
	}
	for i := range o.before {
		r.Counters.Less(&o.before[i])
	}
	k.Sched.Lock()
	k.Sched.Each(func(t *sched.Thread) bool {
		if t.State == sched.Shipped {
			r.Pending++
		}
		return true
	})
	k.Sched.Unlock()
	m := k.Space.Stats()
	for kind, n := range m.Bytes {
		if n != 0 {
			r.Memory = append(r.Memory, record.Bytes{Kind: mem.Kind(kind).String(), N: uint64(n)})
		}
	}
	r.Memory = append(r.Memory, record.Bytes{Kind: "pool in use", N: uint64(m.PoolUsed)})
	return r
}

func (o *observer) trace() error {
	fd, err := open(o.plan.Trace, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC|syscall.O_CLOEXEC)
	if err != nil {
		return err
	}
	t := &record.Trace{Program: filepath.Base(o.plan.Path), PID: o.pid, Clock: o.clock, Proxies: o.plat.Proxies(), State: sched.StateName}
	for i, cpu := range o.plan.CPUs {
		t.Cores = append(t.Cores, record.Track{Name: "core " + strconv.Itoa(i) + " (CPU " + strconv.Itoa(cpu) + ")",
			Index: i, Ring: o.cores[i].Ring()})
	}
	for i := range t.Proxies {
		t.Proxies[i].Name = "proxy " + strconv.Itoa(t.Proxies[i].Index)
	}
	err = t.Write(func(b []byte) error { return write(fd, b) })
	syscall.RawSyscall(syscall.SYS_CLOSE, uintptr(fd), 0, 0)
	return err
}

// say writes to what was standard error when the program started, or, if the program has closed the
// copy, to what is standard error now.
func (o *observer) say(b []byte) {
	if o.errs < 0 || write(o.errs, b) != nil {
		_ = write(2, b) // nobody left to tell
	}
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
