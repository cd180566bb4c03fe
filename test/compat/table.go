package compat

import (
	"fmt"
	"slices"
	"strings"
)

// row is a suite's line in the table.
type row struct {
	suite       suite
	missing     string // why it did not run
	linux       int    // tests that pass on Linux
	skerry      int    // of these, those that pass on skerry
	why         string
	differences []difference
}

// unexplained reports whether tests differ and nobody knows why.
func (r *row) unexplained() bool {
	return slices.ContainsFunc(r.differences, func(d difference) bool { return d.reason == "" })
}

// table is docs/compatibility.md.
func table(rows []row) string {
	var b strings.Builder
	b.WriteString(`# Compatibility

Real software and its own tests, on Linux and on skerry's process platform, on the same machine. Written by ` + "`make compat`" + ` from
what it saw, in one run or several (test/README.md): do not edit. A test counts if it passes on Linux; every one that does not pass on skerry is named below with its reason.

| suite | what | pass on Linux | of these on skerry |
|---|---|---:|---:|
`)
	for _, r := range rows {
		if r.missing != "" {
			fmt.Fprintf(&b, "| %s | %s | not run: %s | |\n", r.suite.name, r.suite.what, r.missing)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d |\n", r.suite.name, r.suite.what, r.linux, r.skerry)
	}
	b.WriteString("\n## Differences\n\n")
	any := false
	for _, r := range rows {
		for _, d := range r.differences {
			if !any {
				b.WriteString("| suite | test | on skerry | reason |\n|---|---|---|---|\n")
				any = true
			}
			why := d.reason
			switch {
			case why == "" && d.got == some:
				why = "failed once, passed when run again; the cause is not found yet"
			case why == "":
				why = "not understood yet"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.suite.name, d.test, d.got, why)
		}
	}
	if !any {
		b.WriteString("None.\n")
	}
	return b.String()
}
