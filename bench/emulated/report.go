// SPDX-License-Identifier: Apache-2.0

package emulated

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/skerry-os/skerry/bench"
)

// Report is what was measured.
type Report struct {
	Kernel  string
	Release string
	Lines   []string // command line of each machine's kernel
	Runs    []RunRecord
	Starts  []StartRecord
	Noise   []NoiseRecord
}

// Isolated is the side of a Linux that was told to keep away.
const Isolated = "linux-isolated"

// add takes a record and says what it was.
func (rep *Report) add(r *Record, isolated bool) string {
	switch {
	case r.Info != nil:
		rep.Release = r.Info.Release
		rep.Lines = append(rep.Lines, r.Info.CommandLine)
		return "Linux " + r.Info.Release
	case r.Run != nil:
		rep.Runs = append(rep.Runs, *r.Run)
		return r.Run.Side + " " + r.Run.Row
	case r.Start != nil:
		rep.Starts = append(rep.Starts, *r.Start)
		return r.Start.Side + " start"
	case r.Noise != nil:
		if isolated && r.Noise.Side == Linux {
			r.Noise.Side = Isolated
		}
		rep.Noise = append(rep.Noise, *r.Noise)
		return r.Noise.Side + " noise"
	}
	return ""
}

// Failed names what failed, with the reason.
func (rep *Report) Failed() (list []string) {
	for _, r := range rep.Runs {
		if r.Error != "" {
			list = append(list, r.Row+" on "+r.Side+": "+r.Error)
		}
	}
	for _, r := range rep.Starts {
		if r.Error != "" {
			list = append(list, "start on "+r.Side+": "+r.Error)
		}
	}
	for _, r := range rep.Noise {
		if r.Error != "" {
			list = append(list, "noise on "+r.Side+": "+r.Error)
		}
	}
	return list
}

func (rep *Report) run(row, side string) *RunRecord {
	for i := range rep.Runs {
		if r := &rep.Runs[i]; r.Row == row && r.Side == side && r.Error == "" {
			return r
		}
	}
	return nil
}

// cost is what an operation costs, 0 if it is not known: of the batches the median where both processors are
// at work, and the least where the other one only disturbs.
func (r *RunRecord) cost() float64 {
	switch {
	case r == nil || len(r.Batches) == 0:
		return 0
	case r.Counted:
		return median(r.Batches)
	}
	return slices.Min(r.Batches)
}

func median(list []float64) float64 {
	s := slices.Sorted(slices.Values(list))
	return s[len(s)/2]
}

// Ratio is LWK / Linux of a row, 0 if one of them is missing.
func (rep *Report) Ratio(row string) float64 {
	base := rep.run(row, Linux).cost()
	if base == 0 {
		return 0
	}
	return rep.run(row, LWK).cost() / base
}

// table is rows of cells; the first is the heading.
type table [][]string

func (rep *Report) calls() table {
	t := table{{"", "Linux", "LWK", "ratio", "target", "", "one operation is"}}
	for _, row := range Rows() {
		linux, lwk := rep.run(row.Name, Linux), rep.run(row.Name, LWK)
		if linux == nil && lwk == nil {
			continue
		}
		ratio, target, verdict := rep.Ratio(row.Name), "", ""
		if row.Target > 0 {
			target = fmt.Sprintf("%.2g", row.Target)
			verdict = "**missed**"
			if ratio > 0 && ratio <= row.Target {
				verdict = "met"
			}
		}
		t = append(t, []string{row.Name, count(linux.cost()), count(lwk.cost()), times(ratio), target, verdict, row.Shows})
	}
	return t
}

func (rep *Report) bells() table {
	t := table{{"", "side", "per operation", "doorbells to Linux", "Linux's switches of threads"}}
	for _, row := range Rows() {
		for _, side := range []string{Linux, LWK, LWKPolled} {
			if r := rep.run(row.Name, side); r != nil && row.Shipped > 0 {
				name := map[string]string{Linux: "Linux", LWK: "LWK, doorbells", LWKPolled: "LWK, polling"}[side]
				t = append(t, []string{row.Name, name, count(r.cost()), fmt.Sprintf("%.2f", r.Bells), fmt.Sprintf("%.2f", r.Switches)})
			}
		}
	}
	return t
}

func (rep *Report) boot() table {
	t := table{{"", "median of", "ms", "target", ""}}
	var whole, plain, core []float64
	for _, s := range rep.Starts {
		switch {
		case s.Error != "":
		case s.Side == LWK:
			whole, core = append(whole, s.Whole), append(core, s.Core)
		default:
			plain = append(plain, s.Whole)
		}
	}
	line := func(name string, list []float64, target float64) {
		if len(list) == 0 {
			return
		}
		ms, text, verdict := median(list)/1e6, "", ""
		if target > 0 {
			text, verdict = fmt.Sprintf("%g", target), "**missed**"
			if ms <= target {
				verdict = "met"
			}
		}
		t = append(t, []string{name, fmt.Sprint(len(list)), fmt.Sprintf("%.2f", ms), text, verdict})
	}
	line("start-up message to the program", core, bootTarget)
	line("`skerry run --platform native` of a static program that does nothing, to the end of wait", whole, 0)
	line("the same program on Linux, fork to wait", plain, 0)
	return t
}

