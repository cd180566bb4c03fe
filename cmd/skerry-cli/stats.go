package main

import (
	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/fwk/observe"
	"github.com/skerry-os/skerry/fwk/plan"
)

func newStats() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stats NAME|PID [--format table|json|prometheus]",
		Short: "Show what a running enclave has done so far",
		Long: `Show the counters of a running enclave: system calls by who answered them, shipped calls by time,
memory, cores. They are counted all the time, and reading them does not disturb the program. Times of
shipped calls are those of one call in eight of each name, unless the enclave was started with --stats;
what is estimated has a "~".`,
		Example: `  skerry stats redis-server
  skerry stats 4711 --format json | jq .syscalls`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     enclaveNames,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return plan.Failure("which enclave?", "", "give its name or process id: see `skerry ps`")
			}
			return nil
		},
	}
	format := choiceFlag(cmd, "format", "how to print", "table", "json", "prometheus")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		e, err := enclave.Find(args[0])
		if err != nil {
			return notFound(err)
		}
		s, err := observe.Take(e)
		if err != nil {
			return plan.Failure("cannot read the enclave's counters", err.Error(), "")
		}
		return s.Print(cmd.OutOrStdout(), format.value)
	}
	return cmd
}

// notFound gives the error of enclave.Find its form.
func notFound(err error) error { return plan.Failure(err.Error(), "", "") }
