// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// Options says what Run measures and how long it takes over it.
type Options struct {
	Measurements []Measurement
	Base         Side          // the baseline, Linux
	Other        Side          // what is compared with it
	Programs     string        // directory of the programs, each named as its measurement
	CPU          int           // where pinned sides run
	Rounds       int           // each round runs every measurement once on each side
	Batches      int           // per round and side
	Limit        time.Duration // a program that runs longer is killed; 0 is a minute

	// Progress, if not nil, is called before each measurement of each round
	// (from 1), on Run's goroutine.
	Progress func(round int, name string)
}

// Full and quick effort of a run.
const (
	FullRounds, FullBatches   = 5, 11
	QuickRounds, QuickBatches = 3, 5
)

// Run measures on both sides, alternating: a round goes through all
// measurements, each on Base and then on Other, so that controls and
// comparisons see the same hours of the machine. It blocks until the last
// program has ended, some seconds; the error is that of ctx or of options that
// make no sense. A program that fails makes its row an error (Row.Failed) and
// is not started again on that side; the others go on.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Base == nil || o.Other == nil || o.Rounds < 1 || o.Batches < 1 || len(o.Measurements) == 0 {
		return nil, fmt.Errorf("benchmark without sides, rounds, batches or measurements: %d rounds, %d batches, %d measurements",
			o.Rounds, o.Batches, len(o.Measurements))
	}
	if o.Limit == 0 {
		o.Limit = time.Minute
	}
	cpus, err := allowedCPUs()
	if err != nil {
		return nil, err
	}
	rows := make([]Row, 0, len(o.Measurements)+1)
	for _, m := range o.Measurements {
		rows = append(rows, Row{Measurement: m, Rounds: o.Rounds})
	}
	line, shown := withRoundTrip(&rows)

	for round := 1; round <= o.Rounds; round++ {
		for i := range rows {
			row := &rows[i]
			if o.Progress != nil {
				o.Progress(round, row.Name)
			}
			if row.Pair && len(cpus) < 2 {
				row.Skipped = "needs two CPUs"
				continue
			}
			o.measure(ctx, row.Measurement, o.Base, cpus, &row.Base)
			if row.Kind != Context {
				o.measure(ctx, row.Measurement, o.Other, cpus, &row.Other)
			}
			if err := context.Cause(ctx); err != nil {
				return nil, err
			}
		}
	}
	return newReport(o, rows, line, shown), nil
}

// withRoundTrip adds the row that targets stated in round trips need, unless
// it is there or nothing needs it. It returns that row's index (-1: none) and
// how many of the rows are to be shown.
func withRoundTrip(rows *[]Row) (line, shown int) {
	shown = len(*rows)
	needed := false
	for i, row := range *rows {
		if row.Name == roundTrip {
			return i, shown
		}
		needed = needed || row.Target.form == formRoundTrip
	}
	if !needed {
		return -1, shown
	}
	for _, m := range Measurements() {
		if m.Name == roundTrip {
			*rows = append(*rows, Row{Measurement: m})
		}
	}
	return shown, shown
}

// measure runs m once on side and adds its batches, or the error, to result.
func (o *Options) measure(ctx context.Context, m Measurement, side Side, cpus []int, result *Result) {
	if result.Err != nil {
		return
	}
	var on []int
	if _, ok := side.(pinned); ok {
		on = []int{o.CPU}
		if m.Pair {
			on = append(on, partner(cpus, o.CPU))
		}
	}
	prog := filepath.Join(o.Programs, m.Name)
	var costs []float64
	var err error
	if m.Starts {
		costs, err = starts(ctx, func() *exec.Cmd { return side.Command(prog) }, on, o.Batches, o.Limit)
	} else {
		var out []byte
		out, err = output(ctx, side.Command(prog, "--batches", fmt.Sprint(o.Batches)), on, o.Limit)
		if err == nil {
			costs, err = parse(m.Name, out)
		}
	}
	if err != nil {
		result.Err = fmt.Errorf("%s: %w", side.Name(), err)
		return
	}
	result.Costs = append(result.Costs, costs...)
}

// partner returns the first of cpus that is not cpu.
func partner(cpus []int, cpu int) int {
	for _, c := range cpus {
		if c != cpu {
			return c
		}
	}
	return cpu
}