// bootTarget is in milliseconds.
const bootTarget = 50

// targets is what SPECIFICATION promises.
func (rep *Report) targets() table {
	t := table{{"what", "target", "measured", "", "shown by"}}
	verdict := func(met bool) string {
		if met {
			return "met"
		}
		return "**missed**"
	}
	for _, row := range Rows() {
		if r := rep.Ratio(row.Name); row.Target > 0 && r > 0 {
			t = append(t, []string{row.Name + ": instructions, of Linux's", times(row.Target), times(r), verdict(r <= row.Target), "`skerry bench emulated " + row.Name + "`"})
		}
	}
	if b := rep.boot(); len(b) > 1 && b[1][3] != "" {
		t = append(t, []string{"start-up message to the program, ms", b[1][3], b[1][2], b[1][4], "`skerry bench emulated boot`"})
	}
	for _, n := range rep.Noise {
		if n.Side == LWK && n.Error == "" {
			load := "no load on Linux"
			if n.Loaded {
				load = "Linux under load"
			}
			sum := uint64(0)
			for _, v := range n.Taken {
				sum += v
			}
			t = append(t, []string{"interrupts that a computing program's core takes, " + load, "0", fmt.Sprintf("%d in %.1f s", sum, n.Over/1e9), verdict(sum == 0), "`skerry bench emulated noise`"})
		}
	}
	return t
}

func (rep *Report) noise() table {
	t := table{{"", "load", "quanta", "taken by the core", "per second", "longer quanta", "by at most"}}
	for _, n := range rep.Noise {
		if n.Error != "" {
			continue
		}
		load := "none"
		longer, most := fmt.Sprint(len(n.Longer)), ""
		if n.Loaded {
			load, longer = "two shells", "not known"
		} else if len(n.Longer) > 0 {
			most = count(slices.Max(n.Longer))
		}
		var parts []string
		sum := uint64(0)
		for _, k := range slices.Sorted(maps.Keys(n.Taken)) {
			if n.Taken[k] > 0 {
				parts = append(parts, fmt.Sprintf("%s %d", k, n.Taken[k]))
				sum += n.Taken[k]
			}
		}
		if len(parts) == 0 {
			parts = []string{"nothing"}
		}
		rate := ""
		if n.Over > 0 {
			rate = fmt.Sprintf("%.1f", float64(sum)/(n.Over/1e9))
		}
		t = append(t, []string{sideName(n.Side), load, fmt.Sprint(n.Quanta), strings.Join(parts, ", "), rate, longer, most})
	}
	return t
}

func sideName(side string) string {
	return map[string]string{Linux: "Linux", Isolated: "Linux, isolated", LWK: "LWK"}[side]
}

func count(v float64) string {
	switch {
	case v == 0:
		return "-"
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func times(v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", v)
}

// tables are the report's, by the name that a document calls them by.
func (rep *Report) tables() map[string]table {
	return map[string]table{"calls": rep.calls(), "bells": rep.bells(), "boot": rep.boot(), "noise": rep.noise(), "targets": rep.targets()}
}

// WriteTable writes all tables as text.
func (rep *Report) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "Emulated machine, Linux %s. Instructions, unless it says ms.\n", rep.Release)
	all := rep.tables()
	for _, name := range []string{"calls", "bells", "boot", "noise"} {
		t := all[name]
		if len(t) < 2 {
			continue
		}
		fmt.Fprintln(w)
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, row := range t {
			fmt.Fprintln(tw, strings.ReplaceAll(strings.Join(row, "\t"), "**", ""))
		}
		if err := tw.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// WriteJSON writes the report so that Load reads it.
func (rep *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(rep)
}

// Merge takes over what a later report has measured.
func (rep *Report) Merge(later *Report) {
	for _, r := range later.Runs {
		rep.Runs = slices.DeleteFunc(rep.Runs, func(old RunRecord) bool { return old.Row == r.Row && old.Side == r.Side })
	}
	rep.Runs = append(rep.Runs, later.Runs...)
	if len(later.Starts) > 0 {
		rep.Starts = later.Starts
	}
	if len(later.Noise) > 0 {
		rep.Noise = later.Noise
	}
}

// Load reads what WriteJSON wrote.
func Load(r io.Reader) (*Report, error) {
	rep := &Report{}
	if err := json.NewDecoder(r).Decode(rep); err != nil {
		return nil, fmt.Errorf("not a result of `skerry bench emulated --format json`: %w", err)
	}
	return rep, nil
}

// Fill puts tables into the marked places of a document (bench.FillMarks), "<!-- emulated: NAME -->".
func (rep *Report) Fill(document string) (string, error) {
	all := rep.tables()
	return bench.FillMarks(document, "emulated", func(name string) (string, error) {
		if name == "machine" {
			return fmt.Sprintf("Linux %s, with `%s`.\n", rep.Release, strings.Join(rep.Lines, "`, `")), nil
		}
		t, ok := all[name]
		if !ok {
			return "", fmt.Errorf("no table is called %q", name)
		}
		return t.markdown(), nil
	})
}

func (t table) markdown() string {
	var b strings.Builder
	for i, row := range t {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}
