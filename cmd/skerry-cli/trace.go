package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/fwk/install"
	"github.com/skerry-os/skerry/fwk/observe"
	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/lwk/record"
)

// tracing is what `skerry trace` was asked for.
type tracing struct {
	out       string
	span      time.Duration
	buffer    string
	cpus, mem string
}

func newTrace() *cobra.Command {
	var o tracing
	cmd := &cobra.Command{
		Use:   "trace NAME|PID [-o FILE] [--for DURATION] | trace [flags] -- PROGRAM [ARG...]",
		Short: "Record what an enclave does, for Perfetto",
		Long: `Record what a running enclave does, or a program from its start, and write a time line that
https://ui.perfetto.dev and chrome://tracing open: turns of threads, system calls, shipped calls in their
stages on both sides, and where each core spent its time.

A running enclave is recorded for --for, or until interrupted; it goes on undisturbed afterwards. A
program is recorded until it ends, or for --for; the exit status is then the program's.`,
		Example: `  skerry trace redis-server --for 2s -o redis.json
  skerry trace -o t.json -- python3 script.py`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     enclaveNames,
	}
	cmd.Flags().StringVarP(&o.out, "output", "o", "", "write to `FILE` (default: NAME.trace.json)")
	cmd.Flags().DurationVar(&o.span, "for", 0, "record for a `DURATION` such as 500ms or 10s")
	cmd.Flags().StringVar(&o.buffer, "buffer", "16M", "room for each core's records: `SIZE`; a proxy gets a quarter")
	cmd.Flags().StringVar(&o.cpus, "cpus", "", "as of skerry run, for a program: `LIST|N`")
	cmd.Flags().StringVar(&o.mem, "mem", "", "as of skerry run, for a program: `SIZE`")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		size, err := plan.ParseSize(o.buffer, 1<<30)
		if err != nil || size > 1<<30 {
			return plan.Failure("bad --buffer", o.buffer, "give a size up to 1G, such as 16M")
		}
		if o.span < 0 {
			return plan.Failure("bad --for", o.span.String(), "give a duration such as 2s")
		}
		switch dash := cmd.ArgsLenAtDash(); {
		case dash == 0 && len(args) > 0:
			return o.program(cmd.ErrOrStderr(), args, size)
		case dash < 0 && len(args) == 1:
			return o.attach(cmd.ErrOrStderr(), args[0], size)
		}
		return plan.Failure("what is to be recorded?", "", "give an enclave's name or process id, or -- PROGRAM")
	}
	return cmd
}

// attach records a running enclave.
func (o *tracing) attach(stderr io.Writer, who string, size uint64) error {
	e, err := enclave.Find(who)
	if err != nil {
		return notFound(err)
	}
	r, err := observe.NewRecording(len(e.CPUs), size)
	if err != nil {
		return plan.Failure("cannot record", err.Error(), "")
	}
	defer r.Close()
	stop, err := r.Attach(e)
	if err != nil {
		return plan.Failure("cannot record", err.Error(), "")
	}
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(ends)
	var over <-chan time.Time
	if o.span > 0 {
		over = time.After(o.span)
	} else {
		fmt.Fprintf(stderr, "skerry: recording %s; interrupt to end\n", visible(e.Name))
	}
	gone := time.NewTicker(100 * time.Millisecond)
	defer gone.Stop()
wait:
	for {
		select {
		case <-over:
			break wait
		case <-ends:
			break wait
		case <-gone.C:
			if syscall.Kill(e.PID, 0) == syscall.ESRCH {
				break wait
			}
		}
	}
	stop()
	return o.write(stderr, r, e)
}

