package main

import (
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/fwk/launch"
	"github.com/skerry-os/skerry/fwk/plan"
)

func newKill() *cobra.Command {
	var signal string
	cmd := &cobra.Command{
		Use:   "kill [-s SIGNAL] NAME|PID",
		Short: "Send a signal to an enclave's program",
		Long: `Send a signal to the program of an enclave, SIGTERM unless another is named. It is what kill(1) does with
the program's process id; after SIGKILL of a native enclave it also waits until the cores are free again.`,
		Example:               "  skerry kill solver\n  skerry kill -s KILL 4711",
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return plan.Failure("which enclave?", "", "give one name or process id; see `skerry ps`")
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&signal, "signal", "s", "TERM", "the signal: `NAME` or number")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		sig, err := signalNumber(signal)
		if err != nil {
			return err
		}
		e, err := enclave.Find(args[0])
		if err != nil {
			return plan.Failure("cannot find the enclave", err.Error(), "see `skerry ps`")
		}
		if err := unix.Kill(e.PID, sig); err != nil {
			return plan.Failure("cannot send a signal to "+e.Name, "process "+strconv.Itoa(e.PID)+": "+err.Error(), "is it yours? try sudo")
		}
		if sig == unix.SIGKILL && e.Platform == "native" {
			return nodeFailure(launch.Freed(thisNode(), e.PID))
		}
		return nil
	}
	return cmd
}

// signalNumber reads TERM, SIGTERM or 15.
func signalNumber(s string) (syscall.Signal, error) {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= 64 {
		return syscall.Signal(n), nil
	}
	name := strings.ToUpper(s)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if n := unix.SignalNum(name); n != 0 {
		return n, nil
	}
	return 0, plan.Failure("no such signal", strconv.Quote(s), "see `kill -l`")
}

// nativeNamed finds a native enclave by its name or the process id of its program.
func nativeNamed(who string) (string, error) {
	n := thisNode()
	all, err := n.Claims()
	if err != nil {
		return "", nodeFailure(err)
	}
	for _, c := range all {
		if c.Name == who || strconv.Itoa(c.Runner.PID) == who {
			return c.Name, nil
		}
	}
	if _, err := enclave.Find(who); err == nil {
		return "", plan.Failure("this enclave has no log of its own", who, "only native ones do; see `skerry run -v`")
	}
	return "", plan.Failure("no such enclave", who, "see `skerry ps`")
}
