package explain

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/skerry-os/skerry/fwk/observe"
	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/lwk/record"
)

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		base, other []float64
		want        verdict
	}{
		{[]float64{10, 11, 12}, []float64{8, 8, 9}, gains},
		{[]float64{10, 11, 12}, []float64{13, 14, 15}, loses},
		{[]float64{10, 11, 12}, []float64{11, 11, 11}, unclear},
		{[]float64{10, 10, 30}, []float64{12, 12, 12}, unclear},
		{[]float64{10, 10, 10.1}, []float64{10, 10.2, 20}, unclear},
		{[]float64{10, 10, 10.1, 10.1, 10}, []float64{10.05, 30, 31, 30, 30}, loses},
		{nil, []float64{1}, unclear},
	} {
		if got := compare(c.base, c.other); got != c.want {
			t.Errorf("%v against %v: %d, want %d", c.other, c.base, got, c.want)
		}
	}
	if median([]float64{3, 1, 2}) != 2 || median([]float64{4, 1, 2, 3}) != 2.5 || spread([]float64{9, 10, 12}) != 0.3 {
		t.Error("median or spread")
	}
}

// report makes one of three rounds with these times.
func report(linux, enclave float64) *Report {
	rep := &Report{plan: &plan.Plan{CPUs: []int{1}, ProxyCPUs: []int{0}, Mem: 1 << 30}, program: "/bin/p", rounds: 3, cores: 1, allowed: 2, same: true}
	for range 3 {
		rep.linux = append(rep.linux, &result{wall: linux, user: linux, minor: 100, resident: 1 << 20})
		rep.enclave = append(rep.enclave, &result{wall: enclave, user: enclave, minor: 10, resident: 1 << 20})
	}
	s := &observe.Snapshot{Clock: record.ClockBetween(0, 2e9, 0, 1e9), Processes: 1}
	s.Total.Calls[24], s.Total.Calls[0], s.Total.Calls[334] = 1000, 500, 1
	s.Total.Shipped, s.Total.Refused = 500, 1
	s.Total.Ships[0] = record.Ship{Sent: 500, Times: record.Times{Count: 500, Total: 1e9}}
	s.Total.Local = record.Times{Count: 10, Total: 1000}
	s.Proxies = []record.Proxy{{TID: 1, Calls: 500, Busy: record.Times{Count: 100, Total: 2e7}}}
	rep.counted.linux, rep.counted.enclave = &result{}, &result{wall: 1, counters: s, threads: 1, resident: 1 << 20}
	return rep
}

func text(t *testing.T, rep *Report) string {
	t.Helper()
	var b strings.Builder
	if err := rep.Write(&b); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n > 40 {
		t.Errorf("%d lines are more than a screenful", n)
	}
	if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
		t.Errorf("not a number in\n%s", b.String())
	}
	return b.String()
}

// The verdict follows the times, and the advice the counters.
func TestReport(t *testing.T) {
	for want, rep := range map[string]*Report{
		"An enclave gains: the program takes 50 % of the time, 500 ms less.":       report(1, 0.5),
		"An enclave loses: the program takes 2.00 times as long, 1.00 s more.":     report(1, 2),
		"These runs cannot tell: the medians differ by 0 %":                        report(1, 1),
		"fewer, larger calls to files and sockets: the way to Linux and back took": report(1, 1),
	} {
		got := text(t, rep)
		for _, part := range []string{want, "read 500 x 1.00 ms", "refused                             1            -        -  rseq", "500 ms   50.0 %"} {
			if !strings.Contains(got, part) {
				t.Errorf("no %q in\n%s", part, got)
			}
		}
	}
	rep := report(1, 1)
	rep.option = "--cpus 2"
	rep.counted.enclave.threads = 4
	rep.more = []*result{{wall: 0.5}, {wall: 0.5}, {wall: 0.5}}
	rep.start.linux, rep.start.enclave = 0.001, 0.301
	rep.same = false
	got := text(t, rep)
	for _, part := range []string{"--cpus 2, since up to 4 threads shared 1 core: measured in the same rounds, 500 ms (faster than without)",
		"the start of the enclave, which comes once, takes 30 % of this one", "were not the same in all runs"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
	rep = report(1, 1)
	rep.counted.enclave.counters = nil
	if got := text(t, rep); !strings.Contains(got, "gone before its counters") || !strings.Contains(got, "nothing that an option") {
		t.Errorf("without counters:\n%s", got)
	}
}

// The runs are made, in turns, each with the same input; here the "enclave" is a program that drops the
// arguments that skerry would take.
func TestRuns(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	input, exe := dir+"/in", dir+"/skerry"
	if err := os.WriteFile(input, []byte("some text\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(exe, []byte("#!"+sh+"\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(input)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	log := dir + "/log"
	p := &plan.Plan{CPUs: []int{0}, ProxyCPUs: []int{0}, Mem: 1 << 30, Path: sh, Args: []string{"sh", "-c", "cat >>" + log + "; exit 3"}}
	rep, err := Explain(context.Background(), Request{Exe: exe, Plan: p, Rounds: 3, Limit: time.Minute, Input: in, Allowed: 1})
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(log)
	if err != nil || string(got) != strings.Repeat("some text\n", 8) {
		t.Errorf("%v; the runs read %q", err, got)
	}
	if rep.rounds != 3 || len(rep.linux) != 3 || len(rep.enclave) != 3 || !rep.same || rep.linux[0].status != 3 {
		t.Errorf("%d rounds, %+v", rep.rounds, rep.linux[0])
	}
	if !strings.Contains(text(t, rep), "enclave and Linux share CPU") {
		t.Error("nothing is said of shared CPUs")
	}
	p.Path = dir + "/none"
	if _, err := Explain(context.Background(), Request{Exe: exe, Plan: p, Rounds: 3, Allowed: 1}); err == nil {
		t.Error("no error of a program that is not there")
	}
}