// program records a program from its start.
func (o *tracing) program(stderr io.Writer, args []string, size uint64) error {
	p, err := plan.Make(plan.Options{CPUs: o.cpus, Mem: o.mem, Platform: "process", Argv: args, RewriteAfter: plan.RewriteDefault}, here())
	if err != nil {
		return err
	}
	r, err := observe.NewRecording(len(p.CPUs), size)
	if err != nil {
		return plan.Failure("cannot record", err.Error(), "")
	}
	defer r.Close()
	run := []string{"run", "--platform", "process", "--recording", r.Path()}
	if o.cpus != "" {
		run = append(run, "--cpus", o.cpus)
	}
	if o.mem != "" {
		run = append(run, "--mem", o.mem)
	}
	exe, err := install.Find(install.Skerry)
	if err != nil {
		return plan.Failure("cannot find the rest of skerry", err.Error(), "")
	}
	c := exec.Command(exe, append(append(run, "--"), args...)...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	// What the terminal sends reaches both; what is sent to us alone is the program's.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := c.Start(); err != nil {
		return plan.Failure("cannot start the program", err.Error(), "")
	}
	e := &enclave.Entry{Name: filepath.Base(p.Path), Program: p.Path, PID: c.Process.Pid, CPUs: p.CPUs}
	done := make(chan struct{})
	go func() {
		_ = c.Wait() // the state says it all
		close(done)
	}()
	var over <-chan time.Time
	if o.span > 0 {
		over = time.After(o.span)
	}
	written := false
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGTERM || s == syscall.SIGHUP {
				_ = c.Process.Signal(s) // it may be gone
			}
			continue
		case <-over:
			over, written = nil, true
			if err := o.leave(stderr, r, e); err != nil {
				fmt.Fprintf(stderr, "skerry: %v\n", err)
			}
			continue
		case <-done:
		}
		break
	}
	if !written {
		r.Stop()
		if err := o.write(stderr, r, e); err != nil {
			return err
		}
	}
	if status := exitStatus(c.ProcessState); status != 0 {
		return exit(status)
	}
	return nil
}

// leave ends the recording of a program that goes on.
func (o *tracing) leave(stderr io.Writer, r *observe.Recording, e *enclave.Entry) error {
	if live, err := enclave.Find(fmt.Sprint(e.PID)); err == nil {
		r.Detach(live)
	}
	r.Stop()
	return o.write(stderr, r, e)
}

// exitStatus is a process's status as a shell has it.
func exitStatus(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return plan.StatusSignalled + int(w.Signal())
	}
	return s.ExitCode()
}

func (o *tracing) write(stderr io.Writer, r *observe.Recording, e *enclave.Entry) error {
	path := o.out
	if path == "" {
		path = filepath.Base(e.Name) + ".trace.json"
	}
	f, err := os.Create(path)
	if err != nil {
		return plan.Failure("cannot write the trace", err.Error(), "give -o FILE")
	}
	b := bufio.NewWriterSize(f, 1<<20)
	t := r.Trace(e)
	err = t.Write(func(p []byte) error { _, err := b.Write(p); return err })
	if err == nil {
		err = b.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return plan.Failure("cannot write the trace", err.Error(), "give -o FILE")
	}
	tellTrace(stderr, path, t)
	return nil
}

// tellTrace says what there is, and where the cores spent their time.
func tellTrace(w io.Writer, path string, t *record.Trace) {
	var n, dropped uint64
	for _, list := range [][]record.Track{t.Cores, t.Proxies} {
		for _, k := range list {
			n += uint64(len(k.Ring.Records()))
			dropped += k.Ring.Dropped()
		}
	}
	fmt.Fprintf(w, "skerry: %s: %s of %s, %d records", path, record.Duration(float64(t.Clock.Elapsed())), visible(t.Program), n)
	if dropped > 0 {
		fmt.Fprintf(w, " (%d more dropped: give a larger --buffer)", dropped)
	}
	fmt.Fprintln(w, "; open it at https://ui.perfetto.dev")
	for i := range t.Cores {
		s := t.Spent(i)
		all := max(s.All(), 1)
		fmt.Fprintf(w, "skerry: core %d: program %.1f %%, kernel %.1f %%, polling %.1f %%, asleep %.1f %% of %s\n", t.Cores[i].Index,
			100*s.Program/all, 100*s.Kernel/all, 100*s.Polling/all, 100*s.Asleep/all, record.Duration(s.All()))
	}
}
