package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/bench"
	"github.com/skerry-os/skerry/bench/emulated"
	"github.com/skerry-os/skerry/fwk/install"
	"github.com/skerry-os/skerry/fwk/lab"
	"github.com/skerry-os/skerry/fwk/plan"
)

func newBenchEmulated() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "emulated [NAME...] [--kernel VERSION] [--format table|json] [--from FILE] [--docs FILE]",
		Short: "Count what the native platform costs and Linux costs, in instructions of an emulated machine",
		Long: `Start an emulated machine whose clock counts instructions, run the measurement programs there on its Linux
and then on an enclave of the native platform, on the same processor, and print instructions and their
ratio; what starts take; and what comes between a program and its processor: on the LWK, on Linux, and on
a Linux that was isolated by its command line (a second machine). docs/native.md says what the numbers mean.

NAME is a measurement, noise, or boot; without one it is everything, some minutes. Needs what skerry lab needs.`,
		Example: `  skerry bench emulated
  skerry bench emulated getpid ship-null --kernel 6.12
  skerry bench emulated --format json > emulated.json
  skerry bench emulated --from emulated.json --docs docs/native.md`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return emulated.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		Args: func(_ *cobra.Command, args []string) error {
			if err := emulated.Check(args); err != nil {
				return plan.Failure(err.Error(), "", "see `skerry bench emulated --help`")
			}
			return nil
		},
	}
	format := choiceFlag(cmd, "format", "how to print", "table", "json")
	kernel := choiceFlag(cmd, "kernel", "which of Debian's kernels", "6.12", "6.1")
	from := cmd.Flags().StringSlice("from", nil, "measure nothing: report on `FILE`, which --format json printed earlier; of several, what a later one has counts")
	docs := cmd.Flags().StringSlice("docs", nil, "put the tables into the marked places of `FILE`")
	verbose := cmd.Flags().BoolP("verbose", "v", false, "print the kernel's messages on standard error")
	inside := cmd.Flags().String("inside", "", "")
	_ = cmd.Flags().MarkHidden("inside") // there is such a flag
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		exe, err := install.Find(install.Skerry)
		if err != nil {
			return plan.Failure("cannot find the rest of skerry", err.Error(), "")
		}
		if *inside != "" {
			if !lab.InMachine() {
				return plan.Failure("bad --inside", "this is no machine of the lab's", "leave it out")
			}
			return emulated.Inside(*inside, exe, cmd.OutOrStdout())
		}
		var rep *emulated.Report
		if len(*from) > 0 {
			rep, err = loadEmulated(*from, args)
		} else {
			rep, err = measureEmulated(cmd, exe, args, kernel.value, *verbose)
		}
		if rep == nil {
			return err
		}
		if e := writeEmulated(cmd, rep, format.value, *docs); err == nil {
			err = e
		}
		if failed := rep.Failed(); err == nil && len(failed) > 0 {
			err = fmt.Errorf("failed: %s", strings.Join(failed, "; "))
		}
		return err
	}
	return cmd
}

func loadEmulated(paths, args []string) (rep *emulated.Report, err error) {
	if len(args) > 0 {
		return nil, plan.Failure("bad --from", args[0], "an earlier result is reported as a whole: leave out the names")
	}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, plan.Failure("cannot read the earlier result", err.Error(), "")
		}
		r, err := emulated.Load(f)
		f.Close()
		switch {
		case err != nil:
			return nil, plan.Failure(err.Error(), path, "")
		case rep == nil:
			rep = r
		default:
			rep.Merge(r)
		}
	}
	return rep, nil
}

func measureEmulated(cmd *cobra.Command, exe string, args []string, kernel string, verbose bool) (*emulated.Report, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	programs, err := bench.Programs(ctx, exe, bench.Measurements())
	if err != nil {
		return nil, err
	}
	o := emulated.Options{Kernel: kernel, Skerry: exe, Programs: programs, Names: args, Timeout: 30 * time.Minute}
	if verbose {
		o.Log = cmd.ErrOrStderr()
	}
	if isTerminal(cmd.ErrOrStderr()) || verbose {
		o.Progress = func(done string) { fmt.Fprintln(cmd.ErrOrStderr(), done) }
	}
	return emulated.Run(ctx, o)
}

func writeEmulated(cmd *cobra.Command, rep *emulated.Report, format string, docs []string) error {
	for _, path := range docs {
		old, err := os.ReadFile(path)
		if err != nil {
			return plan.Failure("cannot read the document", err.Error(), "")
		}
		text, err := rep.Fill(string(old))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return plan.Failure("cannot write the document", err.Error(), "")
		}
	}
	if format == "json" {
		return rep.WriteJSON(cmd.OutOrStdout())
	}
	return rep.WriteTable(cmd.OutOrStdout())
}
