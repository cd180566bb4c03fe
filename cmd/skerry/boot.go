package main

import (
	"errors"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/lwk"
	"github.com/skerry-os/skerry/lwk/proc"
	"github.com/skerry-os/skerry/lwk/proc/image"
	"github.com/skerry-os/skerry/lwk/sys"
	"github.com/skerry-os/skerry/platform/process"
)

// bootProcess makes this process the program's, on the process platform.
func bootProcess(p *plan.Plan) error {
	given := process.Given()
	if p.Native != nil {
		return bootNative(p, &given)
	}
	as := *p
	if len(p.Args) > 0 && strings.ContainsRune(p.Args[0], '/') {
		as.Path = p.Args[0] // as it was typed: what a script, and AT_EXECFN, get to see
	}
	return bootWith(&as, &given, nil)
}

// bootInherited goes on with an enclave whose program has executed another one; see plan.Inherit.
func bootInherited(in *plan.Inherited, given *process.Initial) error {
	in.Args = given.Args
	given.Mask, given.Ignored = in.Mask, in.Ignored
	if in.Native != nil && in.Native.Member != "" {
		return joinNative(&in.Plan, given)
	}
	if in.Native != nil {
		return bootNative(&in.Plan, given)
	}
	return bootWith(&in.Plan, given, in)
}

func bootWith(p *plan.Plan, given *process.Initial, in *plan.Inherited) error {
	if p.Cwd != "" {
		if err := os.Chdir(p.Cwd); err != nil {
			return plan.Failure("cannot enter the directory", p.Cwd, err.Error())
		}
	}
	// The runtime takes these from the program's environment and from the CPUs that the process may use
	// just now. Every core keeps a processor of the runtime for itself, none is left for anything else to
	// run, and nothing is ever collected.
	runtime.GOMAXPROCS(len(p.CPUs))
	if in != nil {
		process.BeginHere(p.CPUs)
	}
	debug.SetMemoryLimit(math.MaxInt64)
	var k *lwk.Kernel
	var o *observer
	plat, err := process.Boot(process.Config{Verbose: p.Verbose || p.Stats, CPUs: p.CPUs, ProxyCPUs: p.ProxyCPUs, Limit: p.Mem, Isolated: p.Isolate, RewriteAfter: p.RewriteAfter, EveryCall: p.Strace != "", Kin: in != nil && in.Kin, Ship: p.Stats || p.Trace != "" || p.Recording != "",
		Lookup: func(addr uintptr) (process.Mapping, bool) { return lookup(k, addr) }})
	if err != nil {
		return plan.Failure("cannot start an enclave", err.Error(), "see skerry check")
	}
	pool, size, err := plat.PoolMemory(uintptr(p.Mem))
	if err != nil {
		return plan.Failure("cannot start an enclave", err.Error(), "give a smaller --mem")
	}
	pid := uint32(os.Getpid())
	c := lwk.Config{
		Program: proc.Program{Path: p.Path, Args: p.Args, Env: p.Env, Aux: image.ParseAux(given.Aux),
			Random: plat.Random(), Stack: stackLimit(), Checked: in != nil},
		Process: sys.Process{PID: pid, CPUs: p.CPUs, Verbose: p.Verbose, Plain: true,
			Exec: func(path string, args, env []string, i sys.Inherited, ready func()) int64 {
				return execute(plat, p, in, o, pid, path, args, env, i, ready)
			}},
		Limit: p.Mem, Ignored: given.Ignored, Mask: given.Mask,
		Reserved: plat.Ranges(), Pool: pool, PoolSize: size,
	}
	if in != nil {
		c.Process.Persona = in.Persona
	}
	if k, err = lwk.New(plat, c); err != nil {
		return plan.Failure("cannot start an enclave", err.Error(), "")
	}
	if err := k.Load(c); err != nil {
		return notRunnable(p, err)
	}
	if o, err = watch(p, in, plat, k, c.Process.PID); err != nil {
		return err
	}
	plat.Restore()
	k.Run()
	return nil
}

// execute replaces the enclave's program: see plan.Inherited. What can be found wrong with the new one
// is found before the old one is gone.
func execute(plat *process.Platform, p *plan.Plan, in *plan.Inherited, o *observer, pid uint32, path string, args, env []string, i sys.Inherited, ready func()) int64 {
	if process.GivesRights(path) {
		// The rights are for Linux to give, with its own program in the process from the first instruction.
		if p.Verbose {
			plat.Say("skerry: " + path + " has rights of its own or may not be read: it runs on Linux, not in the enclave\n")
		}
		ready()
		return plat.ExecPlain(path, args, env, i.Ignored, i.Mask)
	}
	if err := proc.Check(plat, path); err != nil {
		var e syscall.Errno
		if errors.As(err, &e) {
			return -int64(e)
		}
		return -int64(syscall.ENOEXEC)
	}
	if i.Traced {
		if p.Verbose {
			plat.Say("skerry: " + path + " is traced by its parent: it runs on Linux, not in the enclave\n")
		}
		ready()
		return plat.ExecPlain(path, args, env, i.Ignored, i.Mask)
	}
	next := plan.Inherited{Plan: *p, Mask: i.Mask, Ignored: i.Ignored, Board: o.path(), StraceFD: o.straceFD}
	next.Path, next.Persona = path, i.Persona
	next.Kin = in != nil && in.Kin
	if uint32(os.Getpid()) != pid {
		next.Kin = true
		next.Stats, next.Trace = false, "" // a child of the program that was started
	}
	env = append([]string{next.Variable()}, env...)
	ready()
	return plat.Exec(args, env)
}

// notRunnable gives a program that could not be loaded its exit status.
func notRunnable(p *plan.Plan, err error) error {
	e := &plan.Error{Status: plan.StatusNotRun, What: "cannot run the program", On: err.Error()}
	if errors.Is(err, syscall.ENOENT) {
		e.Do = "check the path of the file or its interpreter"
	}
	return e
}

func stackLimit() uint64 {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_STACK, &r) != nil {
		return 0
	}
	return r.Cur
}

func lookup(k *lwk.Kernel, addr uintptr) (process.Mapping, bool) {
	const mapAnon, mapShared = 0x20, 1
	if k == nil {
		return process.Mapping{}, false
	}
	a, ok := k.Space.Find(addr)
	if !ok {
		return process.Mapping{}, false
	}
	return process.Mapping{Start: a.Start, End: a.End, Prot: a.Prot, Off: a.Off,
		Private: a.Flags&(mapAnon|mapShared) == 0}, true
}
