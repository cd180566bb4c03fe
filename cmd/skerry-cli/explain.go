package main

import (
	"context"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/explain"
	"github.com/skerry-os/skerry/fwk/install"
	"github.com/skerry-os/skerry/fwk/plan"
)

func newExplain() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [flags] -- PROGRAM [ARG...]",
		Short: "Say what a program would gain or lose in an enclave, and why",
		Long: `Run a program several times on Linux and in an enclave, alternating, and say what it gains or loses
there and from what: times with their spread, page faults, context switches, memory, system calls by who
answers them and what they cost; and which option would help. When the runs differ too much it says that
it cannot tell.

The program runs some ten times: do not give it work that must be done once. Its standard input is kept
and given to each run (nothing if that is a terminal), its output is thrown away. Exit status is 0 when
the runs could be made, whatever they show.`,
		Example: `  skerry explain -- ./solver input.dat
  skerry explain --rounds 11 --cpus 2 -- sort -n numbers`,
		DisableFlagsInUseLine: true,
	}
	var o plan.Options
	rounds := cmd.Flags().Int("rounds", 5, "how many runs on each side: `N`, at least 3")
	limit := cmd.Flags().Duration("limit", time.Minute, "begin no more rounds after a `DURATION`, once there are 3")
	cmd.Flags().StringVar(&o.CPUs, "cpus", "", "as of skerry run: `LIST|N`")
	cmd.Flags().StringVar(&o.Mem, "mem", "", "as of skerry run: `SIZE`")
	cmd.Flags().SetInterspersed(false)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *rounds < 3 {
			return plan.Failure("bad --rounds", "too few to compare", "give at least 3")
		}
		o.Argv, o.Platform, o.RewriteAfter = args, "process", plan.RewriteDefault
		p, err := plan.Make(o, here())
		if err != nil {
			return err
		}
		exe, err := install.Find(install.Skerry)
		if err != nil {
			return plan.Failure("cannot find the rest of skerry", err.Error(), "")
		}
		q := explain.Request{Exe: exe, Plan: p, Rounds: *rounds, Limit: *limit, Flags: []string{"--platform", "process"}}
		if o.CPUs != "" {
			q.Flags = append(q.Flags, "--cpus", o.CPUs)
		}
		if o.Mem != "" {
			q.Flags = append(q.Flags, "--mem", o.Mem)
		}
		if allowed, err := cpus.Allowed(); err == nil {
			q.Allowed = len(allowed.List())
		}
		q.Input, _ = cmd.InOrStdin().(*os.File) // of a test, another kind: nothing to read
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		r, err := explain.Explain(ctx, q)
		if err != nil {
			return plan.Failure("cannot explain", p.Path, err.Error())
		}
		return r.Write(cmd.OutOrStdout())
	}
	return cmd
}
