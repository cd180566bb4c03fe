// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// reportOf makes a report of measured rows; costs are base and other.
func reportOf(t *testing.T, costs map[string][2]float64) *Report {
	t.Helper()
	var names []string
	for name := range costs {
		names = append(names, name)
	}
	ms, err := Select(names)
	if err != nil {
		t.Fatal(err)
	}
	var rows []Row
	for _, m := range ms {
		row := Row{Measurement: m, Rounds: 2, Trust: Trusted}
		row.Base.Rounds = [][]float64{{costs[m.Name][0]}, {costs[m.Name][0]}}
		if m.Kind != Context {
			row.Other.Rounds = [][]float64{{costs[m.Name][1]}, {costs[m.Name][1]}}
		}
		if c := costs[m.Name]; m.Kind == Control && moved(c[1]/c[0]) {
			row.Trust = Untrusted
		}
		rows = append(rows, row)
	}
	return newReport(Options{Base: Linux{}, Other: Skerry{}, Rounds: 2, Batches: 1}, rows, len(rows), 0)
}

func TestTrust(t *testing.T) {
	for _, c := range []struct {
		costs map[string][2]float64
		trust Trust
		text  string
	}{
		{map[string][2]float64{"getpid": {100, 3}, "compute": {100, 105}}, Trusted, ""},
		{map[string][2]float64{"compute": {100, 105}, "memcpy": {100, 80}}, Untrusted, "control moved: ratios that it stood for are not printed"},
		{map[string][2]float64{"compute": {100, 120}, "memcpy": {100, 100}}, Untrusted, "control MOVED"},
	} {
		report := reportOf(t, c.costs)
		if report.Trust != c.trust {
			t.Errorf("%v: trust %v, want %v", c.costs, report.Trust, c.trust)
		}
		var table bytes.Buffer
		if err := report.WriteTable(&table); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(table.String(), c.text) || (c.trust == Untrusted) != strings.Contains(table.String(), "control moved:") {
			t.Errorf("%v: the table misses %q:\n%s", c.costs, c.text, table.String())
		}
		for _, row := range decode(t, report) {
			if costs, ok := c.costs[row["name"].(string)]; ok && row["control"] == true && row["trusted"] != !moved(costs[1]/costs[0]) {
				t.Errorf("%v: trusted is %v", costs, row["trusted"])
			}
		}
	}
}

func TestAFailedControlIsNotTrusted(t *testing.T) {
	rows := []Row{{Measurement: Measurement{Name: "compute", Group: "controls", Kind: Control}, Trust: Untrusted}}
	rows[0].Other.Err = errors.New("skerry: exit status 1")
	report := newReport(Options{Base: Linux{}, Other: Skerry{}}, rows, 1, 0)
	var table bytes.Buffer
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	if report.Trust != Untrusted || !strings.Contains(table.String(), "control failed: ratios that it stood for are not printed") {
		t.Errorf("trust %v:\n%s", report.Trust, table.String())
	}
}

func decode(t *testing.T, report *Report) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := report.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	if err := json.Unmarshal(out.Bytes(), &list); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	return list
}

func TestJSON(t *testing.T) {
	list := decode(t, reportOf(t, map[string][2]float64{"getpid": {100, 3}, "compute": {2, 2}, "cacheline": {60, 0}}))
	if len(list) != 4 || list[3]["name"] != "run" {
		t.Fatalf("%d objects", len(list))
	}
	for key, want := range map[string]any{
		"name": "getpid", "unit": "ns", "linux": 100.0, "skerry": 3.0, "ratio": 0.03, "spread": 0.0,
		"linux_min": 100.0, "skerry_max": 3.0, "rounds": 2.0, "group": "kernel", "target": 0.05, "met": true, "control": false, "trusted": true,
	} {
		if list[0][key] != want {
			t.Errorf("getpid's %s is %v, want %v", key, list[0][key], want)
		}
	}
	if list[2]["control"] != true || list[2]["met"] != nil {
		t.Errorf("the control: %v", list[2])
	}
	context := list[1]
	for _, key := range []string{"skerry", "ratio", "target"} {
		if value, there := context[key]; !there || value != nil {
			t.Errorf("the context's %s is %v (there: %v), want null", key, value, there)
		}
	}
}

func TestMachine(t *testing.T) {
	const info = "processor\t: 0\nmodel name\t: Some  CPU @ 2GHz\nflags\t\t: fpu hypervisor sse\n\nprocessor\t: 1\nmodel name\t: Other\n"
	if model, virtual := cpuinfo(strings.NewReader(info)); model != "Some CPU @ 2GHz" || !virtual {
		t.Errorf("got %q, %v", model, virtual)
	}
	if model, virtual := cpuinfo(strings.NewReader("garbage")); model != "" || virtual {
		t.Errorf("garbage gave %q, %v", model, virtual)
	}
	if line := Machine(); !strings.Contains(line, "Linux") || strings.Contains(line, "\n") {
		t.Errorf("machine: %q", line)
	}
}
