// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"encoding/json"
	"io"
)

// jsonRow is one object of the list that WriteJSON writes. Costs are in Unit.
// What was not measured is null. The keys do not depend on which sides were
// compared: linux is the baseline.
type jsonRow struct {
	Name         string   `json:"name"`
	Unit         string   `json:"unit"`
	Linux        *float64 `json:"linux"`
	Skerry       *float64 `json:"skerry"`
	Ratio        *float64 `json:"ratio"`
	Spread       *float64 `json:"spread"` // the larger of the two below
	LinuxSpread  *float64 `json:"linux_spread"`
	SkerrySpread *float64 `json:"skerry_spread"`
	LinuxMin     *float64 `json:"linux_min"`
	LinuxMax     *float64 `json:"linux_max"`
	SkerryMin    *float64 `json:"skerry_min"`
	SkerryMax    *float64 `json:"skerry_max"`
	Rounds       int      `json:"rounds"`
	Batches      int      `json:"batches"` // counted, on both sides together
	Control      bool     `json:"control"`
	Context      bool     `json:"context"`
	Target       *float64 `json:"target"`      // bound on ratio
	TargetText   string   `json:"target_text"` // bound on skerry's cost, as a formula
	Met          *bool    `json:"met"`
	Trusted      *bool    `json:"trusted"` // the controls' verdict on the whole run; null without controls
	Shows        string   `json:"shows"`
	Error        string   `json:"error,omitempty"`
	Skipped      string   `json:"skipped,omitempty"`
	CPU          int      `json:"cpu"`
	Machine      string   `json:"machine"`
}

// WriteJSON writes the report as a list of objects, one per measurement.
func (rep *Report) WriteJSON(w io.Writer) error {
	list := make([]jsonRow, 0, len(rep.Rows))
	for i := range rep.Rows {
		list = append(list, rep.jsonRow(&rep.Rows[i]))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}

func (rep *Report) jsonRow(r *Row) jsonRow {
	j := jsonRow{
		Name: r.Name, Unit: "ns", Shows: r.Shows,
		Rounds: r.Rounds, Batches: r.Base.N + r.Other.N,
		Control: r.Kind == Control, Context: r.Kind == Context,
		TargetText: r.Target.String(), Skipped: r.Skipped,
		CPU: rep.CPU, Machine: rep.Machine,
	}
	if b := &r.Base; b.N > 0 {
		j.Linux, j.LinuxSpread, j.LinuxMin, j.LinuxMax = &b.Median, &b.Spread, &b.Min, &b.Max
	}
	if o := &r.Other; o.N > 0 {
		j.Skerry, j.SkerrySpread, j.SkerryMin, j.SkerryMax = &o.Median, &o.Spread, &o.Min, &o.Max
	}
	if j.Linux != nil || j.Skerry != nil {
		spread := r.Spread()
		j.Spread = &spread
	}
	if r.Ratio > 0 {
		j.Ratio = &r.Ratio
	}
	if r.Limit > 0 {
		met := r.Met()
		j.Target, j.Met = &r.Limit, &met
	}
	if rep.Trust != Unknown {
		trusted := rep.Trust == Trusted
		j.Trusted = &trusted
	}
	if r.Failed() {
		j.Error = r.note()
	}
	return j
}
