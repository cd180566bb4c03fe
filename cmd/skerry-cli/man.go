package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/fwk/plan"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual pages into a directory",
		Long:    "Write a manual page for skerry and one for each of its commands into DIR, which is made if need be.",
		Example: "  skerry man build/man && man -l build/man/skerry-run.1",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return plan.Failure("which directory?", "", "usage: skerry man DIR")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("cannot make the manual's directory: %w", err)
			}
			for _, c := range append([]*cobra.Command{cmd.Root()}, pages(cmd.Root())...) {
				path := filepath.Join(dir, pageName(c)+".1")
				if err := os.WriteFile(path, []byte(manPage(c)), 0o644); err != nil {
					return fmt.Errorf("cannot write a manual page: %w", err)
				}
			}
			return nil
		},
	}
}

// pages are the commands that have a manual page, besides the root.
func pages(root *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			list = append(list, c)
		}
	}
	return list
}
