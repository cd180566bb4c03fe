package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

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
		done, err = startKeeper()
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

const keepVerb = "keep-isolation"

// startKeeper starts the process that gives back what is taken for this one. It is started before
// anything is taken, so that nothing is when it cannot be, and outside of what is going to be this
// process's control group. It must not be the program's child, which would meet it in wait(2): its
// parent ends at once. done lets it begin; so does the end of this process.
func startKeeper() (done func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if err := runKeeper(r, strconv.Itoa(os.Getpid())); err != nil {
		w.Close()
		return nil, err
	}
	return func() { w.Close() }, nil
}

// runKeeper runs the verb, which starts itself once more, and waits for it.
func runKeeper(stdin *os.File, args ...string) error {
	p, err := spawnKeeper(stdin, args...)
	if err != nil {
		return err
	}
	state, err := p.Wait()
	if err == nil && !state.Success() {
		err = fmt.Errorf("%s: %v", keepVerb, state)
	}
	return err
}

func spawnKeeper(stdin *os.File, args ...string) (*os.Process, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	return os.StartProcess("/proc/self/exe", append([]string{"skerry", keepVerb}, args...), &os.ProcAttr{
		Files: []*os.File{stdin, null, null}, Dir: "/",
		Env: []string{"GOMAXPROCS=1"}, Sys: &syscall.SysProcAttr{Setsid: true},
	})
}

// newKeep is the keeper. Nobody calls it by hand.
func newKeep() *cobra.Command {
	return &cobra.Command{
		Use:    keepVerb + " PID [last]",
		Short:  "Give back what was isolated for a process when it has ended",
		Hidden: true,
		Args:   cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			pid, err := strconv.Atoi(args[0])
			if err != nil || pid <= 0 || len(args) == 2 && args[1] != "last" {
				return plan.Failure("not for use by hand", strings.Join(args, " "), "see `skerry run --isolate`")
			}
			if len(args) == 1 {
				_, err := spawnKeeper(os.Stdin, args[0], "last")
				return err
			}
			// Whoever started the program may block signals; this process is to end by SIGTERM.
			var none unix.Sigset_t
			_ = unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil)
			if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
				return err
			}
			return isolate.Keep(isolate.StateFile(pid))
		},
	}
}
