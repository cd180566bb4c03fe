package observe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/lwk/record"
)

// View is what `skerry top` shows: enclaves with their rates since the last look, and one of them in
// detail.
type View struct {
	Sort   byte // 'c' calls, 's' shipped calls, 'i' busy, 'm' memory, 't' threads, 'n' name, 'p' process
	Chosen int  // process id of the enclave in detail, 0: the first

	last map[int]*Snapshot
	rows []row
}

// row is one enclave with what happened in the last interval.
type row struct {
	*Snapshot
	span    float64    // seconds
	calls   float64    // a second
	rates   [4]float64 // by class
	busy    float64    // of its cores' time, 0 to 1
	latency float64    // mean of shipped calls, in seconds
	late    float64    // below which 99 % were
	diff    record.Counters
	cores   []coreRow
}

type coreRow struct {
	Core
	busy, switches, waits float64
}

// Look takes new snapshots.
func (v *View) Look(all []*Snapshot) {
	rows := make([]row, 0, len(all))
	seen := make(map[int]*Snapshot, len(all))
	for _, s := range all {
		seen[s.Entry.PID] = s
		rows = append(rows, rates(s, v.last[s.Entry.PID]))
	}
	v.last, v.rows = seen, rows
	v.order()
}

func rates(s, before *Snapshot) row {
	r := row{Snapshot: s, span: s.Uptime.Seconds(), diff: s.Total}
	if before != nil && before.Entry.Path() == s.Entry.Path() && before.Uptime < s.Uptime {
		r.span -= before.Uptime.Seconds()
		r.diff.Less(&before.Total)
	} else {
		before = nil
	}
	if r.span <= 0 {
		return r
	}
	d := &r.diff
	for i, n := range [4]uint64{d.Fast, d.Answered(), d.Shipped, d.Refused} {
		r.rates[i] = float64(n) / r.span
		r.calls += r.rates[i]
	}
	if h := d.Ship(); h.Count > 0 {
		r.latency = s.Seconds(float64(h.Total) / float64(h.Count))
		r.late = s.Seconds(quantile(&d.Latency, 0.99))
	}
	for i := range s.Cores {
		c := coreRow{Core: s.Cores[i]}
		idle, switches := c.Idle.Seconds(), float64(c.Switches)
		if before != nil && i < len(before.Cores) {
			idle -= before.Cores[i].Idle.Seconds()
			switches -= float64(before.Cores[i].Switches)
		}
		c.busy = min(1, max(0, 1-idle/r.span))
		c.switches = switches / r.span
		r.cores = append(r.cores, c)
		r.busy += c.busy / float64(len(s.Cores))
	}
	return r
}

// quantile is the upper bound of the class in which the q-th part of all durations ends, in ticks.
func quantile(classes *[record.Buckets]uint64, q float64) float64 {
	var all, sum uint64
	for _, n := range classes {
		all += n
	}
	for i, n := range classes {
		if sum += n; all > 0 && float64(sum) >= q*float64(all) {
			return float64(uint64(1) << min(i, 62))
		}
	}
	return 0
}

func (v *View) order() {
	key := func(r *row) float64 {
		switch v.Sort {
		case 's':
			return r.rates[2]
		case 'i':
			return r.busy
		case 'm':
			return float64(r.Resident)
		case 't':
			return float64(r.Threads)
		}
		return r.calls
	}
	slices.SortStableFunc(v.rows, func(a, b row) int {
		switch v.Sort {
		case 'n':
			return cmp.Or(strings.Compare(a.Entry.Name, b.Entry.Name), a.Entry.PID-b.Entry.PID)
		case 'p':
			return a.Entry.PID - b.Entry.PID
		}
		return cmp.Or(cmp.Compare(key(&b), key(&a)), a.Entry.PID-b.Entry.PID)
	})
}

// Press handles a key; it reports whether the view is to end.
func (v *View) Press(key string) (quit bool) {
	switch key {
	case "q", "\x03", "\x1b":
		return true
	case "c", "s", "i", "m", "t", "n", "p":
		v.Sort = key[0]
		v.order()
	case "\x1b[A", "k":
		v.move(-1)
	case "\x1b[B", "j":
		v.move(1)
	}
	return false
}

func (v *View) chosen() int {
	for i := range v.rows {
		if v.rows[i].Entry.PID == v.Chosen {
			return i
		}
	}
	return 0
}

func (v *View) move(by int) {
	if len(v.rows) > 0 {
		v.Chosen = v.rows[min(max(v.chosen()+by, 0), len(v.rows)-1)].Entry.PID
	}
}

