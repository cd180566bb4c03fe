package main

import (
	"syscall"

	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/lwk/record"
	"github.com/skerry-os/skerry/lwk/strace"
)

// strace makes the kernel tell every call to --strace's output: a descriptor with a high number that
// all processes of the enclave inherit.
func (o *observer) strace(in *plan.Inherited) error {
	p := o.plan
	if in != nil {
		o.straceFD = in.StraceFD
	} else if err := o.straceFile(); err != nil {
		return plan.Failure("cannot write --strace", p.Strace, err.Error())
	}
	shared := &record.Switches{} // at least the threads of this process
	if o.board != nil {
		shared = o.board.Switches()
	}
	fd := o.straceFD
	tr := &strace.Tracer{User: o.plat.User(), Shared: shared, ToFile: p.Strace != "-", PID: o.pid,
		Write: func(b []byte) { _ = write(fd, b) }, // nobody to tell
		Yield: func() { syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) },
		Alive: func(pid uint32) bool {
			_, _, err := syscall.RawSyscall(syscall.SYS_KILL, uintptr(pid), 0, 0)
			return err != syscall.ESRCH
		}}
	tr.Init(len(p.CPUs))
	o.kernel.Sys.Trace(tr, fd)
	if in != nil {
		tr.Resume(0, &strace.Call{Who: o.pid, Nr: syscall.SYS_EXECVE}, 0)
		return nil
	}
	shared.Alive = 1
	t := o.kernel.Sched.Main(o.pid)
	tr.Started(0, p.Path, p.Args, t.Ctx.RSP+8*uint64(len(p.Args)+2), len(p.Env))
	return nil
}

func (o *observer) straceFile() error {
	fd := 2
	if p := o.plan.Strace; p != "-" {
		var err error
		if fd, err = open(p, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC|syscall.O_APPEND); err != nil {
			return err
		}
		defer syscall.Close(fd)
	}
	if o.straceFD = keep(uintptr(fd), syscall.F_DUPFD); o.straceFD < 0 {
		return syscall.EMFILE
	}
	return nil
}
