package main

import (
	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/fwk/plan"
)

func newSyscalls() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "syscalls [NAME...] [--format table|json]",
		Short: "Print where each system call runs",
		Long: `Print the table by which skerry decides where a system call runs: local (the lightweight kernel answers),
split (it does its part, then Linux), ship (Linux does it), refuse (it fails with the error named). With
names, only those calls.`,
		Example: `  skerry syscalls
  skerry syscalls futex mmap
  skerry syscalls --format json | jq -r '.[] | select(.where == "refuse").name'`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range triage.All() {
				names = append(names, c.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		Args: func(_ *cobra.Command, args []string) error {
			for _, name := range args {
				if triage.ByName(name) == nil {
					return plan.Failure("no such system call", name, "see `skerry syscalls` for all of them")
				}
			}
			return nil
		},
	}
	format := formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return triage.Print(cmd.OutOrStdout(), args, format.value)
	}
	return cmd
}
