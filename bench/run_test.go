// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fake is a side whose programs are shell scripts, one for each name.
type fake struct {
	name    string
	log     string // a file that gets a line for each start
	scripts map[string]string
}

func (f fake) Name() string { return f.name }

func (f fake) Command(prog string, args ...string) *exec.Cmd {
	name := filepath.Base(prog)
	script := fmt.Sprintf("echo %s %s >>%q\n%s", f.name, name, f.log, f.scripts[name])
	return exec.Command("/bin/sh", append([]string{"-c", script, prog}, args...)...)
}

// says is a script that prints a result.
func says(name string, costs ...float64) string {
	list, _ := json.Marshal(costs)
	return fmt.Sprintf(`echo '{"name":%q,"unit":"ns","iters":1,"batches":%s}'`, name, list)
}

// runFakes runs names on two fakes, and returns the report and the order in
// which programs were started.
func runFakes(t *testing.T, names []string, base, other map[string]string) (*Report, []string) {
	t.Helper()
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("no /bin/sh for the fake programs: ", err)
	}
	log := filepath.Join(t.TempDir(), "log")
	o := options(t, names)
	for _, scripts := range []map[string]string{base, other} {
		for _, m := range controlsGroup { // which every run has
			if scripts[m.Name] == "" {
				scripts[m.Name] = says(m.Name, 10)
			}
		}
	}
	o.Base, o.Other = fake{"linux", log, base}, fake{"skerry", log, other}
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return report, strings.Split(strings.TrimSpace(string(text)), "\n")
}

func options(t *testing.T, names []string) Options {
	t.Helper()
	ms, err := Select(names)
	if err != nil {
		t.Fatal(err)
	}
	cpu, err := EnclaveCPU()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Measurements: ms, Programs: "/nowhere", CPU: cpu, Rounds: 2, Batches: 1}
}

func TestRunAlternatesAndMerges(t *testing.T) {
	names := []string{"getpid", "compute"}
	report, order := runFakes(t, names,
		map[string]string{"getpid": says("getpid", 100, 200, 300), "compute": says("compute", 10)},
		map[string]string{"getpid": "echo noise; " + says("getpid", 4), "compute": says("compute", 10.5)})
	want := []string{
		"linux compute", "skerry compute", "linux memcpy", "skerry memcpy", "linux getpid", "skerry getpid",
		"skerry compute", "linux compute", "skerry memcpy", "linux memcpy", "skerry getpid", "linux getpid",
	}
	if strings.Join(order, ",") != strings.Join(want, ",") {
		t.Errorf("started %q, want %q", order, want)
	}
	getpid := report.Rows[0]
	if getpid.Base.N() != 6 || getpid.Base.Median != 200 || getpid.Other.N() != 2 || getpid.Ratio != 0.02 || !getpid.Met() {
		t.Errorf("getpid: %+v", getpid)
	}
	if report.Trust != Trusted || len(report.Failed()) != 0 {
		t.Errorf("trust %v, failed %v", report.Trust, report.Failed())
	}
}

func TestRunReportsFailuresAndGoesOn(t *testing.T) {
	report, order := runFakes(t, []string{"getpid", "yield", "nullcall", "start-static"},
		map[string]string{"getpid": says("getpid", 1), "yield": says("getpid", 1), "nullcall": says("nullcall", 2), "start-static": "exit 0"},
		map[string]string{
			"getpid":       "echo first >&2; echo no core left >&2; exit 125",
			"yield":        "kill -SEGV $$",
			"nullcall":     says("nullcall", 1),
			"start-static": "echo no such enclave >&2; exit 3",
		})
	var table bytes.Buffer
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"skerry: exit status 125: no core left",
		`linux: printed a result of "getpid"`,
		"skerry: killed by signal 11 (segmentation fault)",
		"skerry: exit status 3: no such enclave",
	} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, table.String())
		}
	}
	if got := strings.Join(report.Failed(), " "); got != "getpid yield start-static" {
		t.Errorf("failed: %s", got)
	}
	if r := row(t, report, "nullcall"); r.Ratio != 0.5 {
		t.Errorf("a failure spoiled another row: %+v", r)
	}
	if r := row(t, report, "getpid"); r.Base.N() != 2 || r.Ratio != 0 {
		t.Errorf("the side that worked is not reported: %+v", r)
	}
	if n := strings.Count(strings.Join(order, ","), "skerry getpid"); n != 1 {
		t.Errorf("a program that failed was started %d times", n)
	}
}

func TestBadOutputIsAnError(t *testing.T) {
	for _, out := range []string{
		"", "hello", "{}", `{"name":"a","unit":"us","batches":[1]}`, `{"name":"a","unit":"ns","batches":[]}`,
		`{"name":"a","unit":"ns","batches":[1,0]}`, `{"name":"a","unit":"ns","batches":[-1]}`, `{"name":"a","unit":"ns","batches":[1`,
	} {
		if got, err := parse("a", []byte(out)); err == nil {
			t.Errorf("parse(%q) = %v", out, got)
		}
	}
	if got, err := parse("a", []byte("x\n{\"name\":\"a\",\"unit\":\"ns\",\"batches\":[1.5]}\n")); err != nil || len(got.Costs) != 1 || got.Costs[0] != 1.5 {
		t.Errorf("a good result: %v, %v", got, err)
	}
}

