// SPDX-License-Identifier: Apache-2.0

package bench

import "math"

// A Result is what one side gave for one measurement.
type Result struct {
	Costs   []float64 // ns per operation of each batch of all rounds
	Err     error     // why there is no result; names the side
	Summary           // of Costs
}

// A Row is one measurement's outcome.
type Row struct {
	Measurement
	Base, Other Result
	Rounds      int
	Ratio       float64 // Other's median over Base's; 0 unless both are there
	Limit       float64 // the target as a bound on Ratio; 0 if there is none
	Skipped     string  // why this machine cannot measure it; "" if it can
}

// Failed reports whether a program failed on either side.
func (r *Row) Failed() bool { return r.Base.Err != nil || r.Other.Err != nil }

// Met reports whether the ratio is within the target. It means nothing where
// there is no Ratio or no Limit.
func (r *Row) Met() bool { return r.Ratio <= r.Limit }

// Spread is the larger of the two sides' spreads: a ratio is no surer than the
// less sure of its parts.
func (r *Row) Spread() float64 { return math.Max(r.Base.Spread, r.Other.Spread) }

// Trust says what a report's controls showed.
type Trust int

const (
	// Unknown is the trust of a run without controls.
	Unknown Trust = iota
	// Trusted: every control stayed within ControlTolerance.
	Trusted
	// Untrusted: a control moved or failed.
	Untrusted
)

// A Report is the outcome of a run.
type Report struct {
	Machine     string // one line
	CPU         int    // where the programs ran
	Base, Other string // names of the sides
	Rounds      int
	Batches     int // per round and side
	Rows        []Row
	Trust       Trust
}

// newReport sums up rows, of which the first shown are in the report and the
// one at line (-1: none) is the cache line's round trip.
func newReport(o Options, rows []Row, line, shown int) *Report {
	rep := &Report{
		Machine: Machine(), CPU: o.CPU,
		Base: o.Base.Name(), Other: o.Other.Name(),
		Rounds: o.Rounds, Batches: o.Batches,
	}
	for i := range rows {
		row := &rows[i]
		row.Base.Summary = Summarize(row.Base.Costs)
		row.Other.Summary = Summarize(row.Other.Costs)
	}
	var trip float64
	if line >= 0 && rows[line].Base.Err == nil {
		trip = rows[line].Base.Median
	}
	for i := range rows[:shown] {
		row := &rows[i]
		if row.Failed() || row.Skipped != "" || row.Kind == Context {
			continue
		}
		row.Ratio = Ratio(row.Other.Median, row.Base.Median)
		row.Limit, _ = row.Target.Ratio(row.Base.Median, trip)
	}
	rep.Rows = rows[:shown]
	rep.Trust = trust(rep.Rows)
	return rep
}

// trust judges a run by its controls.
func trust(rows []Row) Trust {
	verdict := Unknown
	for i := range rows {
		row := &rows[i]
		switch {
		case row.Kind != Control:
		case row.Failed() || moved(row.Ratio):
			return Untrusted
		default:
			verdict = Trusted
		}
	}
	return verdict
}

// controlFailed reports whether a control gave no ratio at all.
func (rep *Report) controlFailed() bool {
	for i := range rep.Rows {
		if rep.Rows[i].Kind == Control && rep.Rows[i].Failed() {
			return true
		}
	}
	return false
}

// Failed returns the names of the measurements that failed.
func (rep *Report) Failed() []string {
	var names []string
	for i := range rep.Rows {
		if rep.Rows[i].Failed() {
			names = append(names, rep.Rows[i].Name)
		}
	}
	return names
}
