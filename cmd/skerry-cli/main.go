// Command skerry-cli is every verb of skerry but the start of a program: cmd/skerry, which is kept
// small, executes it for them.
//
// This package owns the command line and nothing else: one file per verb, which turns flags into a
// call of the package that does the work. main only wires; run is the whole command with its streams
// and arguments handed in, so that tests call it as it is.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/fwk/lab"
	"github.com/skerry-os/skerry/fwk/launch"
	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/fwk/probe"
)

func main() {
	if lab.Inside() {
		lab.Init()
	}
	os.Exit(run(os.Stdin, os.Stdout, os.Stderr, os.Args[1:]))
}

// run executes the command line args and returns the exit status.
func run(stdin io.Reader, stdout, stderr io.Writer, args []string) int {
	if len(args) == 2 && args[0] == launch.KeepVerb {
		return report(stderr, launch.Keep(thisNode(), args[1]))
	}
	root := newRoot()
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(args)
	return report(stderr, root.Execute())
}

// exit is an error that has been told already; only its status is left to say.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// report is plan.Report for errors that may have been told already.
func report(stderr io.Writer, err error) int {
	var told exit
	if errors.As(err, &told) {
		return int(told)
	}
	return plan.Report(stderr, err)
}

// newRoot builds the tree of all verbs.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "skerry",
		Short: "Run Linux programs on a lightweight kernel beside Linux",
		Long: `skerry runs unmodified Linux programs in an enclave: a lightweight kernel on CPUs of its own answers
what performance needs (memory, threads, scheduling, signals, time), and ships every other system call
to Linux, which keeps the rest of the machine.

Exit status of skerry run is the program's own, or 128+n after signal n. When the program did not get
that far: 127 no such program, 126 found but cannot be run, 125 anything else.`,
		Example: `  skerry check
  skerry run -- python3 -c 'print("hello")'
  skerry run --cpus 2 --stats -- ./solver input.dat`,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return plan.Failure("no such command", args[0], "see `skerry --help`; to run a program: skerry run -- "+args[0])
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(badFlag)
	root.AddCommand(newRun(), newCheck(), newSyscalls(), newBench(), newPs(), newStats(), newMetrics(), newTop(), newTrace(), newExplain(), newLab(), newNode(), newConsole(), newKill(), newVersion(), newCompletion(), newMan(), newKeep(), newConsole(), newKill())
	return root
}

// badFlag gives a flag's error a way out and the status of skerry's own failures.
func badFlag(cmd *cobra.Command, err error) error {
	return plan.Failure(err.Error(), "", "see `"+cmd.CommandPath()+" --help`")
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return plan.Failure("unexpected argument", args[0], "see `"+cmd.CommandPath()+" --help`")
	}
	return nil
}

// here is the machine that plans are made for; tests replace it.
var here = func() *plan.Host { return plan.Here(probe.Supported) }
