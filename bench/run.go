// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Options says what Run measures and how long it takes over it.
type Options struct {
	Measurements []Measurement
	Base         Side          // the baseline, Linux
	Other        Side          // what is compared with it
	Also         []Side        // further baselines
	Programs     string        // directory of the programs, each named as its measurement
	CPU          int           // where pinned sides run
	Rounds       int           // each round runs every measurement of a group once on each side
	Batches      int           // per round and side
	Limit        time.Duration // a program that runs longer is killed; 0 is two minutes
	Quick        bool          // leaves out what is long, and shortens what is single

	// Progress, if not nil, is called before each measurement of each round
	// (from 1), on Run's goroutine.
	Progress func(round int, name string)
}

// Full and quick effort of a run.
const (
	FullRounds, FullBatches   = 5, 11
	QuickRounds, QuickBatches = 3, 5
)

// Run measures on all sides, alternating: a round of a group goes through the
// controls and then the group's measurements, each on Base and then on the
// others (in every second round the other way round), so that controls and
// comparisons see the same seconds of the machine. A round in which a control
// moved does not count and is repeated, half as often as there are rounds; a
// group with too few rounds left has no ratios (Row.Trust).
//
// It blocks until the last program has ended; the error is that of ctx or of
// options that make no sense. A program that fails makes its row an error
// (Row.Failed) and is not started again on that side; the others go on.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Base == nil || o.Other == nil || o.Rounds < 1 || o.Batches < 1 || len(o.Measurements) == 0 {
		return nil, fmt.Errorf("benchmark without sides, rounds, batches or measurements: %d rounds, %d batches, %d measurements",
			o.Rounds, o.Batches, len(o.Measurements))
	}
	if o.Limit == 0 {
		o.Limit = 2 * time.Minute
	}
	cpus, err := allowedCPUs()
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "skerry-bench-")
	if err != nil {
		return nil, fmt.Errorf("a directory to work in: %w", err)
	}
	defer os.RemoveAll(work)
	r := &runner{Options: o, ctx: ctx, cpus: cpus, work: work, began: time.Now()}
	r.sides = append([]Side{o.Base, o.Other}, o.Also...)
	r.rows = make([]Row, 0, len(o.Measurements)+3)
	for _, m := range o.Measurements {
		r.rows = append(r.rows, r.row(m))
	}
	shown := len(r.rows)
	r.addMissing(&shown)
	for _, g := range Groups() {
		if err := r.group(g.Name); err != nil {
			return nil, err
		}
	}
	return newReport(o, r.rows, shown, time.Since(r.began)), nil
}

type runner struct {
	Options
	ctx   context.Context
	sides []Side // Base, Other, Also
	cpus  []int  // allowed
	work  string
	rows  []Row
	began time.Time
}

func (r *runner) row(m Measurement) Row {
	row := Row{Measurement: m, Also: make([]Result, len(r.Also))}
	row.Skipped = r.cannot(&m)
	return row
}

// cannot says why m is not measured here; "" if it is.
func (r *runner) cannot(m *Measurement) string {
	if (m.Pair) && len(r.cpus) < 2 {
		return "needs two CPUs"
	}
	if m.Long && r.Quick {
		return "takes too long for --quick"
	}
	for _, name := range m.needs {
		if _, err := tool(r.Programs, name); err != nil {
			return err.Error()
		}
	}
	return ""
}

// addMissing adds the controls, which every run has, and the row that targets
// stated in round trips need. Controls are shown.
func (r *runner) addMissing(shown *int) {
	has := func(name string) bool {
		return slices.ContainsFunc(r.rows, func(row Row) bool { return row.Name == name })
	}
	line := false
	for _, row := range r.rows {
		line = line || row.Target.form == formRoundTrip
	}
	for _, m := range controlsGroup {
		if !has(m.Name) {
			r.rows = append(r.rows, r.row(m))
			*shown++
		}
	}
	if line && !has(roundTrip) {
		for _, m := range channelsGroup {
			if m.Name == roundTrip {
				m.Group = "shipping" // measured in the same minutes as what needs it
				r.rows = append(r.rows, r.row(m))
			}
		}
	}
}

