package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/bench"
	"github.com/skerry-os/skerry/fwk/plan"
)

func newBench() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench [NAME...] [--against linux] [--format table|json] [--quick]",
		Short: "Measure what an enclave gains and loses against Linux, on this machine",
		Long: `Run the same measurement programs on Linux and in an enclave, alternating, and print median, spread
and ratio of their costs: below 1 the enclave is cheaper. The controls, a pure loop and memcpy, must
stay at 1; where they do not, the machine was too busy to believe the rest.

Exit status is 1 when a measurement failed.`,
		Example: `  skerry bench
  skerry bench getpid handoff --quick
  skerry bench --format json > result.json`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, m := range bench.Measurements() {
				names = append(names, m.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		Args: func(cmd *cobra.Command, args []string) error {
			if _, err := bench.Select(args); err != nil {
				return plan.Failure(err.Error(), "", "see `skerry bench --help`")
			}
			return nil
		},
	}
	format := formatFlag(cmd)
	against := choiceFlag(cmd, "against", "what to compare with", "linux")
	quick := cmd.Flags().Bool("quick", false, "fewer repetitions")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		exe, err := os.Executable()
		if err != nil {
			return plan.Failure("cannot find the skerry command itself", err.Error(), "mount /proc")
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		return bench.Command(ctx, bench.Request{
			Names: args, Against: against.value, Format: format.value, Quick: *quick, Exe: exe,
		}, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}
