// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"math"
	"slices"
	"time"
)

// A Result is what one side gave for one measurement.
type Result struct {
	Rounds  [][]float64 // ns per operation of each batch, by round
	Err     error       // why there is no result; names the side
	Summary             // of all batches
	Latency *Latency    // of single operations, over all rounds
	Detours []Detour    // of the last round

	fresh     Outcome     // of the round that is being measured
	Moved     [][]float64 // rounds in which a control did not hold
	latencies []*Latency
	visited   bool
}

// Costs returns the batches of all rounds.
func (r *Result) Costs() []float64 { return slices.Concat(r.Rounds...) }

// N is the number of batches kept.
func (r *Result) N() int {
	n := 0
	for _, round := range r.Rounds {
		n += len(round)
	}
	return n
}

// sumUp fills what follows from the rounds.
func (r *Result) sumUp() {
	r.Summary = Summarize(r.Costs())
	if len(r.latencies) > 0 {
		r.Latency = merge(r.latencies)
	}
}

// A Row is one measurement's outcome.
type Row struct {
	Measurement
	Base, Other Result
	Also        []Result // as Report.Also
	Rounds      int      // that count
	Dropped     int      // that do not: a control moved
	Ratio       float64  // Other's median over Base's; 0 unless both are there and to be believed
	Interval    Interval // of Ratio
	P           float64  // Mann-Whitney on the medians of rounds
	Limit       float64  // the target as a bound on Ratio; 0 if there is none
	Skipped     string   // why this machine cannot measure it; "" if it can
	Trust       Trust    // what the controls say of this row's rounds
}

// result is the row's result on the side of that index: Base, Other, Also.
func (r *Row) result(side int) *Result {
	switch side {
	case 0:
		return &r.Base
	case 1:
		return &r.Other
	}
	return &r.Also[side-2]
}

// twoSides reports whether the further baselines mean nothing for this row:
// what has all CPUs is not pinned either, and in the real-time class it would
// stop the machine; servers are too long for everybody.
func (r *Row) twoSides() bool { return r.Wide || r.drive != nil && r.Kind == Compared && !r.allSides }

// roundHolds reports whether a control's ratio stayed near 1 in the round just
// measured, on every side that gave something.
func (r *Row) roundHolds() bool {
	base := Summarize(r.Base.fresh.Costs).Median
	return r.Base.Err == nil && r.Other.Err == nil && !moved(Ratio(Summarize(r.Other.fresh.Costs).Median, base))
}

// settle keeps what the round gave, or drops it.
func (r *Row) settle(keep bool) {
	for i := range 2 + len(r.Also) {
		res := r.result(i)
		if keep && len(res.fresh.Costs) > 0 {
			res.Rounds = append(res.Rounds, res.fresh.Costs)
			if res.fresh.Latency != nil {
				res.latencies = append(res.latencies, res.fresh.Latency)
			}
			res.Detours = res.fresh.Detours
		} else if len(res.fresh.Costs) > 0 {
			// A worthless round is shown all the same, where there is no other.
			res.Moved = append(res.Moved, res.fresh.Costs)
		}
		res.fresh = Outcome{}
	}
}

// Failed reports whether a program failed on Base or Other. A further baseline
// that fails is no failure of skerry's.
func (r *Row) Failed() bool { return r.Base.Err != nil || r.Other.Err != nil }

// Met reports whether the ratio is within the target. It means nothing where
// there is no Ratio or no Limit.
func (r *Row) Met() bool { return r.Ratio <= r.Limit }

// Lost reports whether skerry costs more than Linux, beyond doubt.
func (r *Row) Lost() bool { return r.Kind == Compared && r.Ratio > 1 && r.Interval.Differs() }

// Spread is the larger of the two sides' spreads: a ratio is no surer than the
// less sure of its parts.
func (r *Row) Spread() float64 { return math.Max(r.Base.Spread, r.Other.Spread) }

// Trust says what controls showed.
type Trust int

const (
	// Unknown is the trust of what was not measured.
	Unknown Trust = iota
	// Trusted: every control stayed within ControlTolerance.
	Trusted
	// Untrusted: a control moved or failed.
	Untrusted
)

// A Report is the outcome of a run.
type Report struct {
	Machine     Host
	CPU         int    // where the programs ran
	Base, Other string // names of the sides
	Also        []string
	Without     []string // baselines that this machine cannot have, and why
	Rounds      int
	Batches     int // per round and side
	Quick       bool
	Took        time.Duration
	Rows        []Row
	Matrix      *Matrix
	Isolation   *Isolation
	Trust       Trust // of all rows together
}

// newReport sums up rows, of which the first shown are in the report.
func newReport(o Options, rows []Row, shown int, took time.Duration) *Report {
	rep := &Report{
		Machine: ThisHost(), CPU: o.CPU,
		Base: o.Base.Name(), Other: o.Other.Name(),
		Rounds: o.Rounds, Batches: o.Batches, Quick: o.Quick, Took: took,
	}
	for _, side := range o.Also {
		rep.Also = append(rep.Also, side.Name())
	}
	for i := range rows {
		row := &rows[i]
		for side := range 2 + len(row.Also) {
			res := row.result(side)
			if res.N() == 0 {
				res.Rounds = append(res.Rounds, res.Moved...)
			}
			res.sumUp()
		}
	}
	rep.Rows = rows[:shown]
	rep.judge(rows)
	return rep
}

// judge fills what follows from the rows' summaries: ratios, targets, trust.
func (rep *Report) judge(all []Row) {
	var trip float64
	for i := range all {
		if row := &all[i]; row.Name == roundTrip && row.Base.Err == nil && row.Skipped == "" {
			trip = row.Base.Median
		}
	}
	rep.Trust = Unknown
	failed := rep.controlFailed()
	for i := range rep.Rows {
		row := &rep.Rows[i]
		if failed && row.Trust == Trusted {
			row.Trust = Untrusted
		}
		if row.Skipped != "" {
			continue
		}
		if row.Trust != Unknown && rep.Trust != Untrusted {
			rep.Trust = row.Trust
		}
		if row.Failed() || row.Kind == Context {
			continue
		}
		row.Limit, _ = row.Target.Ratio(row.Base.Median, trip)
		if row.Trust == Untrusted && row.Kind != Control {
			continue // refused
		}
		row.Ratio = Ratio(row.Other.Median, row.Base.Median)
		row.Interval = ratioInterval(row.Base.Rounds, row.Other.Rounds)
		row.P = mannWhitney(medians(row.Base.Rounds), medians(row.Other.Rounds))
	}
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

// Losses returns the rows on which skerry costs more than Linux, the worst
// first.
func (rep *Report) Losses() []*Row {
	var list []*Row
	for i := range rep.Rows {
		if rep.Rows[i].Lost() {
			list = append(list, &rep.Rows[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *Row) int {
		switch {
		case a.Ratio > b.Ratio:
			return -1
		case a.Ratio < b.Ratio:
			return 1
		}
		return 0
	})
	return list
}