// group runs the rounds of one group.
func (r *runner) group(name string) error {
	var members, controls []*Row
	for i := range r.rows {
		row := &r.rows[i]
		switch {
		case row.Kind == Control:
			controls = append(controls, row)
		case row.Group == name && row.Skipped == "":
			members = append(members, row)
		}
	}
	if name == "controls" {
		for _, row := range controls { // run on their own account only if nothing else was
			if row.Base.N()+row.Other.N() > 0 || row.Failed() {
				return nil
			}
		}
	} else if len(members) == 0 {
		return nil
	}
	kept, dropped := 0, 0
	for round := 1; kept < r.Rounds && dropped <= (r.Rounds+1)/2; round++ {
		verdict := Trusted
		for _, row := range controls {
			if err := r.visit(round, row); err != nil {
				return err
			}
			if !row.roundHolds() {
				verdict = Untrusted
			}
		}
		for _, row := range members {
			if err := r.visit(round, row); err != nil {
				return err
			}
		}
		failed := slices.ContainsFunc(controls, func(row *Row) bool { return row.Failed() })
		if verdict == Trusted {
			kept++
		} else {
			dropped++
		}
		for _, row := range append(slices.Clone(members), controls...) {
			row.settle(verdict == Trusted)
		}
		if failed {
			break // and no ratio will be printed; see newReport
		}
	}
	trust := Untrusted
	if kept > 0 && kept >= (r.Rounds+1)/2 {
		trust = Trusted
	}
	for _, row := range append(members, controls...) {
		row.Rounds, row.Dropped = row.Rounds+kept, row.Dropped+dropped
		if row.Kind != Control || row.Trust != Untrusted {
			row.Trust = trust
		}
	}
	return nil
}

// visit measures row once on each of its sides.
func (r *runner) visit(round int, row *Row) error {
	if r.Progress != nil {
		r.Progress(round, row.Name)
	}
	sides := slices.Clone(r.sides)
	if row.Kind == Context {
		sides = sides[:1]
	}
	order := make([]int, len(sides))
	for i := range order {
		order[i] = i
	}
	if round%2 == 0 {
		slices.Reverse(order)
	}
	for _, i := range order {
		if i < 2 || !row.twoSides() {
			r.measure(row, sides[i], row.result(i))
		}
		if err := context.Cause(r.ctx); err != nil {
			return err
		}
	}
	return nil
}

// measure runs row's measurement once on side and adds its batches, or the
// error, to result.
func (r *runner) measure(row *Row, side Side, result *Result) {
	if result.Err != nil {
		return
	}
	d := &Drive{Ctx: r.ctx, Side: side, CPUs: []int{r.CPU}, Batches: r.Batches, Programs: r.Programs, Work: r.work,
		Warm: result.visited, Limit: r.Limit}
	if row.Pair {
		d.CPUs = []int{r.CPU, partner(r.cpus, r.CPU)}
	}
	if p, ok := side.(placer); ok && row.Wide {
		d.Side = p.at(r.cpus)
	}
	if row.Wide {
		d.CPUs = r.cpus
	}
	m := row.Measurement
	if r.Quick {
		m.Singles = min(m.Singles, 2000)
	}
	var out Outcome
	var err error
	if m.drive != nil {
		out, err = m.drive(d)
	} else {
		out, err = d.program(&m)
	}
	result.visited = true
	if err != nil {
		result.Err = fmt.Errorf("%s: %w", side.Name(), err)
		return
	}
	result.fresh = out
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

// tool finds a command that a measurement needs: one of the programs, or one
// of the machine's; /usr/bin first, where it is a program and not a script that
// looks for one.
func tool(programs, name string) (string, error) {
	if name == goWeb {
		path := filepath.Join(programs, goWeb)
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("needs %s, which is built where Go is: make build", goWeb)
		}
		return path, nil
	}
	return command(name)
}
