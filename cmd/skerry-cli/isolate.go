package main

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/isolate"
	"github.com/skerry-os/skerry/fwk/plan"
)

// newKeep is the keeper. Nobody calls it by hand.
func newKeep() *cobra.Command {
	return &cobra.Command{
		Use:    isolate.KeepVerb + " PID [last]",
		Short:  "Give back what was isolated for a process when it has ended",
		Hidden: true,
		Args:   cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			pid, err := strconv.Atoi(args[0])
			if err != nil || pid <= 0 || len(args) == 2 && args[1] != "last" {
				return plan.Failure("not for use by hand", strings.Join(args, " "), "see `skerry run --isolate`")
			}
			if len(args) == 1 {
				_, err := isolate.SpawnKeeper(os.Stdin, args[0], "last")
				return err
			}
			// Whoever started the program may block signals; this process is to end by SIGTERM.
			var none unix.Sigset_t
			_ = unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil)
			if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
				return err
			}
			return isolate.Keep(isolate.StateFile(pid))
		},
	}
}
