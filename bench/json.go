// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
)

// jsonRow is one object of the list that WriteJSON writes. Costs are in Unit.
// What was not measured is null. The keys do not depend on which sides were
// compared: linux is the baseline.
type jsonRow struct {
	Name         string   `json:"name"`
	Group        string   `json:"group"`
	Unit         string   `json:"unit"`
	Linux        *float64 `json:"linux"`
	Skerry       *float64 `json:"skerry"`
	Ratio        *float64 `json:"ratio"` // null also where a control moved
	RatioLow     *float64 `json:"ratio_low"`
	RatioHigh    *float64 `json:"ratio_high"` // of a 95 % interval
	P            *float64 `json:"p"`          // Mann-Whitney, on the medians of rounds
	Spread       *float64 `json:"spread"`     // the larger of the two below
	LinuxSpread  *float64 `json:"linux_spread"`
	SkerrySpread *float64 `json:"skerry_spread"`
	LinuxMin     *float64 `json:"linux_min"`
	LinuxMax     *float64 `json:"linux_max"`
	SkerryMin    *float64 `json:"skerry_min"`
	SkerryMax    *float64 `json:"skerry_max"`
	Rounds       int      `json:"rounds"`
	Dropped      int      `json:"rounds_dropped"`
	Batches      int      `json:"batches"` // counted, on both sides together
	Control      bool     `json:"control"`
	Context      bool     `json:"context"`
	Target       *float64 `json:"target"`      // bound on ratio
	TargetText   string   `json:"target_text"` // bound on skerry's cost, as a formula
	Met          *bool    `json:"met"`
	Trusted      *bool    `json:"trusted"` // the controls' verdict on this row's rounds; null if not measured
	Shows        string   `json:"shows"`
	Spent        string   `json:"spent,omitempty"`
	Error        string   `json:"error,omitempty"`
	Skipped      string   `json:"skipped,omitempty"`
	CPU          int      `json:"cpu"`
	Machine      string   `json:"machine"`

	Sides []jsonSide `json:"sides"` // everything that was measured, Linux and skerry first
}

// jsonSide is one side's measurements of a row.
type jsonSide struct {
	Side    string      `json:"side"`
	Rounds  [][]float64 `json:"rounds"` // ns per operation of each batch
	Latency *Latency    `json:"latency,omitempty"`
	Detours []Detour    `json:"detours,omitempty"`
	Error   string      `json:"error,omitempty"`
}

// WriteJSON writes the report as a list of objects, one per measurement, and a
// last one, called "run", for what belongs to none.
func (rep *Report) WriteJSON(w io.Writer) error {
	list := make([]any, 0, len(rep.Rows)+1)
	for i := range rep.Rows {
		list = append(list, rep.jsonRow(&rep.Rows[i]))
	}
	list = append(list, rep.jsonRun())
	// A line for each object: a file of some hundred kilobytes that can be
	// compared with an earlier one.
	for i, object := range list {
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(object); err != nil {
			return err
		}
		before, after := ",", ""
		if i == 0 {
			before = "["
		}
		if i == len(list)-1 {
			after = "]\n"
		}
		if _, err := fmt.Fprintf(w, "%s%s%s", before, text.Bytes(), after); err != nil {
			return err
		}
	}
	return nil
}

func (rep *Report) jsonRow(r *Row) jsonRow {
	j := jsonRow{
		Name: r.Name, Group: r.Group, Unit: "ns", Shows: r.Shows, Spent: r.Spent,
		Rounds: r.Rounds, Dropped: r.Dropped, Batches: r.Base.N() + r.Other.N(),
		Control: r.Kind == Control, Context: r.Kind == Context,
		TargetText: r.Target.String(), Skipped: r.Skipped,
		CPU: rep.CPU, Machine: rep.Machine.Line,
	}
	if b := &r.Base; b.N() > 0 {
		j.Linux, j.LinuxSpread, j.LinuxMin, j.LinuxMax = &b.Median, &b.Spread, &b.Min, &b.Max
	}
	if o := &r.Other; o.N() > 0 {
		j.Skerry, j.SkerrySpread, j.SkerryMin, j.SkerryMax = &o.Median, &o.Spread, &o.Min, &o.Max
	}
	if j.Linux != nil || j.Skerry != nil {
		spread := r.Spread()
		j.Spread = &spread
	}
	if r.Ratio > 0 {
		j.Ratio, j.P = &r.Ratio, &r.P
	}
	if r.Interval.Known() {
		j.RatioLow, j.RatioHigh = &r.Interval.Low, &r.Interval.High
	}
	if r.Limit > 0 {
		j.Target = &r.Limit
		if r.Ratio > 0 {
			met := r.Met()
			j.Met = &met
		}
	}
	if r.Trust != Unknown {
		trusted := r.Trust == Trusted
		j.Trusted = &trusted
	}
	if r.Failed() {
		j.Error = r.note()
	}
	rep.eachSide(r, func(side string, res *Result) {
		if res.N() == 0 && res.Err == nil {
			return
		}
		s := jsonSide{Side: side, Latency: res.Latency, Detours: res.Detours, Rounds: [][]float64{}}
		for _, round := range res.Rounds {
			s.Rounds = append(s.Rounds, digits(round))
		}
		if res.Err != nil {
			s.Error = res.Err.Error()
		}
		j.Sides = append(j.Sides, s)
	})
	return j
}

// digits rounds costs to five significant digits, which is more than they
// carry: files stay readable.
func digits(list []float64) []float64 {
	out := make([]float64, len(list))
	for i, v := range list {
		out[i], _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 5, 64), 64)
	}
	return out
}

// WriteCSV writes the report as a table for spreadsheets: a line for each row
// and side. Costs are in ns.
func (rep *Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	// The error of any write is that of Flush.
	_ = out.Write([]string{"group", "name", "side", "median_ns", "min_ns", "max_ns", "spread", "p99_ns", "max_single_ns",
		"ratio", "ratio_low", "ratio_high", "p", "target", "trusted", "note"})
	for i := range rep.Rows {
		row := &rep.Rows[i]
		rep.eachSide(row, func(side string, r *Result) {
			if r.N() == 0 && side != rep.Base {
				return
			}
			line := []string{row.Group, row.Name, side, "", "", "", "", "", "", "", "", "", "", "", "", ""}
			set := func(at int, v float64, there bool) {
				if there && !math.IsNaN(v) {
					line[at] = strconv.FormatFloat(v, 'g', 6, 64)
				}
			}
			for i, v := range []float64{r.Median, r.Min, r.Max, r.Spread, r.Latency.At(0.99), r.Latency.At(1)} {
				set(3+i, v, r.N() > 0)
			}
			if side == rep.Other {
				for i, v := range []float64{row.Ratio, row.Interval.Low, row.Interval.High, row.P, row.Limit} {
					set(9+i, v, v != 0)
				}
				line[15] = row.note()
			}
			if row.Trust != Unknown {
				line[14] = fmt.Sprint(row.Trust == Trusted)
			}
			if row.Skipped != "" || row.Failed() {
				line[15] = row.note()
			}
			_ = out.Write(line)
		})
	}
	out.Flush()
	return out.Error()
}
