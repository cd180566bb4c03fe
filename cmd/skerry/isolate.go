package main

import (
	"fmt"
	"io"

	"github.com/skerry-os/skerry/fwk/isolate"
	"github.com/skerry-os/skerry/fwk/plan"
)

// isolateFor keeps the rest of the machine off the plan's CPUs for as long as this process lives. What
// could not be had is said; it is an error only if nothing could.
func isolateFor(stderr io.Writer, p *plan.Plan) error {
	if p.Shared() {
		return plan.Failure("cannot isolate the enclave", "it has every CPU that is allowed", "leave one to Linux: give a smaller --cpus")
	}
	done, err := func() {}, error(nil)
	if can := isolate.Probe(); can.Partition == nil || can.Interrupts == nil {
		done, err = isolate.StartKeeper()
	}
	if err != nil {
		return plan.Failure("cannot isolate the enclave", "who gives the CPUs back afterwards cannot be started: "+err.Error(), "leave out --isolate")
	}
	defer done()
	held, err := isolate.Take(isolate.Wish{CPUs: p.CPUs})
	if err != nil {
		return plan.Failure("cannot isolate the enclave", err.Error(), "run it as root, or leave out --isolate")
	}
	if p.Verbose {
		for _, line := range held.Got {
			fmt.Fprintf(stderr, "skerry: isolated: %s\n", line)
		}
	}
	for _, line := range held.Missing {
		fmt.Fprintf(stderr, "skerry: isolated without %s\n", line)
	}
	return nil
}
