package observe

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/lwk/record"
)

// snapshot is one of an enclave with two cores that has done something; after is later.
func snapshot(after float64) *Snapshot {
	e := &enclave.Entry{Name: "so\"lver", Platform: "process", Program: "/bin/solver", PID: 77, CPUs: []int{2, 3}, Linux: []int{0}, Mem: 1 << 30, Started: time.Unix(1000, 0)}
	n := uint64(1000 * after)
	s := &Snapshot{Entry: e, Uptime: time.Duration(after * 1e9), Clock: record.ClockBetween(0, uint64(after*2e9), 0, int64(after*1e9)),
		Processes: 1, Made: 2, Threads: 3, Resident: 5 << 20, Pool: 4096, Memory: []record.Bytes{{Kind: "pool", N: 8192}}}
	for i := range 2 {
		c := Core{CPU: 2 + i, Idle: time.Duration(after * 1e9 / 4)}
		c.Fast, c.Shipped, c.Refused, c.Switches = n, n, 1, n
		c.Calls[24], c.Calls[0], c.Calls[334] = 3*n, n, 1
		c.Ships[0] = record.Ship{Sent: n, Times: record.Times{Count: n / 8, Total: n / 8 * 2000, Max: 9000}}
		c.Latency[record.Bucket(2000)] = n / 8
		c.Local = record.Times{Count: 10, Total: 1000, Max: 200}
		s.Cores = append(s.Cores, c)
		s.Total.Join(&s.Cores[i].Counters)
	}
	s.Proxies = []record.Proxy{{TID: 5, Calls: 2 * n, Busy: record.Times{Count: 10, Total: 10000}}}
	return s
}

// The exposition is what Prometheus parses: each family with help and type before its samples, names
// with units, counters ending in _total, histograms rising to +Inf.
func TestExposition(t *testing.T) {
	text := string(Exposition([]*Snapshot{snapshot(1), snapshot(2)}))
	sample := regexp.MustCompile(`^([a-z_]+)\{enclave="so\\"lver",pid="77"((?:,[a-z_]+="[^"]*")*)\} (-?[0-9.e+-]+|\+Inf)$`)
	kinds := map[string]string{}
	family := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if f := strings.Fields(line); len(f) > 3 && f[0] == "#" {
			if f[1] == "TYPE" {
				if f[2] != family || kinds[family] != "" {
					t.Errorf("type of %s after help of %s", f[2], family)
				}
				kinds[family] = f[3]
			}
			family = f[2]
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("not a sample: %s", line)
		}
		name := m[1]
		if kinds[family] == "histogram" {
			name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		}
		if name != family || !strings.HasPrefix(name, "skerry_") {
			t.Errorf("%s among the samples of %s", name, family)
		}
		if strings.HasSuffix(name, "_total") != (kinds[family] == "counter") {
			t.Errorf("%s is a %s", name, kinds[family])
		}
	}
	for _, want := range []string{
		`skerry_syscalls_total{enclave="so\"lver",pid="77",class="local"} 6000`,
		`skerry_syscalls_total{enclave="so\"lver",pid="77",class="shipped"} 2000`,
		`skerry_shipped_calls_total{enclave="so\"lver",pid="77",syscall="read"} 2000`,
		`skerry_shipped_timed_seconds_total{enclave="so\"lver",pid="77",syscall="read"} 0.00025`,
		`skerry_core_idle_seconds_total{enclave="so\"lver",pid="77",core="1",cpu="3"} 0.25`,
		`skerry_enclave_memory_limit_bytes{enclave="so\"lver",pid="77"} 1.073741824e+09`,
		`skerry_shipped_call_seconds_bucket{enclave="so\"lver",pid="77",le="5.12e-07"} 0`,
		`skerry_shipped_call_seconds_bucket{enclave="so\"lver",pid="77",le="1.02e-06"} 250`,
		`skerry_shipped_call_seconds_bucket{enclave="so\"lver",pid="77",le="+Inf"} 250`,
		`skerry_shipped_call_seconds_count{enclave="so\"lver",pid="77"} 250`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s", want)
		}
	}
	if bytes.Contains(Exposition(nil), []byte("}")) {
		t.Error("samples of no enclave")
	}
}

