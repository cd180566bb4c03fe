package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/lwk/record"
)

func newPs() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ps [--format table|json]",
		Short: "List the enclaves that run",
		Long: `List the caller's enclaves, the oldest first: process id, name (--name of skerry run, else the
program's), platform, the enclave's CPUs, the memory that it may use, how long it has been there, and
the program.`,
		Example: `  skerry ps
  skerry ps --format json | jq '.[].pid'`,
		DisableFlagsInUseLine: true,
		Args:                  noArgs,
	}
	format := formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		list, err := enclave.List()
		if err != nil {
			return plan.Failure("cannot list the enclaves", err.Error(), "")
		}
		return printEnclaves(cmd.OutOrStdout(), list, format.value)
	}
	return cmd
}

func printEnclaves(w io.Writer, list []*enclave.Entry, format string) error {
	if format == "json" {
		type entry struct {
			PID         int     `json:"pid"`
			Name        string  `json:"name"`
			Platform    string  `json:"platform"`
			CPUs        []int   `json:"cpus"`
			LinuxCPUs   []int   `json:"linux_cpus"`
			MemoryLimit uint64  `json:"memory_limit_bytes"`
			Uptime      float64 `json:"uptime_seconds"`
			Program     string  `json:"program"`
		}
		all := []entry{}
		for _, e := range list {
			all = append(all, entry{e.PID, e.Name, e.Platform, e.CPUs, e.Linux, e.Mem, e.Uptime().Seconds(), e.Program})
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		if err := enc.Encode(all); err != nil {
			return fmt.Errorf("cannot print: %w", err)
		}
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "PID\tNAME\tPLATFORM\tCPUS\tMEMORY\tUP\tPROGRAM")
	for _, e := range list {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", e.PID, visible(e.Name), e.Platform, cpus.Format(e.CPUs), record.Size(e.Mem),
			e.Uptime().Round(time.Second), visible(e.Program))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("cannot print: %w", err)
	}
	return nil
}

// visible keeps names from writing to the terminal otherwise than as text.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

// enclaveNames completes the names of enclaves.
func enclaveNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	list, _ := enclave.List() // none to complete
	for _, e := range list {
		names = append(names, e.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
