package main

import (
	"iter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/skerry-os/skerry/fwk/plan"
)

// newRun is the verb as help, completion and manual pages see it. cmd/skerry runs it.
func newRun() *cobra.Command {
	var o plan.Options
	cmd := &cobra.Command{
		Use:   "run [flags] [--] PROGRAM [ARG...]",
		Short: "Run a program in an enclave",
		Long: `Run a program in an enclave. Standard streams, terminal, current directory and environment are the
caller's; so is the exit status the program's, or 128+n after signal n. 125 is a failure of skerry
itself, 126 a program that was found but cannot be run, 127 one that was not found.

Flags end at the first argument that is none, so that "--" is needed only before a program whose name
begins with a dash.

--cpus takes a number of CPUs, which skerry then chooses (whole physical cores first, CPU 0 last), or a
list, which it takes as it is: --cpus 3 is three CPUs, --cpus 3-3 is CPU 3. What the list leaves of the
allowed CPUs works for Linux; when it leaves none, both share.`,
		Example: `  skerry run -- ls -l
  skerry run --cpus 2-5 --mem 4G -- ./solver input.dat
  skerry run --stats --env OMP_NUM_THREADS=2 ./a.out
  skerry run --trace t.json -v python3 script.py
  skerry run --strace=calls.txt -- make`,
		DisableFlagsInUseLine: true,
		RunE: func(*cobra.Command, []string) error {
			return plan.Failure("skerry-cli starts no programs", "run", "use skerry run")
		},
	}
	for f := range flags(&o) {
		cmd.Flags().AddFlag(f)
	}
	cmd.Flags().SortFlags = false
	// The errors are those of flags that do not exist.
	_ = cmd.RegisterFlagCompletionFunc("platform", cobra.FixedCompletions([]string{"auto", "native", "process"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("cwd", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	return cmd
}

// flags are plan.Flags as this tree's library has them.
func flags(o *plan.Options) iter.Seq[*pflag.Flag] {
	return func(yield func(*pflag.Flag) bool) {
		for _, name := range plan.FlagOrder {
			f := pflag.PFlagFromGoFlag(plan.Flags(o).Lookup(name))
			switch name {
			case "verbose":
				f.Shorthand = "v"
			case plan.HiddenFlag:
				f.Hidden = true
			}
			if !yield(f) {
				return
			}
		}
	}
}
