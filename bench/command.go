// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// A Request is what a user asks of `skerry bench`.
type Request struct {
	Names   []string // groups and measurements, and "isolation"; none is all
	Against string   // "linux"
	Format  string   // "table", "json" or "csv"
	Quick   bool     // fewer rounds and batches, two sides
	HTML    string   // write a page to this file as well; "" is none
	From    string   // report on this file of an earlier `--format json` instead of measuring
	Exe     string   // path of the skerry command; programs are looked for in bench/ beside it
	Other   Side     // nil: enclaves started by Exe
}

// IsolationName is what the isolation measurement is asked for by.
const IsolationName = "isolation"

// Command does what `skerry bench` does: it checks the request, finds or
// builds the programs, measures, and writes the report to stdout. Progress
// goes to stderr if that is a terminal. It blocks until everything is
// measured, minutes, or until ctx ends. The error says what is wrong with the
// request or what failed; a report with failed rows is written and is an error
// too.
func Command(ctx context.Context, req Request, stdout, stderr io.Writer) error {
	write, err := writer(req.Format)
	if err != nil {
		return err
	}
	if _, err := Against(req.Against); err != nil {
		return err
	}
	if err := CheckNames(req.Names); err != nil {
		return err
	}
	var report *Report
	if req.From != "" {
		report, err = Load(req.From)
	} else {
		report, err = req.measure(ctx, stderr)
	}
	if err != nil {
		return err
	}
	if req.HTML != "" {
		if err := report.SaveHTML(req.HTML); err != nil {
			return err
		}
	}
	if err := write(report, stdout); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if failed := report.Failed(); len(failed) > 0 {
		return fmt.Errorf("failed: %s (see the report)", strings.Join(failed, ", "))
	}
	return nil
}

// writer returns how a report is written in a format.
func writer(format string) (func(*Report, io.Writer) error, error) {
	switch format {
	case "table":
		return (*Report).WriteTable, nil
	case "json":
		return (*Report).WriteJSON, nil
	case "csv":
		return (*Report).WriteCSV, nil
	}
	return nil, fmt.Errorf("no format is called %q; there are: table, json, csv", format)
}

// CheckNames fails when a name is none that Select or IsolationName know.
func CheckNames(names []string) error {
	_, err := Select(slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == IsolationName }))
	return err
}

func (req *Request) measure(ctx context.Context, stderr io.Writer) (*Report, error) {
	isolation := len(req.Names) == 0 && !req.Quick || slices.Contains(req.Names, IsolationName)
	names := slices.DeleteFunc(slices.Clone(req.Names), func(n string) bool { return n == IsolationName })
	var measurements []Measurement
	if len(names) > 0 || len(req.Names) == 0 {
		var err error
		if measurements, err = Select(names); err != nil {
			return nil, err
		}
	}
	base, err := Against(req.Against)
	if err != nil {
		return nil, err
	}
	cpu, err := EnclaveCPU()
	if err != nil {
		return nil, err
	}
	other := req.Other
	if other == nil {
		other = Skerry{Exe: req.Exe, CPUs: CPUList(cpu)}
	}
	programs, err := Programs(ctx, req.Exe, Measurements())
	if err != nil {
		return nil, err
	}
	progress, erase := progressOn(stderr)
	defer erase()
	o := Options{
		Measurements: measurements, Base: base, Other: other,
		Programs: programs, CPU: cpu, Quick: req.Quick,
		Rounds: FullRounds, Batches: FullBatches,
		Progress: func(round int, name string) { progress(fmt.Sprintf("round %d: %s", round, name)) },
	}
	var without []string
	if req.Quick {
		o.Rounds, o.Batches = QuickRounds, QuickBatches
	} else {
		o.Also, without = MoreBaselines(ctx)
	}
	report := &Report{Machine: ThisHost(), CPU: cpu, Base: base.Name(), Other: other.Name(),
		Rounds: o.Rounds, Batches: o.Batches, Quick: req.Quick}
	if len(measurements) > 0 {
		if report, err = Run(ctx, o); err != nil {
			return nil, err
		}
	}
	report.Without = without
	if slices.ContainsFunc(measurements, func(m Measurement) bool { return m.Group == "channels" }) {
		if report.Matrix, err = measureMatrix(ctx, programs, o.Batches); err != nil {
			return nil, fmt.Errorf("cache lines between CPUs: %w", err)
		}
	}
	if isolation {
		if report.Isolation, err = measureIsolation(ctx, req, o, progress); err != nil {
			return nil, err
		}
	}
	return report, nil
}

// progressOn returns what shows a line of progress on w, if that is a
// terminal, and what erases it.
func progressOn(w io.Writer) (show func(string), erase func()) {
	if !terminal(w) {
		return func(string) {}, func() {}
	}
	return func(text string) { fmt.Fprintf(w, "\r\033[K%s", text) }, func() { fmt.Fprint(w, "\r\033[K") }
}

// terminal reports whether w is a character device, where a line can be
// written over.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}
