package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// choice is a flag whose value is one of a few words; the first is what it starts with.
type choice struct {
	value string
	words []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.words, "|") }

func (c *choice) Set(s string) error {
	for _, w := range c.words {
		if s == w {
			c.value = s
			return nil
		}
	}
	return errors.New("must be " + strings.Join(c.words, " or "))
}

// formatFlag adds --format table|json to cmd.
func formatFlag(cmd *cobra.Command) *choice {
	return choiceFlag(cmd, "format", "how to print", "table", "json")
}

// choiceFlag adds a flag with completion of its words.
func choiceFlag(cmd *cobra.Command, name, usage string, words ...string) *choice {
	c := &choice{value: words[0], words: words}
	cmd.Flags().Var(c, name, usage)
	// The error is that of a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	return c
}