func TestPrint(t *testing.T) {
	s := snapshot(2)
	var b bytes.Buffer
	if err := s.Print(&b, "json"); err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(b.Bytes(), &r); err != nil || r.PID != 77 || r.Calls["assembly"] != 4000 || len(r.Cores) != 2 || r.Ships["read"].Count != 4000 {
		t.Errorf("%v, %+v", err, r)
	}
	b.Reset()
	if err := s.Print(&b, "table"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"solver ran 2.00 s on CPU 2-3; Linux on CPU 0", "answered in assembly         4000", "read", "core 1 (CPU 3)  idle 25.0 %"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "call sites") {
		t.Error("call sites, of which nothing is known")
	}
}

// The rates are those between two looks; keys sort, choose and end.
func TestView(t *testing.T) {
	v := &View{Sort: 'c'}
	v.Look([]*Snapshot{snapshot(1)})
	other := snapshot(3)
	other.Entry.PID, other.Entry.Name, other.Total = 80, "idle", record.Counters{}
	v.Look([]*Snapshot{other, snapshot(3)})
	if len(v.rows) != 2 || v.rows[0].Entry.PID != 77 {
		t.Fatalf("%d rows", len(v.rows))
	}
	// 2000 calls of each core a second in assembly, and so on, since one second had passed at the first look.
	r := &v.rows[0]
	if r.span != 2 || r.rates[0] != 2000 || r.rates[2] != 2000 || r.busy != 0.75 || r.latency != 1e-6 {
		t.Errorf("span %v, rates %v, busy %v, latency %v", r.span, r.rates, r.busy, r.latency)
	}
	text := strings.Join(v.Lines(0, 0, true), "\n")
	for _, want := range []string{"77 so\"lver", "80 idle", "/bin/solver", "core 1 ", "sched_yield", "75.0%"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") || strings.Contains(text, "q quit") {
		t.Error("plain text has escapes or keys")
	}
	v.Press("\x1b[B")
	if !strings.Contains(strings.Join(v.Lines(0, 0, true), "\n"), "idle: /bin/solver") {
		t.Error("the down key does not choose the next")
	}
	v.Press("p")
	v.Press("k")
	if v.Sort != 'p' || v.Chosen != 77 {
		t.Errorf("sorted by %c, %d chosen", v.Sort, v.Chosen)
	}
	if v.Press("x") || !v.Press("q") {
		t.Error("only q ends it")
	}
	for _, line := range v.Lines(10, 40, false) {
		if plain := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(line, ""); len([]rune(plain)) > 40 {
			t.Errorf("longer than the screen: %q", plain)
		}
	}
	if n := len(v.Lines(5, 80, false)); n != 5 {
		t.Errorf("%d lines on a screen of 5", n)
	}
	v.Look(nil)
	v.Press("j")
	if len(v.Lines(0, 80, false)) == 0 {
		t.Error("nothing is shown of nothing")
	}
}

func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l) }()
	for path, want := range map[string]int{"/metrics": 200, "/": 404} {
		r, err := http.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != want || want == 200 && !bytes.Contains(body, []byte("# TYPE skerry_syscalls_total counter")) {
			t.Errorf("%s: %s\n%s", path, r.Status, body)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A recording's file is all there before anybody writes, and gone after.
func TestRecordingFile(t *testing.T) {
	r, err := NewRecording(2, 1<<16)
	if err != nil {
		t.Skip("no place for a recording: ", err)
	}
	st, err := os.Stat(r.Path())
	if err != nil || st.Mode().Perm() != 0o600 || st.Size() != r.head.Size() {
		t.Errorf("%v, %+v", err, st)
	}
	r.Stop()
	if tr := r.Trace(&enclave.Entry{Program: "/bin/p"}); len(tr.Cores)+len(tr.Proxies) != 0 {
		t.Error("tracks that nobody wrote")
	}
	r.Close()
	if _, err := os.Stat(r.Path()); err == nil {
		t.Error("it is still there")
	}
}

// The dashboard asks for metrics that there are.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("../../docs/skerry-dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var any struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal(text, &any); err != nil || len(any.Panels) == 0 {
		t.Fatalf("%v, %d panels", err, len(any.Panels))
	}
	there := string(Exposition([]*Snapshot{snapshot(1)}))
	n := 0
	for _, p := range any.Panels {
		for _, q := range p.Targets {
			for _, name := range regexp.MustCompile(`skerry_[a-z_]+`).FindAllString(q.Expr, -1) {
				if n++; !strings.Contains(there, "\n"+name+"{") {
					t.Errorf("no metric %s", name)
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d metrics are shown", n)
	}
}
