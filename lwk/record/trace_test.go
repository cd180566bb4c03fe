package record

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// event is one of the format's.
type event struct {
	Ph   string
	Name string
	Cat  string
	PID  int
	TID  int
	TS   *float64
	Dur  *float64
	ID   *int
	BP   string
	S    string
	Args map[string]any
}

type file struct {
	DisplayTimeUnit string
	OtherData       map[string]any
	TraceEvents     []event
}

func write(t *testing.T, tr *Trace) (f file, text string) {
	t.Helper()
	var b strings.Builder
	if err := tr.Write(func(p []byte) error { b.Write(p); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b.String()), &f); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, b.String())
	}
	return f, b.String()
}

// run makes a trace of n rounds of two threads on one core, whose shipped calls two proxies execute.
func run(t *testing.T, n int) *Trace {
	t.Helper()
	clock := StartClock(now)
	c := newCore(t, true)
	proxies := []*Ring{heapRing(t, 8*n), heapRing(t, 8*n)}
	execute := func(i int, thread uint32, nr uint16) {
		taken := proxies[i%2].Claim()
		taken.Thread, taken.Nr, taken.Kind, taken.At = thread, nr, Taken, Ticks()
		r := proxies[i%2].Claim()
		r.Thread, r.Nr, r.Kind, r.At = thread, nr, Executed, Ticks()
		r.Arg, r.End = uint64(i), Ticks()
		taken.End = Ticks()
	}
	for i := range n {
		th := uint32(i % 2)
		c.credit = c.limit // so that every turn has a time
		c.Begin(th, 100+th)
		for range 20 {
			c.Enter(th, 24)
			c.Leave(Local, 0, true)
		}
		// One call whose answer is awaited, with an interruption that had it sent twice.
		c.Sending(th, 0, 3, false)
		at := c.Sent(0)
		execute(i, th, 0)
		if i%5 == 0 {
			execute(i+1, th, 0)
		}
		c.Answered(th, 0, at)
		c.Point(Signal, th, 10)
		c.Point(Fault, th, 11)
		c.Patched(c.BeginPatch(), 0x401000, 39, 'B')
		c.Patched(c.BeginPatch(), 0x401100, 39, 0)
		c.Enter(th, 500)
		c.Leave(Refused, -38, true)
		// And one that loses the core to it, as a part of a call that the LWK handles.
		c.Enter(th, 7)
		c.Sending(th, 7, 1, true)
		at = c.Sent(7)
		c.End(7, 4)
		execute(i, th, 7)
		c.BeginIdle()
		c.Sleeps()
		c.EndIdle()
		c.Answered(th, 7, at)
	}
	c.Begin(0, 100)
	c.End(NoCall, 2)
	c.Begin(1, 101)
	c.Enter(1, 231) // exit_group: not over
	c.Flush()
	clock.Stop(now)
	return &Trace{Program: "te\"st\xff", PID: 100, Clock: clock, State: func(s uint8) string { return "s" },
		Cores:   []Track{{"core 0 (CPU 3)", 0, c.Ring()}},
		Proxies: []Track{{"proxy 0", 0, proxies[0]}, {"proxy 1", 1, proxies[1]}}}
}

