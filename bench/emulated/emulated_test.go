// SPDX-License-Identifier: Apache-2.0

package emulated

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-os/skerry/fwk/lab"
)

func TestRequests(t *testing.T) {
	for _, c := range []struct {
		names   string
		measure string
		noise   bool
		starts  int
		n       int
	}{
		{"", "compute getpid nullcall", true, 3, 2},
		{"getpid", "compute getpid", false, 0, 1},
		{"compute", "compute", false, 0, 1},
		{"boot", "", false, 3, 1},
		{"noise", "", true, 0, 2},
		{"ship-null noise", "compute ship-null", true, 0, 2},
	} {
		names := strings.Fields(c.names)
		if err := Check(names); err != nil {
			t.Errorf("%q: %v", c.names, err)
		}
		list := requests(names)
		if len(list) != c.n || !list[0].Enclave || list[0].Noise != c.noise || list[0].Starts != c.starts ||
			!strings.HasPrefix(strings.Join(list[0].Measure, " "), c.measure) {
			t.Errorf("%q: %+v", c.names, list)
		}
		if c.n == 2 && (!list[1].Isolated || list[1].Enclave || !list[1].Noise) {
			t.Errorf("%q: the second machine is %+v", c.names, list[1])
		}
	}
	if err := Check([]string{"getpid", "nonsense"}); err == nil || !strings.Contains(err.Error(), `"nonsense"`) {
		t.Error(err)
	}
}

// Each row's program is there, and is in the machine that is to run it.
func TestPrograms(t *testing.T) {
	for _, row := range Rows() {
		if _, err := os.Stat("../prog/" + row.program() + ".c"); err != nil {
			t.Error(err)
		}
		if !slices.Contains(programs(Request{Measure: []string{row.Name}}), row.program()) {
			t.Errorf("%s is not put into its machine", row.program())
		}
	}
}

func TestParseInterrupts(t *testing.T) {
	const text = "           CPU0       CPU2       \n  4:          1         20   IO-APIC   4-edge      ttyS0\nLOC:        300       4000   Local timer interrupts\n" +
		"PLT:          7          8   Platform interrupts\nERR:          5\n"
	two, err := parseInterrupts(text, 2)
	if err != nil || two["4"] != 20 || two["LOC"] != 4000 || two["PLT"] != 8 || two["ERR"] != 0 {
		t.Error(two, err)
	}
	if _, err := parseInterrupts(text, 1); err == nil {
		t.Error("a CPU that is not there")
	}
}

func TestParseBatches(t *testing.T) {
	if got, err := parseBatches([]byte(`{"name":"x","unit":"ns","iters":3,"batches":[160.0000,320]}` + "\n")); err != nil || !slices.Equal(got, []float64{160.0 / lab.InstructionTime, 320.0 / lab.InstructionTime}) {
		t.Error(got, err)
	}
	for _, bad := range []string{"", "what", `{"batches":[]}`} {
		if _, err := parseBatches([]byte(bad)); err == nil {
			t.Errorf("%q", bad)
		}
	}
}

func sample() *Report {
	rep := &Report{Kernel: "6.1"}
	for _, r := range []Record{
		{Info: &InfoRecord{Release: "6.1.0-9", CommandLine: "quiet"}},
		{Run: &RunRecord{Row: "getpid", Side: Linux, Batches: []float64{300, 100, 110}}},
		{Run: &RunRecord{Row: "getpid", Side: LWK, Batches: []float64{27, 25, 26}}},
		{Run: &RunRecord{Row: "nullcall", Side: Linux, Batches: []float64{100}}},
		{Run: &RunRecord{Row: "nullcall", Side: LWK, Error: "it crashed"}},
		{Run: &RunRecord{Row: "ship-asleep", Side: LWK, Batches: []float64{9000}, Bells: 1, Switches: 2, Counted: true}},
		{Start: &StartRecord{Side: LWK, Whole: 80e6, Core: 60e6}},
		{Start: &StartRecord{Side: Linux, Whole: 2e6}},
		{Noise: &NoiseRecord{Side: LWK, Work: 230000, Quanta: 10, Taken: map[string]uint64{"interrupts": 0}, Over: 1e9}},
	} {
		rep.add(&r, false)
	}
	rep.add(&Record{Noise: &NoiseRecord{Side: Linux, Work: 230000, Quanta: 10, Longer: []float64{600, 7000}, Taken: map[string]uint64{"LOC": 5}, Over: 1e9}}, true)
	return rep
}

func TestReport(t *testing.T) {
	rep := sample()
	if got := rep.Ratio("getpid"); got != 0.25 {
		t.Error(got)
	}
	if got := rep.Failed(); len(got) != 1 || !strings.Contains(got[0], "nullcall on lwk: it crashed") {
		t.Error(got)
	}
	var out, again bytes.Buffer
	if err := rep.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if rep.WriteTable(&out) != nil || loaded.WriteTable(&again) != nil || out.String() != again.String() {
		t.Errorf("\n%s\n%s", &out, &again)
	}
	if _, err := Load(strings.NewReader("what")); err == nil {
		t.Error("loaded")
	}
	later := &Report{Runs: []RunRecord{{Row: "getpid", Side: LWK, Batches: []float64{50}}}}
	if loaded.Merge(later); loaded.Ratio("getpid") != 0.5 || len(loaded.Starts) != 2 || len(loaded.Runs) != len(rep.Runs) {
		t.Errorf("merged: %+v", loaded)
	}
	const document = "a\n<!-- emulated: calls -->\nold\n<!-- /emulated -->\nb\n<!-- emulated: noise -->\n<!-- /emulated -->\n<!-- emulated: boot -->\n<!-- /emulated -->\n" +
		"<!-- emulated: bells -->\n<!-- /emulated -->\n<!-- emulated: machine -->\n<!-- /emulated -->\n"
	text, err := rep.Fill(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| getpid | 100 | 25.0 | 0.25 | 0.3 | met |", "| nullcall | 100 | - | - |", "| Linux, isolated | none | 10 | LOC 5 | 5.0 | 2 | 7000 |",
		"| LWK | none | 10 | nothing | 0.0 | 0 |", "| 60.00 | 50 | **missed** |", "| ship-asleep | LWK, doorbells | 9000 | 1.00 | 2.00 |", "Linux 6.1.0-9, with `quiet`."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if _, err := rep.Fill("<!-- emulated: what -->\n<!-- /emulated -->\n"); err == nil {
		t.Error("an unknown table")
	}
}

// Every mark in the documents is one that can be filled.
func TestDocuments(t *testing.T) {
	for _, path := range []string{"../../docs/native.md", "../../docs/SPECIFICATION.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, []byte("<!-- emulated: ")) {
			t.Errorf("%s has no tables of ours", path)
		}
		if _, err := sample().Fill(string(text)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}
