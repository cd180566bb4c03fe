// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skerry-os/skerry/ikc"
)

// The whole measurement, with a load that is a script and sides that are
// fakes: each program is visited under each load, and a system that fails is
// told and not asked again.
func TestIsolationVisitsEverything(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("no /bin/sh for the fake programs: ", err)
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	good := map[string]string{}
	for _, m := range isolationPrograms {
		good[m.program()] = says(m.program(), 10)
	}
	bad := map[string]string{"fwq": "exit 3", "stream": good["stream"], "handoff": good["handoff"]}
	systems := []system{{side: fake{"a", log, good}}, {side: fake{"b", log, bad}}}
	stress := filepath.Join(dir, "stress")
	script := fmt.Sprintf("#!/bin/sh\necho load $2 >>%q\nexec sleep 100\n", log)
	if err := os.WriteFile(stress, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	r := &Isolation{Loads: []string{"none", "io"}, Systems: []string{"a", "b"}, Programs: []string{"fwq", "stream-huge", "handoff"}}
	list := []load{{"none", nil}, {"io", []string{"--hdd"}}}
	o := Options{Programs: "/nowhere", CPU: 0}
	if err := r.measure(t.Context(), stress, list, systems, 2, o, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if len(r.Cells) != 12 {
		t.Fatalf("%d cells", len(r.Cells))
	}
	for _, c := range r.Cells {
		switch failed := c.Program == "fwq" && c.System == "b"; {
		case failed && !strings.Contains(c.Error, "exit status 3"):
			t.Errorf("%+v", c)
		case !failed && (c.Slower != 1 || len(c.Rounds) != 2 || c.Median != 10):
			t.Errorf("%+v", c)
		}
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "load"); n != 2 {
		t.Errorf("the load was started %d times", n)
	}
	if n := strings.Count(string(text), "b fwq"); n != 2 { // once under each load
		t.Errorf("what failed was started %d times", n)
	}
}

func TestALoadThatEndsIsAnError(t *testing.T) {
	err := under(t.Context(), "/bin/false", load{"io", []string{"--hdd"}}, func() error { return nil })
	if err == nil || !strings.Contains(err.Error(), "load io ended at once") {
		t.Errorf("got %v", err)
	}
}

// What the rings carry between two threads arrives whole and in order, and both
// ends stop.
func TestChannelsRun(t *testing.T) {
	cpus, err := allowedCPUs()
	if err != nil || len(cpus) < 2 {
		t.Skip("needs two CPUs: ", cpus, err)
	}
	d := &Drive{Ctx: t.Context(), CPUs: cpus[:2], Batches: 1, Limit: time.Minute}
	for name, drive := range map[string]func(*Drive) (Outcome, error){"ring-oneway": ringOneWay, "ring-roundtrip": ringRoundTrip,
		"ring-throughput": ringThroughput, "ring-proxy": ringProxy} {
		o, err := drive(d)
		if err != nil || len(o.Costs) != 1 || !(o.Costs[0] > 0) {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
	if _, err := ringRoundTrip(&Drive{Ctx: t.Context(), CPUs: cpus[:1]}); err == nil {
		t.Error("one CPU was enough")
	}
	if _, err := between(&Drive{Ctx: t.Context(), CPUs: []int{cpus[0], 1 << 9}, Limit: time.Minute}, func(*link) {}, func(*link) ([]float64, error) { return nil, nil }); err == nil {
		t.Error("a CPU that is not there was accepted")
	}
	// It ends when it takes too long.
	never := *d
	never.Limit = time.Millisecond
	_, err = between(&never, func(*link) {}, func(l *link) ([]float64, error) {
		var m ikc.Slot
		return nil, map[bool]error{true: errors.New("a message from nowhere")}[l.take(&l.back, &l.cursors[3], &m)]
	})
	if err == nil || !strings.Contains(err.Error(), "still running after 1ms") {
		t.Errorf("a far side that never answers: %v", err)
	}
	// A far side that gives a wrong answer is noticed.
	_, err = between(d, func(l *link) {
		var m ikc.Slot
		for l.take(&l.there, &l.cursors[1], &m) && l.send(&l.back, &l.cursors[2], 0) {
		}
	}, func(l *link) ([]float64, error) {
		return timed(1, 1, func() bool {
			var m ikc.Slot
			l.send(&l.there, &l.cursors[0], 7)
			l.take(&l.back, &l.cursors[3], &m)
			return m.Args[0] == 8
		})
	})
	if err == nil {
		t.Error("a wrong answer went unnoticed")
	}
}
