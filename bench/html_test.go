// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// full is a report that has something of everything.
func full(t *testing.T) *Report {
	t.Helper()
	rep := reportOf(t, map[string][2]float64{"getpid": {100, 3}, "ship-null": {100, 250}, "compute": {2, 2}, "memcpy": {9, 9},
		"cacheline": {60, 0}, "selfish": {50, 40}, "redis": {10, 30}})
	lat := latencyOf([]float64{100, 110, 120, 5000})
	r := row(t, rep, "ship-null")
	r.Base.Latency, r.Other.Latency = lat, latencyOf([]float64{200, 240, 260, 80000})
	s := row(t, rep, "selfish")
	s.Base.Detours = []Detour{{10, 700, "LOC"}, {1e6, 90000, "another thread+LOC"}, {2e6, 800, "irq 9 <disk>"}}
	skipped := row(t, rep, "redis")
	*skipped = Row{Measurement: skipped.Measurement, Skipped: "needs redis-server & <more>"}
	rep.Matrix = &Matrix{CPUs: []int{0, 1}, NS: [][]float64{{0, 55}, {55, 0}}}
	rep.Isolation = &Isolation{Load: "stress", Missing: []string{"a partition: no"}, Programs: []string{"fwq"}, Systems: []string{"linux", "skerry"}, Loads: []string{"none", "io"}}
	cells := map[[3]string]*Cell{}
	lats := map[[3]string][]*Latency{}
	for _, system := range rep.Isolation.Systems {
		for i, load := range rep.Isolation.Loads {
			key := [3]string{"fwq", system, load}
			cells[key] = &Cell{Program: "fwq", System: system, Load: load, Rounds: []float64{100 * float64(i+1)}}
			lats[key] = []*Latency{lat}
		}
	}
	cells[[3]string{"fwq", "skerry", "io"}].Error = "exit status 1"
	rep.Isolation.collect(cells, lats)
	rep.Without = []string{"runsc (gVisor): not installed"}
	return rep
}

func pageOf(t *testing.T, rep *Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := rep.WriteHTML(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The page is well-formed, needs nothing from elsewhere, and runs nothing.
func TestPageIsSelfContained(t *testing.T) {
	text := pageOf(t, full(t))
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict, d.AutoClose, d.Entity = true, nil, xml.HTMLEntity
	counts := map[string]int{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			counts[e.Name.Local]++
			for _, a := range e.Attr {
				switch a.Name.Local {
				case "src", "href", "xlink:href", "srcset":
					t.Errorf("<%s> refers to %s", e.Name.Local, a.Value)
				}
				if strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("<%s> runs %s", e.Name.Local, a.Value)
				}
			}
		}
	}
	for _, element := range []string{"script", "link", "img", "iframe", "object"} {
		if counts[element] > 0 {
			t.Errorf("it has <%s>", element)
		}
	}
	if strings.Contains(text, "url(") || strings.Contains(text, "@import") || strings.Contains(text, "http") {
		t.Error("it refers to something else")
	}
	if !strings.Contains(text, "prefers-color-scheme: dark") || !strings.Contains(text, "width=device-width") {
		t.Error("no dark colours, or no small screens")
	}
	if counts["svg"] < 12 || counts["circle"] == 0 || counts["path"] < 2 {
		t.Errorf("plots are missing: %v", counts)
	}
}

func TestPageShowsEverything(t *testing.T) {
	rep := full(t)
	text := pageOf(t, rep)
	for _, id := range []string{"losses", "ratios", "tails", "detours", "isolation", "matrix", "distributions"} {
		if !strings.Contains(text, `id="`+id+`"`) {
			t.Errorf("no section %s", id)
		}
	}
	for i := range rep.Rows {
		if !strings.Contains(text, rep.Rows[i].Name) {
			t.Errorf("%s is missing", rep.Rows[i].Name)
		}
	}
	for _, want := range []string{"needs redis-server &amp; &lt;more&gt;", "irq 9 &lt;disk&gt;", "runsc (gVisor): not installed", "another thread", "2.50 x",
		html.EscapeString(row(t, rep, "ship-null").Spent), "failed"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Error("a plot has no number where it needs one")
	}
	for _, m := range regexp.MustCompile(`c?x[12]?="(-?[0-9.]+)%"`).FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(m[1], "-") || len(m[1]) > 6 || m[1] > "99" && len(m[1]) == 6 && m[1] != "100.00" {
			t.Errorf("drawn outside of its plot: %s", m[0])
		}
	}
}

func TestEmptyReportHasAPage(t *testing.T) {
	pageOf(t, &Report{Machine: Host{Line: "x"}, Base: "linux", Other: "skerry"})
	rep := reportOf(t, map[string][2]float64{"compute": {2, 3}})
	if text := pageOf(t, rep); strings.Contains(text, "NaN") {
		t.Error("NaN in the page of a control that moved")
	}
}

func TestPageAppearsCompleteOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.html")
	rep := full(t)
	if err := rep.SaveHTML(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o644 || info.Size() < 10000 {
		t.Errorf("%v, %v", info, err)
	}
	if err := rep.SaveHTML(filepath.Join(t.TempDir(), "no", "page.html")); err == nil || !strings.Contains(err.Error(), "page.html") {
		t.Errorf("a directory that is not there: %v", err)
	}
}

func TestScales(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(1e-3, 1e10), 1, 9).Draw(t, "values")
		s := scaleOf(values...)
		for _, v := range values {
			if x := s.at(v); math.IsNaN(x) || x < margin-1e-9 || x > 100-margin+1e-9 {
				t.Fatalf("%v is at %v of %+v", v, x, s)
			}
		}
		ticks := s.ticks(4)
		if len(ticks) > 14 {
			t.Fatalf("%d ticks on %+v", len(ticks), s)
		}
		for i, v := range ticks {
			if v < s.low || v > s.high || i > 0 && v <= ticks[i-1] {
				t.Fatalf("ticks %v on %+v", ticks, s)
			}
		}
	})
	if s := scaleOf(); math.IsNaN(s.at(0)) || math.IsNaN(s.at(5)) {
		t.Error("an empty scale")
	}
}
