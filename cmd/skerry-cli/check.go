package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/fwk/probe"
)

func newCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [--format table|json]",
		Short: "Say which platforms are usable here, and what would cure the others",
		Long: `Ask this machine for everything that an enclave needs, by trying it, and say for each platform whether
it is usable, why not, and what would cure it. Nothing is changed.

Exit status is 0 when some platform is usable, else 1.`,
		Example: `  skerry check
  skerry check --format json | jq '.[] | select(.usable).platform'`,
		DisableFlagsInUseLine: true,
		Args:                  noArgs,
	}
	format := formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var reports []probe.Report
		for _, p := range probe.Platforms {
			reports = append(reports, p.Report())
		}
		return check(cmd.OutOrStdout(), reports, format.value)
	}
	return cmd
}

// check prints reports and answers exit(1) when none is of a usable platform.
func check(w io.Writer, reports []probe.Report, format string) error {
	var err error
	if format == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		err = enc.Encode(reports)
	} else {
		_, err = io.WriteString(w, checkTable(reports))
	}
	if err != nil {
		return fmt.Errorf("cannot print: %w", err)
	}
	for _, r := range reports {
		if r.Usable {
			return nil
		}
	}
	return exit(1)
}

// checkTable is for people: a line per platform, then the probes of each that is built.
func checkTable(reports []probe.Report) string {
	var b strings.Builder
	for _, r := range reports {
		state := "usable"
		if !r.Usable {
			state = "not usable: " + r.Why
		}
		fmt.Fprintf(&b, "%-8s  %s\n", r.Platform, state)
		fmt.Fprintf(&b, "%-8s  (%s)\n", "", r.What)
		for _, a := range r.Probes {
			mark := "ok"
			switch {
			case !a.OK && a.Required:
				mark = "FAIL"
			case !a.OK:
				mark = "warn"
			}
			fmt.Fprintf(&b, "  %-4s  %-13s  %s: %s\n", mark, a.Name, a.What, a.Detail)
			if a.Cure != "" {
				fmt.Fprintf(&b, "  %-4s  %-13s  to cure it: %s\n", "", "", a.Cure)
			}
		}
	}
	return b.String()
}
