// Command skerry-lwk is the lightweight kernel's image for cores that Linux has released. It is no
// program of Linux: skerry puts it into an enclave's memory and starts cores in it (docs/native.md).
package main

import (
	"errors"
	"syscall"

	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/lwk"
	"github.com/skerry-os/skerry/lwk/proc"
	"github.com/skerry-os/skerry/lwk/proc/image"
	"github.com/skerry-os/skerry/lwk/sys"
	"github.com/skerry-os/skerry/platform/native"
)

func main() {
	native.Template() // each execve of a process in this enclave begins here again
	plat := native.Boot()
	if err := run(plat); err != nil {
		errno := syscall.EINVAL
		errors.As(err, &errno)
		native.Fail(int(errno), err.Error())
	}
}

// run loads the program of the program block and runs it. It returns only on failure.
func run(plat *native.Platform) error {
	p, err := native.Program()
	if err != nil {
		return err
	}
	aux := image.ParseAux(p.Aux)
	aux.SysinfoEHDR = 0 // Linux's vDSO is not in the program's memory
	pool, size := plat.PoolMemory()
	c := lwk.Config{
		Program: proc.Program{Path: p.Path, Args: p.Args, Env: p.Env, Aux: aux, Random: p.Random, Stack: p.Stack},
		Process: sys.Process{PID: p.PID, CPUs: native.CPUs(), Verbose: p.Verbose,
			Exec: func(path string, args, env []string, i sys.Inherited, ready func()) int64 {
				return execute(plat, path, args, env, i, ready)
			}},
		Limit: p.Limit, Ignored: p.Ignored, Mask: p.Mask,
		Reserved: native.Reserved(), Pool: pool, PoolSize: size, Clear: native.Clear, Copy: native.Copy,
	}
	k, err := lwk.New(plat, c)
	if err != nil {
		return err
	}
	if err := k.Load(c); err != nil {
		return err
	}
	k.Run()
	return nil
}

// execute replaces the program: what can be found wrong with the new one is found before the old one is
// gone.
func execute(plat *native.Platform, path string, args, env []string, i sys.Inherited, ready func()) int64 {
	if err := proc.Check(plat, path); err != nil {
		errno := syscall.ENOEXEC
		errors.As(err, &errno)
		return -int64(errno)
	}
	ready()
	return plat.Execute(&enclave.Program{Path: path, Args: args, Env: env, Mask: i.Mask, Ignored: i.Ignored})
}