func TestTrace(t *testing.T) {
	const n = 50
	f, text := write(t, run(t, n))
	if f.DisplayTimeUnit != "ns" || f.OtherData["dropped"].(float64) != 0 {
		t.Errorf("header: %v %v", f.DisplayTimeUnit, f.OtherData)
	}
	if f.OtherData["flows"].(float64) != 2*n || f.OtherData["flows_unmatched"].(float64) != 0 {
		t.Errorf("flows: %v, unmatched %v; want %d, 0", f.OtherData["flows"], f.OtherData["flows_unmatched"], 2*n)
	}
	names := map[[2]int]string{}
	last := map[int]float64{}
	kinds := map[string]int{}
	for _, e := range f.TraceEvents {
		if e.Ph == "M" {
			if e.Name == "thread_name" {
				names[[2]int{e.PID, e.TID}] = e.Args["name"].(string)
			}
			continue
		}
		kinds[e.Ph+" "+e.Cat]++
		if e.Ph == "C" {
			continue
		}
		if e.TS == nil || names[[2]int{e.PID, e.TID}] == "" {
			t.Fatalf("event without time or named track: %+v", e)
		}
		if e.Ph != "X" && e.Ph != "i" {
			continue
		}
		if *e.TS < last[e.TID] {
			t.Errorf("track %d: %q begins at %v, after %v", e.TID, e.Name, *e.TS, last[e.TID])
		}
		last[e.TID] = *e.TS
		if e.Ph == "X" && (e.Dur == nil || *e.Dur < 0) {
			t.Errorf("%q has no duration", e.Name)
		}
		if e.Ph == "i" && e.S != "t" {
			t.Errorf("%q has no scope", e.Name)
		}
	}
	for kind, want := range map[string]int{"X thread": n + 2, "X ship": 2 * n, "X proxy": 2*n + n/5, "X taken": 2*n + n/5, "X idle": n, "C ": bins, "i signal": 2 * n,
		"X patch": 2 * n, "s ship": 2 * n, "f ship": 2 * n, "t ship": 2*n + n/5} {
		if kinds[kind] != want {
			t.Errorf("%d events %q, want %d", kinds[kind], kind, want)
		}
	}
	for _, e := range f.TraceEvents {
		if e.Cat != "ship" || e.Ph != "X" {
			continue
		}
		for _, part := range []string{"seen_after_us", "begun_after_us", "executed_us", "answered_after_us", "resumed_after_us"} {
			if v, ok := e.Args[part].(float64); !ok || v < 0 {
				t.Errorf("%s of a shipped call is %v", part, e.Args[part])
			}
		}
	}
	if !strings.Contains(text, `enclave: te\"st`) {
		t.Error("the program's name is not in the trace")
	}
	nested(t, f)
	flowsMatch(t, f)
}

// nested checks that on each track a slice ends before, or with, the one that it began in.
func nested(t *testing.T, f file) {
	t.Helper()
	const eps = 0.0005 // half of what is printed
	open := map[int][]event{}
	for _, e := range f.TraceEvents {
		if e.Ph != "X" {
			continue
		}
		stack := open[e.TID]
		for len(stack) > 0 && *stack[len(stack)-1].TS+*stack[len(stack)-1].Dur <= *e.TS+eps {
			stack = stack[:len(stack)-1]
		}
		if len(stack) > 0 {
			if o := stack[len(stack)-1]; *e.TS+*e.Dur > *o.TS+*o.Dur+0.0015 {
				t.Errorf("track %d: %q (%v for %v) is not within %q (%v for %v)", e.TID, e.Name, *e.TS, *e.Dur, o.Name, *o.TS, *o.Dur)
			}
		}
		open[e.TID] = append(stack, e)
	}
}

// flowsMatch checks that each flow begins on a core, passes proxies, and ends, in the order of time.
func flowsMatch(t *testing.T, f file) {
	t.Helper()
	type seen struct{ s, t, f []event }
	flows := map[int]*seen{}
	for _, e := range f.TraceEvents {
		if e.Ph != "s" && e.Ph != "t" && e.Ph != "f" {
			continue
		}
		if e.ID == nil {
			t.Fatalf("a flow without a number: %+v", e)
		}
		w := flows[*e.ID]
		if w == nil {
			w = &seen{}
			flows[*e.ID] = w
		}
		switch e.Ph {
		case "s":
			w.s = append(w.s, e)
		case "t":
			w.t = append(w.t, e)
		case "f":
			w.f = append(w.f, e)
		}
	}
	for id, w := range flows {
		if len(w.s) != 1 || len(w.f) != 1 || len(w.t) == 0 {
			t.Errorf("flow %d: %d begins, %d steps, %d ends", id, len(w.s), len(w.t), len(w.f))
			continue
		}
		if w.s[0].PID != enclavePID || w.f[0].PID != enclavePID || w.f[0].BP != "e" {
			t.Errorf("flow %d does not begin and end in the enclave", id)
		}
		for _, e := range w.t {
			if e.PID != linuxPID || *e.TS < *w.s[0].TS || *e.TS > *w.f[0].TS {
				t.Errorf("flow %d: %v to %v, a step on process %d at %v", id, *w.s[0].TS, *w.f[0].TS, e.PID, *e.TS)
			}
		}
	}
}

