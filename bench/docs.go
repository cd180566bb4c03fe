// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"fmt"
	"strings"
)

// Fill replaces what is between the marks in a document by this report's
// numbers. A mark that is not closed, or that names nothing, is an error.
func (rep *Report) Fill(document string) (string, error) {
	return FillMarks(document, "numbers", rep.markdown)
}

// FillMarks makes numbers in documents from a result. They are between two
// lines, for the kind "numbers":
//
//	<!-- numbers: NAME -->
//	<!-- /numbers -->
//
// Text returns what belongs there. A mark that is not closed, or that text does
// not know, is an error.
func FillMarks(document, kind string, text func(name string) (string, error)) (string, error) {
	begin, end := "<!-- "+kind+": ", "<!-- /"+kind+" -->"
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(document, begin)
		out.WriteString(before)
		if !ok {
			return out.String(), nil
		}
		name, rest, ok := strings.Cut(rest, " -->\n")
		if !ok || strings.ContainsAny(name, "\n>") {
			return "", fmt.Errorf("a mark %q that does not end with -->", begin)
		}
		_, rest, ok = strings.Cut(rest, end)
		if !ok {
			return "", fmt.Errorf("the mark %q is not closed by %q", name, end)
		}
		filling, err := text(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%s%s -->\n%s%s", begin, name, filling, end)
		document = rest
	}
}

// markdown is what one mark stands for.
func (rep *Report) markdown(name string) (string, error) {
	var out bytes.Buffer
	kind, arg, _ := strings.Cut(name, " ")
	switch kind {
	case "machine":
		rep.markMachine(&out)
	case "group":
		rep.markGroup(&out, arg)
	case "targets":
		rep.markTargets(&out)
	case "losses":
		rep.markLosses(&out)
	case "models":
		rep.markModels(&out)
	case "tails":
		rep.markTails(&out)
	case "noise":
		rep.markNoise(&out)
	case "isolation":
		rep.markIsolation(&out)
	case "table": // as the command prints it, some rows
		rep.markTable(&out, strings.Fields(arg))
	default:
		return "", fmt.Errorf("no numbers are called %q", name)
	}
	return out.String(), nil
}

func (rep *Report) markMachine(out *bytes.Buffer) {
	fmt.Fprintf(out, "%s", rep.Machine.Line)
	for _, f := range rep.Machine.Facts {
		fmt.Fprintf(out, "; %s: %s", f[0], f[1])
	}
	fmt.Fprintf(out, ". %d rounds of %d batches.\n", rep.Rounds, rep.Batches)
	for _, why := range rep.Without {
		fmt.Fprintf(out, "Not compared with %s.\n", why)
	}
	switch rep.Trust {
	case Trusted:
		fmt.Fprintf(out, "No control moved.\n")
	case Untrusted:
		fmt.Fprintf(out, "**A control moved: rows without a ratio are not to be believed.**\n")
	}
}

// rows calls f for the rows of a group ("": all) that were measured.
func (rep *Report) rows(group string, f func(*Row)) {
	for i := range rep.Rows {
		if row := &rep.Rows[i]; group == "" || row.Group == group {
			f(row)
		}
	}
}

func (rep *Report) markGroup(out *bytes.Buffer, group string) {
	fmt.Fprintf(out, "| | %s | %s | ratio | 95 %% | target | |", rep.Base, rep.Other)
	for _, side := range rep.Also {
		fmt.Fprintf(out, " %s |", side)
	}
	fmt.Fprintf(out, "\n|---|---:|---:|---:|---:|---:|---|%s\n", strings.Repeat("---:|", len(rep.Also)))
	rep.rows(group, func(row *Row) {
		note := row.note()
		if row.Kind == Context {
			note = ""
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s | %s |", row.Name, cost(&row.Base), cost(&row.Other), number(row.Ratio),
			strings.ReplaceAll(interval(row.Interval), "..", " to "), row.targetText(), note)
		for i := range row.Also {
			fmt.Fprintf(out, " %s |", cost(&row.Also[i]))
		}
		fmt.Fprintln(out)
	})
}

