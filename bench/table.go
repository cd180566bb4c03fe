// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteTable writes the report for people: the machine, a row per measurement,
// and whether the controls allow to believe it.
func (rep *Report) WriteTable(w io.Writer) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n", rep.Machine)
	fmt.Fprintf(&out, "CPU %d, %d rounds of %d batches on each side, alternating; medians, ratio is %s over %s\n\n",
		rep.CPU, rep.Rounds, rep.Batches, rep.Other, rep.Base)

	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "name\tunit\t%s\t%s\tratio\ttarget\tspread\t  note\n", rep.Base, rep.Other)
	for i := range rep.Rows {
		row := &rep.Rows[i]
		fmt.Fprintf(table, "%s\tns\t%s\t%s\t%s\t%s\t%s\t  %s\n", row.Name,
			number(row.Base.Median), number(row.Other.Median), number(row.Ratio),
			row.targetText(), percent(row), row.note())
	}
	table.Flush()

	switch rep.Trust {
	case Untrusted:
		what := "moved"
		if rep.controlFailed() {
			what = "failed"
		}
		fmt.Fprintf(&out, "\ncontrol %s: the ratios above are not trustworthy\n", what)
	case Unknown:
		fmt.Fprintf(&out, "\nno control in this run (compute, memcpy): nothing vouches for the ratios\n")
	}
	_, err := w.Write(alignFirst(out.Bytes()))
	return err
}

// alignFirst moves the padding before each name to behind it, since the
// tabwriter aligns all columns to the same side.
func alignFirst(text []byte) []byte {
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		trimmed := strings.TrimLeft(line, " ")
		if pad := len(line) - len(trimmed); pad > 0 {
			if name, rest, ok := strings.Cut(trimmed, " "); ok {
				line = name + strings.Repeat(" ", pad+1) + rest
			}
		}
		lines[i] = strings.TrimRight(line, " ")
	}
	return []byte(strings.Join(lines, "\n"))
}

// number writes a positive value with about three digits; nothing for 0.
func number(v float64) string {
	switch {
	case v == 0:
		return "-"
	case v < 0.1:
		return fmt.Sprintf("%.3f", v)
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func percent(row *Row) string {
	if row.Base.N == 0 && row.Other.N == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*row.Spread())
}

// targetText is the target as a bound on the ratio.
func (r *Row) targetText() string {
	switch {
	case r.Kind == Control:
		return "1.00"
	case r.Limit > 0:
		return "<= " + number(r.Limit)
	}
	return "-"
}

// note is the last column: the outcome in words.
func (r *Row) note() string {
	var errs []string
	for _, result := range []*Result{&r.Base, &r.Other} {
		if result.Err != nil {
			errs = append(errs, result.Err.Error())
		}
	}
	switch {
	case len(errs) > 0:
		return "failed: " + strings.Join(errs, "; ")
	case r.Skipped != "":
		return "skipped: " + r.Skipped
	case r.Kind == Context:
		return "context: " + r.Shows
	case r.Kind == Control && moved(r.Ratio):
		return "control MOVED"
	case r.Kind == Control:
		return "control"
	case r.Limit == 0 && r.Target != (Target{}):
		return "target " + r.Target.String() + " not known here"
	case r.Limit == 0:
		return ""
	}
	note := "missed"
	if r.Met() {
		note = "met"
	}
	if r.Target.form != formRatio {
		note += ": " + r.Target.String()
	}
	return note
}
