package main

import (
	"fmt"
	"io"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/fwk/isolate"
	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/fwk/probe"
	"github.com/skerry-os/skerry/platform/process"
)

// boot starts a checked plan. It returns only when it could not: otherwise this process becomes the
// program's, and ends with it.
var boot = bootProcess

// here is the machine that plans are made for; tests replace it.
var here = func() *plan.Host {
	h := plan.Here(probe.Supported)
	h.Reserved = reserved
	if g := process.Given(); len(g.Args) > 0 {
		// Not the runtime's, which has our own settings of the Go runtime in front.
		h.Environ = func() []string { return g.Env }
	}
	return h
}

// openClaims finds what CPUs other enclaves have; tests replace it.
var openClaims = enclave.OpenClaims

// startProgram is `skerry run` with args.
func startProgram(stderr io.Writer, args []string) error {
	o, err := plan.Parse(args)
	if err != nil {
		return err
	}
	return start(stderr, o)
}

// start makes the plan and boots it.
func start(stderr io.Writer, o plan.Options) error {
	p, err := planHere(o)
	if err != nil {
		// CPUs that are missing may be what a killed run had taken for itself.
		if found, sweepErr := isolate.Sweep(); found && sweepErr == nil {
			p, err = planHere(o)
		}
	}
	if err != nil {
		return err
	}
	if p.Verbose {
		tell(stderr, p)
	}
	if p.Isolate && p.Native == nil { // a native enclave's processors are no longer Linux's
		if err := isolateFor(stderr, p); err != nil {
			return err
		}
	}
	return boot(p)
}

// planHere makes the plan for this machine, on CPUs that no other enclave has, as far as that is known.
func planHere(o plan.Options) (*plan.Plan, error) {
	h := here()
	if c, err := openClaims(); err == nil {
		defer c.Close()
		h.Busy, h.Claim = c.Busy, c.Take
	}
	return plan.Make(o, h)
}

// tell says what was chosen.
func tell(w io.Writer, p *plan.Plan) {
	if p.Native != nil {
		fmt.Fprintf(w, "skerry: platform native: Linux's side on CPUs %s\nskerry: program %s\n", cpus.Format(p.ProxyCPUs), p.Path)
		return
	}
	shared := ""
	if p.Shared() {
		shared = " (the same: no other is allowed)"
	}
	fmt.Fprintf(w, "skerry: platform %s: the best that is built and usable here\n", p.Platform)
	fmt.Fprintf(w, "skerry: enclave on CPUs %s, Linux on %s%s, at most %s of memory\n",
		cpus.Format(p.CPUs), cpus.Format(p.ProxyCPUs), shared, plan.FormatSize(p.Mem))
	fmt.Fprintf(w, "skerry: program %s\n", p.Path)
}
