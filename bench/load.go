// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// jsonRun is what belongs to no row: the last object of the list.
type jsonRun struct {
	Name      string     `json:"name"` // "run"
	Group     string     `json:"group"`
	Host      Host       `json:"host"`
	CPU       int        `json:"cpu"`
	Base      string     `json:"base"`
	Other     string     `json:"other"`
	Also      []string   `json:"also"`
	Without   []string   `json:"without"`
	Rounds    int        `json:"rounds"`
	Batches   int        `json:"batches"`
	Quick     bool       `json:"quick"`
	Seconds   float64    `json:"seconds"`
	Matrix    *Matrix    `json:"matrix,omitempty"`
	Isolation *Isolation `json:"isolation,omitempty"`
}

const runName = "run"

func (rep *Report) jsonRun() jsonRun {
	return jsonRun{Name: runName, Group: runName, Host: rep.Machine, CPU: rep.CPU, Base: rep.Base, Other: rep.Other,
		Also: rep.Also, Without: rep.Without, Rounds: rep.Rounds, Batches: rep.Batches, Quick: rep.Quick,
		Seconds: rep.Took.Seconds(), Matrix: rep.Matrix, Isolation: rep.Isolation}
}

// Load reads a report that WriteJSON wrote. What follows from the measurements
// (ratios, intervals, targets) is worked out anew; targets and texts are this
// version's.
func Load(path string) (*Report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("an earlier result: %w", err)
	}
	rep, err := decodeReport(text)
	if err != nil {
		return nil, fmt.Errorf("%s is no result of `skerry bench --format json`: %w", path, err)
	}
	return rep, nil
}

func decodeReport(text []byte) (*Report, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("it is empty")
	}
	var run jsonRun
	if err := json.Unmarshal(list[len(list)-1], &run); err != nil {
		return nil, err
	}
	if run.Name != runName || run.Base == "" || run.Other == "" {
		return nil, errors.New("its last object does not describe a run")
	}
	rep := &Report{Machine: run.Host, CPU: run.CPU, Base: run.Base, Other: run.Other, Also: run.Also, Without: run.Without,
		Rounds: run.Rounds, Batches: run.Batches, Quick: run.Quick, Took: time.Duration(run.Seconds * 1e9),
		Matrix: run.Matrix, Isolation: run.Isolation}
	known := map[string]Measurement{}
	for _, m := range Measurements() {
		known[m.Name] = m
	}
	for _, raw := range list[:len(list)-1] {
		var j jsonRow
		if err := json.Unmarshal(raw, &j); err != nil {
			return nil, err
		}
		m, ok := known[j.Name]
		if !ok {
			return nil, fmt.Errorf("this version has no measurement %q", j.Name)
		}
		row, err := rep.rowFrom(m, &j)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", j.Name, err)
		}
		rep.Rows = append(rep.Rows, row)
	}
	rep.judge(rep.Rows)
	return rep, nil
}

func (rep *Report) rowFrom(m Measurement, j *jsonRow) (Row, error) {
	row := Row{Measurement: m, Also: make([]Result, len(rep.Also)), Rounds: j.Rounds, Dropped: j.Dropped, Skipped: j.Skipped}
	if j.Trusted != nil {
		row.Trust = Untrusted
		if *j.Trusted {
			row.Trust = Trusted
		}
	}
	names := append([]string{rep.Base, rep.Other}, rep.Also...)
	for _, s := range j.Sides {
		at := -1
		for i, name := range names {
			if name == s.Side {
				at = i
			}
		}
		if at < 0 {
			return row, fmt.Errorf("it was measured on %q, which the run does not name (%s)", s.Side, strings.Join(names, ", "))
		}
		res := row.result(at)
		res.Rounds, res.Latency, res.Detours = s.Rounds, s.Latency, s.Detours
		if l := s.Latency; l != nil && len(l.NS) != len(Quantiles) {
			return row, fmt.Errorf("it has %d quantiles, not %d", len(l.NS), len(Quantiles))
		}
		if s.Error != "" {
			res.Err = errors.New(s.Error)
		}
		res.sumUp()
	}
	return row, nil
}
