package main

import (
	"os"

	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/launch"
	"github.com/skerry-os/skerry/fwk/node"
	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/fwk/proxy"
	"github.com/skerry-os/skerry/platform/process"
)

// heir is how skerry is executed for a process of a running enclave: for a child, under the name that its parent has;
// for the program next, in this process.
func heir(p *plan.Plan, e *launch.Enclave, given *process.Initial, h *proxy.Heir, next *enclave.Program) (path string, argv, env []string) {
	in := plan.Inherited{Plan: *p}
	in.Native = &plan.Native{Name: e.Claim.Name, CPUs: e.Claim.Set(), Member: h.String()}
	in.Mem = e.Claim.Memory
	argv = given.Args
	if next != nil {
		in.Path, in.Mask, in.Ignored, argv, env = next.Path, next.Mask, next.Ignored, next.Args, next.Env
	}
	return "/proc/self/exe", argv, append([]string{in.Variable()}, env...)
}

// joinNative makes this process one of a running enclave; see heir. It returns only when it could not.
func joinNative(p *plan.Plan, given *process.Initial) error {
	process.Ordinary()
	h, err := proxy.ParseHeir(p.Native.Member)
	if err != nil {
		return plan.Failure(err.Error(), "", "")
	}
	e, err := launch.Join(launch.Config{Node: node.Here(), LinuxCPUs: p.ProxyCPUs, PollLWK: poll("lwk"), PollLinux: poll("linux")}, p.Native.Name, h.Instance)
	if err != nil {
		return plan.Failure(err.Error(), "", "")
	}
	whole, err := enclave.Layout(int(h.CoresOf), h.MemoryOf, h.ImageOf)
	if err != nil {
		return plan.Failure(err.Error(), "", "")
	}
	b := enclave.Member(whole, h.Instance, h.Home)
	c := proxy.Config{FD: h.FD, Boot: &b, Private: e.Descriptors(), Verbose: p.Verbose, Heir: h,
		Member: func(h *proxy.Heir, next *enclave.Program) (string, []string, []string) {
			return heir(p, e, given, h, next)
		},
		Ended: func() { _ = e.End() },
	}
	if e.Rings() {
		c.Ring = e.Ring
	}
	if e.Waits() {
		c.Wait = e.Wait
	}
	px, err := proxy.New(c)
	if err != nil {
		return plan.Failure(err.Error(), "", "")
	}
	if h.Exec {
		program := &enclave.Program{Path: p.Path, Args: given.Args, Env: p.Env, PID: uint32(os.Getpid()), Verbose: p.Verbose, Limit: p.Mem,
			Ignored: given.Ignored, Mask: given.Mask, Stack: stackLimit(), Aux: given.Aux}
		program.Random = (&process.Platform{}).Random()
		if err := px.Give(program); err != nil {
			return plan.Failure(err.Error(), "", "")
		}
	}
	(&process.Platform{}).Restore()
	go func() { px.Fail(e.Lost()) }()
	px.Serve()
	return nil
}
