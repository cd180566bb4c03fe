package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/fwk/launch"
	"github.com/skerry-os/skerry/fwk/plan"
)

func newConsole() *cobra.Command {
	follow := false
	cmd := &cobra.Command{
		Use:   "console [-f] NAME|PID",
		Short: "Print what the kernel of a native enclave has logged",
		Long: `Print the log of a native enclave's kernel, the states of its cores, and, of a core that died, its last
words. Needs root. With -f it goes on until the enclave ends.`,
		Example:               "  sudo skerry console solver-4711\n  sudo skerry console -f 4711",
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return plan.Failure("which enclave?", "", "give one name or process id; see `skerry ps`")
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the enclave ends")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := nativeNamed(args[0])
		if err != nil {
			return err
		}
		v, err := launch.View(thisNode(), name)
		if err != nil {
			return nodeFailure(err)
		}
		defer v.Close()
		w := cmd.OutOrStdout()
		if err := v.States(w); err != nil {
			return err
		}
		for {
			if err := v.Log(w); err != nil {
				return err
			}
			if !follow || !v.Alive() {
				return nil
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
	return cmd
}
