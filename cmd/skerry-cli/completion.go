package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/fwk/plan"
)

var shells = []string{"bash", "zsh", "fish"}

func newCompletion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print a completion script for a shell",
		Long: `Print a script that teaches a shell to complete skerry's commands, flags and their values. bash needs
the bash-completion package.`,
		Example: `  source <(skerry completion bash)
  skerry completion zsh > "${fpath[1]}/_skerry"
  skerry completion fish > ~/.config/fish/completions/skerry.fish`,
		DisableFlagsInUseLine: true,
		ValidArgs:             shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return plan.Failure("which shell?", "", "give one of "+strings.Join(shells, ", "))
			}
			for _, s := range shells {
				if s == args[0] {
					return nil
				}
			}
			return plan.Failure("unknown shell", args[0], "give one of "+strings.Join(shells, ", "))
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			}
			return root.GenFishCompletion(out, true)
		},
	}
}