// Lines is the view as text of at most height lines (0: all there is); plain leaves out the emphasis
// and what keys do.
func (v *View) Lines(height, width int, plain bool) []string {
	var lines []string
	bold := func(s string) string {
		if plain {
			return s
		}
		return "\x1b[7m" + s + "\x1b[m"
	}
	add := func(format string, args ...any) {
		s := fmt.Sprintf(format, args...)
		if r := []rune(s); width > 0 && len(r) > width {
			s = string(r[:width])
		}
		lines = append(lines, s)
	}
	now := time.Now().Format("15:04:05")
	add("skerry top  %s  %d enclave%s", now, len(v.rows), one(len(v.rows)))
	if !plain {
		add("q quit  up, down choose  sort by: c calls  s shipped  i busy  m memory  t threads  n name  p process")
	}
	add("%8s %-16s %-8s %5s %6s %7s %9s %9s %9s %9s %9s %9s", "PROCESS", "NAME", "PLATFORM", "CORES", "BUSY", "THREADS",
		"CALLS/s", "LOCAL/s", "SHIP/s", "SHIP", "99 %", "RESIDENT")
	lines[len(lines)-1] = bold(pad(lines[len(lines)-1], width, plain))
	at := v.chosen()
	for i := range v.rows {
		r := &v.rows[i]
		add("%8d %-16.16s %-8s %5d %5.1f%% %7d %9s %9s %9s %9s %9s %9s", r.Entry.PID, r.Entry.Name, r.Entry.Platform, len(r.Cores),
			100*r.busy, r.Threads, rate(r.calls), rate(r.rates[0]+r.rates[1]), rate(r.rates[2]), took(r.latency), took(r.late), record.Size(r.Resident))
		if i == at && !plain {
			lines[len(lines)-1] = "\x1b[1m" + lines[len(lines)-1] + "\x1b[m"
		}
	}
	if len(v.rows) > 0 {
		add("")
		v.detail(&v.rows[at], add)
	}
	if height > 0 && len(lines) > height {
		lines = lines[:height]
	}
	return lines
}

// detail shows one enclave: cores, what it calls, memory.
func (v *View) detail(r *row, add func(format string, args ...any)) {
	e := r.Entry
	add("%s: %s, up %s; Linux on CPU %s", e.Name, e.Program, r.Uptime.Round(time.Second), cpus.Format(e.Linux))
	add("  a second: %s in assembly, %s local, %s shipped, %s refused", rate(r.rates[0]), rate(r.rates[1]), rate(r.rates[2]), rate(r.rates[3]))
	for i := range r.cores {
		c := &r.cores[i]
		runs := "idle"
		if c.Running != 0 {
			runs = fmt.Sprintf("thread %d", c.Running)
		}
		add("  core %-3d CPU %-3d busy %5.1f%%  %9s switches/s  %s", i, c.CPU, 100*c.busy, rate(c.switches), runs)
	}
	var mapped []string
	for _, m := range r.Memory {
		mapped = append(mapped, m.Kind+" "+record.Size(m.N))
	}
	add("  memory   resident %s of %s, pool in use %s; mapped: %s", record.Size(r.Resident), record.Size(e.Mem), record.Size(r.Pool), strings.Join(mapped, ", "))
	executed := uint64(0)
	for i := range r.Proxies {
		executed += r.Proxies[i].Calls
	}
	add("  proxies  %d made, %d calls executed; %d process%s", r.Made, executed, r.Processes, es(r.Processes))
	type call struct {
		nr   int
		n    uint64
		mean float64
	}
	var calls []call
	for nr := range record.Calls {
		n := max(r.diff.Calls[nr], r.diff.Ships[nr].Sent)
		if n == 0 {
			continue
		}
		c := call{nr: nr, n: n}
		if h := &r.diff.Ships[nr]; h.Count > 0 {
			c.mean = r.Seconds(float64(h.Total) / float64(h.Count))
		}
		calls = append(calls, c)
	}
	slices.SortFunc(calls, func(a, b call) int { return cmp.Or(cmp.Compare(b.n, a.n), a.nr-b.nr) })
	add("  %-20s %10s %10s", "CALL", "PER SECOND", "SHIPPED IN")
	for _, c := range calls[:min(len(calls), 8)] {
		add("  %-20s %10s %10s", record.CallName(uint16(c.nr)), rate(float64(c.n)/r.span), took(c.mean))
	}
}

func pad(s string, width int, plain bool) string {
	if n := width - len(s); n > 0 && !plain {
		return s + strings.Repeat(" ", n)
	}
	return s
}

// rate shows a number of events a second.
func rate(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 10:
		return fmt.Sprintf("%.1f", v)
	case v < 100e3:
		return fmt.Sprintf("%.0f", v)
	case v < 100e6:
		return fmt.Sprintf("%.0fk", v/1e3)
	}
	return fmt.Sprintf("%.0fM", v/1e6)
}

// took shows a duration in seconds; nothing if there was none.
func took(s float64) string {
	if s == 0 {
		return "-"
	}
	return record.Duration(s * 1e9)
}

func one(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
