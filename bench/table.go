// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteTable writes the report for people: the machine, a table for each group,
// what was lost and why, and whether the controls allow to believe it.
func (rep *Report) WriteTable(w io.Writer) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n", rep.Machine.Line)
	fmt.Fprintf(&out, "CPU %d, %d rounds of %d batches on each side, alternating; medians, ratio is %s over %s, with its 95 %% interval\n",
		rep.CPU, rep.Rounds, rep.Batches, rep.Other, rep.Base)
	for _, why := range rep.Without {
		fmt.Fprintf(&out, "no baseline %s\n", why)
	}
	for _, g := range Groups() {
		var rows []*Row
		for i := range rep.Rows {
			if rep.Rows[i].Group == g.Name {
				rows = append(rows, &rep.Rows[i])
			}
		}
		if len(rows) > 0 {
			fmt.Fprintf(&out, "\n%s: %s\n\n", g.Name, g.Shows)
			out.Write(rep.groupTable(rows))
		}
	}
	rep.writeTails(&out)
	rep.writeNoise(&out)
	rep.writeModels(&out)
	if rep.Matrix != nil {
		rep.Matrix.write(&out)
	}
	if rep.Isolation != nil {
		rep.Isolation.write(&out)
	}
	rep.writeLosses(&out)
	switch rep.Trust {
	case Untrusted:
		what := "moved"
		if rep.controlFailed() {
			what = "failed"
		}
		fmt.Fprintf(&out, "\ncontrol %s: ratios that it stood for are not printed\n", what)
	}
	_, err := w.Write(out.Bytes())
	return err
}

func (rep *Report) groupTable(rows []*Row) []byte {
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "name\t%s\t%s\tratio\t95 %%\ttarget\tspread\t", rep.Base, rep.Other)
	for _, name := range rep.Also {
		fmt.Fprintf(table, "%s\t", name)
	}
	fmt.Fprintf(table, "  note\n")
	for _, row := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t", row.Name,
			cost(&row.Base), cost(&row.Other), number(row.Ratio), interval(row.Interval), row.targetText(), percent(row))
		for i := range row.Also {
			fmt.Fprintf(table, "%s\t", cost(&row.Also[i]))
		}
		fmt.Fprintf(table, "  %s\n", row.note())
	}
	table.Flush()
	return alignFirst(text.Bytes())
}

// writeTails writes the distributions of single operations.
func (rep *Report) writeTails(out *bytes.Buffer) {
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "name\tside\tp50\tp90\tp99\tp99.9\tmax\toperations\t\n")
	any := false
	for i := range rep.Rows {
		row := &rep.Rows[i]
		if row.Group == "noise" && row.Name == "selfish" {
			continue
		}
		rep.eachSide(row, func(side string, r *Result) {
			if l := r.Latency; l != nil {
				any = true
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t\n", row.Name, side, duration(l.At(0.5)), duration(l.At(0.9)),
					duration(l.At(0.99)), duration(l.At(0.999)), duration(l.At(1)), l.N)
			}
		})
	}
	table.Flush()
	if any {
		fmt.Fprintf(out, "\nsingle operations (each time holds two reads of the clock)\n\n")
		out.Write(alignFirst(text.Bytes()))
	}
}

// writeNoise writes what detours were caused by.
func (rep *Report) writeNoise(out *bytes.Buffer) {
	for i := range rep.Rows {
		row := &rep.Rows[i]
		rep.eachSide(row, func(side string, r *Result) {
			if r.N() == 0 || row.Name != "selfish" {
				return
			}
			fmt.Fprintf(out, "\ndetours on %s in the last round: %d of more than 500 ns\n", side, len(r.Detours))
			for i, c := range Causes(r.Detours) {
				if i == 6 {
					fmt.Fprintf(out, "  and others\n")
					break
				}
				fmt.Fprintf(out, "  %6d x %9s on average, %9s at most  %s\n", c.N, duration(c.Sum/float64(c.N)), duration(c.Longest), c.Cause)
			}
		})
	}
}

// eachSide calls f for each side's result of a row.
func (rep *Report) eachSide(row *Row, f func(side string, r *Result)) {
	f(rep.Base, &row.Base)
	f(rep.Other, &row.Other)
	for i := range row.Also {
		f(rep.Also[i], &row.Also[i])
	}
}

// writeLosses says where skerry costs more, and what the time is spent on.
func (rep *Report) writeLosses(out *bytes.Buffer) {
	losses := rep.Losses()
	if len(losses) == 0 {
		return
	}
	fmt.Fprintf(out, "\nlost to %s, the worst first, and what the time is spent on\n\n", rep.Base)
	for _, row := range losses {
		fmt.Fprintf(out, "  %-20s %5s x  + %-9s %s\n", row.Name, number(row.Ratio), duration(row.Other.Median-row.Base.Median), row.Spent)
	}
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

// cost is a result's median, with a unit.
func cost(r *Result) string {
	if r.N() == 0 {
		return "-"
	}
	return duration(r.Median)
}

// duration writes ns with about three digits and a unit.
func duration(ns float64) string {
	switch {
	case ns != ns:
		return "-"
	case ns < 0:
		return "-" + duration(-ns)
	case ns == 0:
		return "0 ns"
	case ns < 1e4:
		return number(ns) + " ns"
	case ns < 1e7:
		return number(ns/1e3) + " us"
	case ns < float64(100*time.Second):
		return number(ns/1e6) + " ms"
	}
	return number(ns/1e9) + " s"
}

func interval(i Interval) string {
	if !i.Known() {
		return "-"
	}
	return number(i.Low) + ".." + number(i.High)
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
	if row.Base.N() == 0 && row.Other.N() == 0 {
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
	case r.Kind == Control && (moved(r.Ratio) || r.Trust == Untrusted):
		return "control MOVED" + r.dropped()
	case r.Kind == Control:
		return "control" + r.dropped()
	case r.Trust == Untrusted:
		return "no ratio: the control moved" + r.dropped()
	case r.Limit == 0 && r.Target != (Target{}):
		return "target " + r.Target.String() + " not known here"
	case r.Limit == 0 || r.Ratio == 0:
		return ""
	}
	note := "missed"
	if r.Met() {
		note = "met"
	}
	if r.Target.form != formRatio {
		note += ": " + r.Target.String()
	}
	if r.Interval.Known() && !r.Interval.Differs() {
		note += "; no difference shown"
	}
	return note + r.dropped()
}

// dropped says how many rounds did not count.
func (r *Row) dropped() string {
	switch {
	case r.Dropped == 0:
		return ""
	case r.Rounds == 0:
		return fmt.Sprintf(" (%d rounds dropped)", r.Dropped)
	case r.Dropped == 1:
		return " (1 round repeated)"
	}
	return fmt.Sprintf(" (%d rounds repeated)", r.Dropped)
}
