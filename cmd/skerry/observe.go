package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/lwk"
	"github.com/skerry-os/skerry/lwk/mem"
	"github.com/skerry-os/skerry/lwk/record"
	"github.com/skerry-os/skerry/lwk/sched"
	"github.com/skerry-os/skerry/platform/process"
)

// observer is `--stats` and `--trace` of one run. What it does at the end happens on a core's
// goroutine, which must not block in Go: hence the bare system calls.
type observer struct {
	plan   *plan.Plan
	plat   *process.Platform
	kernel *lwk.Kernel
	pid    uint32
	cores  []record.Core
	clock  record.Clock
	errs   int // a copy of standard error, which many programs close before they end
}

// observe begins to record what the plan asks for.
func observe(p *plan.Plan, plat *process.Platform, k *lwk.Kernel, pid uint32) error {
	if !p.Stats && p.Trace == "" {
		return nil
	}
	o := &observer{plan: p, plat: plat, kernel: k, pid: pid, errs: keepStderr()}
	var err error
	if o.cores, err = record.New(len(p.CPUs), p.Trace != ""); err != nil {
		return plan.Failure("cannot record what the program does", err.Error(), "leave out --trace and --stats")
	}
	if p.Trace != "" {
		if err := plat.Record(o.cores); err != nil {
			return plan.Failure("cannot record what the proxies do", err.Error(), "leave out --trace")
		}
	}
	k.Sched.Observe(o.cores)
	o.clock = record.StartClock(plat.Now)
	k.Sys.OnExit = o.end
	return nil
}

// end writes what was asked for, on the core that ends the program.
func (o *observer) end() {
	o.clock.Stop(o.plat.Now)
	o.plat.Freeze()
	if o.plan.Trace != "" {
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
	r := &record.Report{Program: filepath.Base(p.Path), Clock: o.clock, Fast: o.plat.Fast(),
		Sites: o.plat.Sites(), Proxies: o.plat.Made(), Threads: k.Sched.Live()}
	r.Where = fmt.Sprintf("%d core%s (CPU %s); Linux on CPU %s", len(p.CPUs), plural(len(p.CPUs)),
		cpus.Format(p.CPUs), cpus.Format(p.ProxyCPUs))
	for i, c := range k.Sched.Cores() {
		s := &c.Stats
		r.Cores = append(r.Cores, &o.cores[i])
		for nr, n := range s.Calls {
			r.Called[nr] += n
			if k.Sys.Refuses(nr) {
				r.Refused[nr] += n
			}
		}
		r.Switches += s.Switches
		r.Slices += s.Slices
		r.Kicks += s.Kicks
		r.Idles += s.Idles
		r.Faults += s.Faults
		r.Signals += s.Signals
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
	fd, err := open(o.plan.Trace)
	if err != nil {
		return err
	}
	t := &record.Trace{Program: filepath.Base(o.plan.Path), PID: o.pid, Clock: o.clock, Proxies: o.plat.Proxies(),
		State: func(s uint8) string { return sched.State(s).String() }}
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

// keepStderr makes a copy of standard error with a number that programs do not meet by chance; -1 if
// there is none.
func keepStderr() int {
	for _, low := range [...]uintptr{1000, 200, 20} {
		fd, _, err := syscall.RawSyscall(syscall.SYS_FCNTL, 2, syscall.F_DUPFD_CLOEXEC, low)
		if err == 0 {
			return int(fd)
		}
	}
	return -1
}

func open(path string) (int, error) {
	b := append([]byte(path), 0)
	const at = ^uintptr(99) // AT_FDCWD, -100
	fd, _, err := syscall.RawSyscall6(syscall.SYS_OPENAT, at, uintptr(unsafe.Pointer(&b[0])),
		syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC|syscall.O_CLOEXEC, 0o666, 0, 0)
	if err != 0 {
		return -1, err
	}
	return int(fd), nil
}

// write writes all of b with bare system calls; it waits for a descriptor that is not ready.
func write(fd int, b []byte) error {
	for len(b) > 0 {
		n, _, err := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		switch err {
		case 0:
			b = b[n:]
		case syscall.EINTR:
		case syscall.EAGAIN:
			const pollOut = 4
			p := struct {
				fd     int32
				events int16
				got    int16
			}{int32(fd), pollOut, 0}
			forever := -1
			syscall.RawSyscall(syscall.SYS_POLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(forever))
		default:
			return err
		}
	}
	return nil
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