func TestAHangingProgramIsKilled(t *testing.T) {
	for _, name := range []string{"getpid", "start-static"} {
		o := options(t, []string{name})
		hang := map[string]string{name: "exec sleep 1000", "compute": says("compute", 1), "memcpy": says("memcpy", 1)}
		log := filepath.Join(t.TempDir(), "log")
		o.Base, o.Other, o.Limit = fake{"linux", log, hang}, fake{"skerry", log, hang}, 500*time.Millisecond
		report, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := report.Rows[0].Other.Err; err == nil || !strings.Contains(err.Error(), "still running after 500ms") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	o := options(t, []string{"getpid"})
	hang := map[string]string{"getpid": "exec sleep 1000"}
	log := filepath.Join(t.TempDir(), "log")
	o.Base, o.Other = fake{"linux", log, hang}, fake{"skerry", log, hang}
	o.Progress = func(int, string) { cancel(enough) }
	if _, err := Run(ctx, o); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

func TestShipTargetUsesTheRoundTrip(t *testing.T) {
	if cpus, err := allowedCPUs(); err != nil || len(cpus) < 2 {
		t.Skip("the round trip needs two CPUs; allowed: ", cpus, err)
	}
	report, order := runFakes(t, []string{"ship-null"},
		map[string]string{"ship-null": says("ship-null", 100), roundTrip: says(roundTrip, 60)},
		map[string]string{"ship-null": says("ship-null", 250)})
	if len(report.Rows) != 3 || !near(report.Rows[0].Limit, 2.4) || report.Rows[0].Met() {
		t.Errorf("rows: %+v", report.Rows)
	}
	if got := strings.Join(order, ","); !strings.Contains(got, "linux cacheline") || strings.Contains(got, "skerry cacheline") {
		t.Errorf("started: %s", got)
	}
}

// row returns the row called name.
func row(t *testing.T, report *Report, name string) *Row {
	t.Helper()
	for i := range report.Rows {
		if report.Rows[i].Name == name {
			return &report.Rows[i]
		}
	}
	t.Fatalf("no row %s", name)
	return nil
}

// A control that moves in one round: the round is repeated, and what it gave is
// not counted.
func TestARoundWhoseControlMovedIsRepeated(t *testing.T) {
	first := filepath.Join(t.TempDir(), "first")
	once := fmt.Sprintf("if mkdir %q 2>/dev/null; then %s; else %s; fi", first, says("compute", 20), says("compute", 10))
	report, order := runFakes(t, []string{"getpid"},
		map[string]string{"getpid": says("getpid", 100)},
		map[string]string{"getpid": says("getpid", 4), "compute": once})
	r := row(t, report, "getpid")
	if n := strings.Count(strings.Join(order, ","), "linux getpid"); n != 3 || r.Rounds != 2 || r.Dropped != 1 || r.Base.N() != 2 {
		t.Errorf("%d starts, %d rounds, %d dropped, %d batches", n, r.Rounds, r.Dropped, r.Base.N())
	}
	if report.Trust != Trusted || r.Ratio != 0.04 || !strings.Contains(r.note(), "1 round repeated") {
		t.Errorf("trust %v, ratio %v, note %q", report.Trust, r.Ratio, r.note())
	}
}

// A control that keeps moving: no ratio is printed, and the run comes to an end.
func TestNoRatioWhereTheControlMoved(t *testing.T) {
	report, order := runFakes(t, []string{"getpid"},
		map[string]string{"getpid": says("getpid", 100)},
		map[string]string{"getpid": says("getpid", 4), "memcpy": says("memcpy", 20)})
	r := row(t, report, "getpid")
	if r.Ratio != 0 || r.Trust != Untrusted || report.Trust != Untrusted {
		t.Errorf("ratio %v, trust %v, of all %v", r.Ratio, r.Trust, report.Trust)
	}
	if len(order) > 30 {
		t.Errorf("it went on for %d starts", len(order))
	}
	var table, list bytes.Buffer
	if err := errors.Join(report.WriteTable(&table), report.WriteJSON(&list)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(table.String(), "no ratio: the control moved") || !strings.Contains(table.String(), "control MOVED") {
		t.Errorf("the table:\n%s", table.String())
	}
	if !strings.Contains(list.String(), `"ratio":null`) || strings.Contains(list.String(), `"ratio":0.04`) {
		t.Errorf("the list:\n%s", list.String())
	}
}

func TestFurtherBaselinesAreNoFailureOfSkerry(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	o := options(t, []string{"getpid"})
	good := map[string]string{"getpid": says("getpid", 10), "compute": says("compute", 10), "memcpy": says("memcpy", 10)}
	bad := map[string]string{"getpid": "exit 9", "compute": says("compute", 99), "memcpy": says("memcpy", 10)}
	o.Base, o.Other, o.Also = fake{"linux", log, good}, fake{"skerry", log, good}, []Side{fake{"third", log, bad}}
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	r := row(t, report, "getpid")
	if len(report.Failed()) != 0 || r.Also[0].Err == nil || r.Ratio != 1 {
		t.Errorf("failed %v, third %v, ratio %v", report.Failed(), r.Also[0].Err, r.Ratio)
	}
}