// markTargets is one table of all targets: what SPECIFICATION promises.
func (rep *Report) markTargets(out *bytes.Buffer) {
	fmt.Fprintf(out, "| name | target | %s | %s | reached | |\n|---|---:|---:|---:|---:|---|\n", rep.Base, rep.Other)
	rep.rows("", func(row *Row) {
		if row.Target == (Target{}) {
			return
		}
		verdict := "not measured: " + row.note()
		if row.Ratio > 0 {
			verdict = "**missed**"
			if row.Met() {
				verdict = "met"
			}
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", row.Name, row.Target, cost(&row.Base), cost(&row.Other), number(row.Ratio), verdict)
	})
}

func (rep *Report) markLosses(out *bytes.Buffer) {
	fmt.Fprintf(out, "| name | ratio | more than %s | the time is spent on |\n|---|---:|---:|---|\n", rep.Base)
	for _, row := range rep.Losses() {
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", row.Name, number(row.Ratio), duration(row.Other.Median-row.Base.Median), row.Spent)
	}
}

func (rep *Report) markModels(out *bytes.Buffer) {
	fmt.Fprintf(out, "| cost | part | measured by | |\n|---|---|---|---:|\n")
	for _, e := range rep.Explain() {
		for i, p := range e.Parts {
			name := ""
			if i == 0 {
				name = "**" + e.Name + "**"
			}
			fmt.Fprintf(out, "| %s | %s | %s | %s |\n", name, p.Text, p.Measured, duration(p.NS))
		}
		fmt.Fprintf(out, "| | all parts, of what was measured | `skerry bench %s` | %s of %s: %.0f %% |\n", e.Name, duration(e.Sum), duration(e.Total), 100*e.Sum/e.Total)
	}
}

func (rep *Report) markTails(out *bytes.Buffer) {
	fmt.Fprintf(out, "| | | p50 | p90 | p99 | p99.9 | longest | of |\n|---|---|---:|---:|---:|---:|---:|---:|\n")
	rep.rows("", func(row *Row) {
		if row.Name == "selfish" {
			return
		}
		rep.eachSide(row, func(side string, r *Result) {
			if l := r.Latency; l != nil {
				fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s | %s | %d |\n", row.Name, side, duration(l.At(0.5)), duration(l.At(0.9)),
					duration(l.At(0.99)), duration(l.At(0.999)), duration(l.At(1)), l.N)
			}
		})
	})
}

func (rep *Report) markNoise(out *bytes.Buffer) {
	fmt.Fprintf(out, "| side | cause | detours | on average | longest |\n|---|---|---:|---:|---:|\n")
	rep.rows("noise", func(row *Row) {
		if row.Name != "selfish" {
			return
		}
		rep.eachSide(row, func(side string, r *Result) {
			for i, c := range Causes(r.Detours) {
				if i == 4 {
					break
				}
				fmt.Fprintf(out, "| %s | %s | %d | %s | %s |\n", side, c.Cause, c.N, duration(c.Sum/float64(c.N)), duration(c.Longest))
			}
		})
	})
}

func (rep *Report) markIsolation(out *bytes.Buffer) {
	iso := rep.Isolation
	if iso == nil || iso.Skipped != "" {
		fmt.Fprintf(out, "Not measured.\n")
		return
	}
	fmt.Fprintf(out, "| program | system | %s |\n|---|---|%s\n", strings.Join(iso.Loads, " | "), strings.Repeat("---:|", len(iso.Loads)))
	p := isolationPage(iso)
	for _, row := range p.Table {
		fmt.Fprintf(out, "| %s | %s | %s |\n", row.Program, row.System, strings.Join(row.Cells, " | "))
	}
	for _, why := range iso.Missing {
		fmt.Fprintf(out, "\nIsolation on Linux was without %s.\n", why)
	}
}

// markTable is the beginning of the command's own table for some rows.
func (rep *Report) markTable(out *bytes.Buffer, names []string) {
	few := *rep
	few.Rows, few.Also, few.Without, few.Matrix, few.Isolation = nil, nil, nil, nil, nil
	var list []*Row
	for _, name := range names {
		for i := range rep.Rows {
			if rep.Rows[i].Name == name {
				row := rep.Rows[i]
				row.Also = nil
				list = append(list, &row)
			}
		}
	}
	fmt.Fprintf(out, "```\n%s\n\n%s```\n", rep.Machine.Line, few.groupTable(list))
}
