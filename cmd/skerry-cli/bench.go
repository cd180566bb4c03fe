package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/bench"
	"github.com/skerry-os/skerry/fwk/install"
	"github.com/skerry-os/skerry/fwk/plan"
)

func newBench() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench [GROUP|NAME...] [--format table|json|csv] [--html FILE] [--quick] [--from FILE]",
		Short: "Measure what an enclave gains and loses against Linux, on this machine",
		Long: `Run the same measurement programs on Linux and in an enclave, alternating, and print the medians of their
costs, their ratio (below 1 the enclave is cheaper) with its 95 % interval, and what is lost, with what the
time is spent on. The controls, a pure loop and memcpy, must stay at 1: rounds in which they do not are
repeated, and where too few are left there is no ratio.

Groups: kernel, shipping, memory, channels, programs, noise, controls; isolation measures programs under
competing load on Linux (it needs stress-ng). Without a name everything is measured, which takes some
fifteen minutes; --quick leaves out what is long, further baselines and isolation, and takes one.

Exit status is 1 when a measurement failed.`,
		Example: `  skerry bench --quick
  skerry bench kernel getpid handoff
  skerry bench --html report.html --format json > result.json
  skerry bench --from result.json --format csv
  skerry bench isolation`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			names := []string{bench.IsolationName}
			for _, g := range bench.Groups() {
				names = append(names, g.Name)
			}
			for _, m := range bench.Measurements() {
				names = append(names, m.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		Args: func(cmd *cobra.Command, args []string) error {
			if err := bench.CheckNames(args); err != nil {
				return plan.Failure(err.Error(), "", "see `skerry bench --help`")
			}
			return nil
		},
	}
	format := choiceFlag(cmd, "format", "how to print", "table", "json", "csv")
	against := choiceFlag(cmd, "against", "what to compare with", "linux")
	quick := cmd.Flags().Bool("quick", false, "fewer repetitions, without what is long: a minute")
	html := cmd.Flags().String("html", "", "write a page with plots to `FILE` as well")
	from := cmd.Flags().String("from", "", "measure nothing: report on `FILE`, which --format json printed earlier")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *from != "" && len(args) > 0 {
			return plan.Failure("bad --from", args[0], "an earlier result is reported as a whole: leave out the names")
		}
		exe, err := install.Find(install.Skerry)
		if err != nil {
			return plan.Failure("cannot find the rest of skerry", err.Error(), "")
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		return bench.Command(ctx, bench.Request{
			Names: args, Against: against.value, Format: format.value, Quick: *quick, HTML: *html, From: *from, Exe: exe,
		}, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	cmd.AddCommand(newBenchEmulated())
	return cmd
}
