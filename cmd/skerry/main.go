// Command skerry runs Linux programs on a lightweight kernel beside Linux.
//
// This binary is what becomes the program's process: every start of a program, every fork's child and
// every execve inside an enclave pays for its size and for what its packages do before main. So it
// holds `skerry run` and nothing else; all other verbs are skerry-cli's (cmd/skerry-cli), which it
// executes.
package main

import (
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/skerry-os/skerry/fwk/install"
	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/platform/process"
)

func init() {
	if process.Started() {
		main()
	}
}

func main() {
	if given := process.Given(); len(given.Env) > 0 {
		if in, ok := plan.Inherit(given.Env); ok {
			os.Exit(plan.Report(os.Stderr, bootInherited(in, &given)))
		}
	}
	os.Exit(run(os.Stderr, os.Args))
}

// run executes the command line and returns the exit status. It does not come back when it works:
// the program's end, or skerry-cli's, is the process's.
func run(stderr io.Writer, args []string) int {
	if len(args) < 2 || args[1] != "run" {
		return plan.Report(stderr, forward(args))
	}
	err := startProgram(stderr, args[2:])
	if errors.Is(err, plan.ErrHelp) {
		err = forward([]string{args[0], "run", "--help"})
	}
	return plan.Report(stderr, err)
}

// forward makes this process skerry-cli's; tests replace it. It returns only on failure.
var forward = func(args []string) error {
	path, err := install.Find(install.CLI)
	if err != nil {
		return plan.Failure("cannot find the rest of skerry", err.Error(), "")
	}
	env := os.Environ()
	if given := process.Given(); len(given.Env) > 0 {
		env = given.Env // `run --help`: without what the entry point has put in front
	}
	if err := syscall.Exec(path, args, env); err != nil {
		return plan.Failure("cannot execute the rest of skerry", path, err.Error())
	}
	return nil
}