// A program that ends while a call is with Linux, a full ring and a call without an execution.
func TestTraceOfWhatIsNotWhole(t *testing.T) {
	clock := StartClock(now)
	c := newCore(t, true)
	c.Begin(0, 1)
	c.Sending(0, 0, 0, false)
	c.End(0, 4)
	ring := heapRing(t, 1)
	for range 3 {
		if r := ring.Claim(); r != nil {
			r.Thread, r.Kind, r.At = 0, Executed, Ticks()
		}
	}
	c.Begin(1, 2)
	c.Sending(1, 1, 0, false)
	c.End(1, 4)
	half := c.ring.Claim() // claimed, not written
	if half == nil {
		t.Fatal("no room")
	}
	clock.Stop(now)
	f, text := write(t, &Trace{Program: "p", Clock: clock, Cores: []Track{{"core 0", 0, c.Ring()}}, Proxies: []Track{{"proxy 5", 5, ring}}})
	if f.OtherData["dropped"].(float64) != 2 || !strings.Contains(text, "proxy 5 (ring full: 2 records dropped)") {
		t.Errorf("dropped records are not told: %v", f.OtherData)
	}
	if f.OtherData["flows"].(float64) != 1 || f.OtherData["flows_unmatched"].(float64) != 1 {
		t.Errorf("flows %v, unmatched %v; want 1 and 1", f.OtherData["flows"], f.OtherData["flows_unmatched"])
	}
	ends := 0
	for _, e := range f.TraceEvents {
		if e.Ph == "f" {
			ends++
			if e.TID != proxyTID+5 {
				t.Errorf("the flow ends on track %d", e.TID)
			}
		}
		if e.Ph == "X" && *e.TS+*e.Dur > float64(clock.Elapsed())/1000+0.001 {
			t.Errorf("%q lasts longer than the program", e.Name)
		}
	}
	if ends != 1 {
		t.Errorf("%d flows end, want 1", ends)
	}
}

func TestTraceReportsItsError(t *testing.T) {
	full := errors.New("no space left on device")
	calls := 0
	tr := run(t, 3000)
	if err := tr.Write(func([]byte) error { calls++; return full }); err != full {
		t.Errorf("error %v, want %v", err, full)
	}
	if calls != 1 {
		t.Errorf("it wrote on after the error: %d times", calls)
	}
}

// What is told of a core's time is at most the time that there was, in the sum and in each bin.
func TestSpent(t *testing.T) {
	tr := run(t, 200)
	s := tr.Spent(0)
	if s.Program <= 0 || s.Kernel <= 0 || s.Polling <= 0 || s.Asleep <= 0 {
		t.Errorf("something takes no time: %+v", s)
	}
	was := float64(tr.Clock.Elapsed()) - tr.Clock.At(tr.Cores[0].Ring.Records()[0].At)
	if all := s.All(); all > was*1.01 || all < 0.9*was {
		t.Errorf("%v of %v ns are told", all, was)
	}
	f, _ := write(t, tr)
	for _, e := range f.TraceEvents {
		sum := 0.0
		if e.Ph == "C" {
			for _, v := range e.Args {
				sum += v.(float64)
			}
			if sum > 101 {
				t.Fatalf("%v %% at %v", sum, *e.TS)
			}
		}
	}
}
