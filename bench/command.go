// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

// A Request is what a user asks of `skerry bench`.
type Request struct {
	Names   []string // measurements; none is all
	Against string   // "linux"
	Format  string   // "table" or "json"
	Quick   bool     // fewer rounds and batches
	Exe     string   // path of the skerry command; programs are looked for in bench/ beside it
	Other   Side     // nil: enclaves started by Exe
}

// Command does what `skerry bench` does: it checks the request, finds or
// builds the programs, measures, and writes the report to stdout. Progress
// goes to stderr if that is a terminal. It blocks for some seconds, or until
// ctx ends. The error says what is wrong with the request or what failed; a
// report with failed rows is written and is an error too.
func Command(ctx context.Context, req Request, stdout, stderr io.Writer) error {
	measurements, err := Select(req.Names)
	if err != nil {
		return err
	}
	base, err := Against(req.Against)
	if err != nil {
		return err
	}
	if req.Format != "table" && req.Format != "json" {
		return fmt.Errorf("no format is called %q; there are: table, json", req.Format)
	}
	cpu, err := EnclaveCPU()
	if err != nil {
		return err
	}
	other := req.Other
	if other == nil {
		other = Skerry{Exe: req.Exe, CPUs: CPUList(cpu)}
	}
	programs, err := Programs(ctx, req.Exe, measurements)
	if err != nil {
		return err
	}
	o := Options{
		Measurements: measurements, Base: base, Other: other,
		Programs: programs, CPU: cpu,
		Rounds: FullRounds, Batches: FullBatches,
	}
	if req.Quick {
		o.Rounds, o.Batches = QuickRounds, QuickBatches
	}
	erase := func() {}
	if terminal(stderr) {
		o.Progress = func(round int, name string) {
			fmt.Fprintf(stderr, "\r\033[Kround %d of %d: %s", round, o.Rounds, name)
		}
		erase = func() { fmt.Fprint(stderr, "\r\033[K") }
	}
	report, err := Run(ctx, o)
	erase()
	if err != nil {
		return err
	}
	write := report.WriteTable
	if req.Format == "json" {
		write = report.WriteJSON
	}
	if err := write(stdout); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if failed := report.Failed(); len(failed) > 0 {
		return fmt.Errorf("failed: %s (see the report)", strings.Join(failed, ", "))
	}
	return nil
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
