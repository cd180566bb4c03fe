package record

import (
	"bytes"
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// Report is everything that `skerry run --stats` shows, as numbers.
type Report struct {
	Program string
	Where   string // cores and CPUs, for people
	Clock   Clock  // stopped

	Counters Counters // all cores' together
	Pending  int      // shipped calls without an answer

	Sites   *Sites // nil: not known
	Memory  []Bytes
	Threads int
	Proxies int
}

// Sites is what became of the program's call sites.
type Sites struct {
	Patterns [4]int // rewritten and in force, by pattern A to D
	Traps    uint64 // system calls that came by a trap
	Left     []Site // those that stay as they are
}

// Site is a call site that is not rewritten.
type Site struct {
	Addr uint64
	Nr   uint32
	Hits uint64
	Why  string
}

// Bytes is one kind of memory.
type Bytes struct {
	Kind string
	N    uint64
}

// How many lines the longest parts get, so that the whole fits a screen.
const (
	slowest  = 10
	topSites = 5
)

// Append appends the report's text to b. It allocates.
func (r *Report) Append(b []byte) []byte {
	w := bytes.NewBuffer(b)
	fmt.Fprintf(w, "\nskerry: %s ran %s on %s\n", r.Program, duration(float64(r.Clock.Elapsed())), r.Where)
	r.calls(w)
	r.ships(w)
	if r.Sites != nil {
		r.sites(w)
	}
	fmt.Fprintf(w, "\nmemory  ")
	for i, m := range r.Memory {
		if i > 0 {
			fmt.Fprint(w, ", ")
		}
		fmt.Fprintf(w, "%s %s", m.Kind, size(m.N))
	}
	c := &r.Counters
	fmt.Fprintf(w, "\ncores   %d switches, %d slices ended for another thread, %d kicks, %d times idle\n",
		c.Switches, c.Slices, c.Kicks, c.Idles)
	fmt.Fprintf(w, "events  %d signals delivered, %d faults; %d threads at the end; %d proxies made\n",
		c.Signals, c.Faults, r.Threads, r.Proxies)
	return w.Bytes()
}

// calls shows the system calls by class.
func (r *Report) calls(w *bytes.Buffer) {
	c := &r.Counters
	local, ships, sampled := c.Answered(), c.Ship(), c.Local
	all := c.Called() + c.Fast
	fmt.Fprintf(w, "\n%-22s %12s %7s %10s %10s\n", "system calls", "count", "share", "total", "mean")
	line := func(name string, n uint64, total, mean string) {
		share := "-"
		if all > 0 {
			share = fmt.Sprintf("%.1f %%", 100*float64(n)/float64(all))
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-20s %12d %7s %10s %10s", name, n, share, total, mean), " "))
	}
	line("answered in assembly", c.Fast, "-", "-")
	if sampled.Count > 0 {
		mean := r.Clock.Span(sampled.Total) / float64(sampled.Count)
		line("local", local, "~"+duration(mean*float64(local)), "~"+duration(mean))
	} else {
		line("local", local, "-", "-")
	}
	total, mean := "-", "-"
	if ships.Count > 0 {
		sum := 0.0
		for nr := range Calls {
			sum += c.Ships[nr].Time()
		}
		sum *= r.Clock.Span(1)
		total, mean = ships.about()+duration(sum), ships.about()+duration(sum/float64(ships.Sent))
	}
	line("shipped to Linux", c.Shipped, total, mean)
	line("refused", c.Refused, "-", "-")
	line("all", all, "", "")
	if r.Pending > 0 {
		fmt.Fprintf(w, "  (%d shipped calls had no answer yet)\n", r.Pending)
	}
}

// ships shows the shipped calls that took longest together.
func (r *Report) ships(w *bytes.Buffer) {
	type row struct {
		nr int
		Ship
	}
	var rows []row
	for nr := range Calls {
		if t := r.Counters.Ships[nr]; t.Count > 0 {
			rows = append(rows, row{nr, t})
		}
	}
	if len(rows) == 0 {
		return
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.Time(), a.Time()), cmp.Compare(a.nr, b.nr))
	})
	fmt.Fprintf(w, "\n%-22s %12s %10s %10s %10s\n", "shipped, by time", "count", "total", "mean", "max")
	for _, t := range rows[:min(len(rows), slowest)] {
		fmt.Fprintf(w, "  %-20s %12d %10s %10s %10s\n", CallName(uint16(t.nr)), t.Sent, t.about()+duration(t.Time()*r.Clock.Span(1)),
			t.about()+duration(r.Clock.Span(t.Total)/float64(t.Count)), duration(r.Clock.Span(t.Max)))
	}
	if n := len(rows) - slowest; n > 0 {
		fmt.Fprintf(w, "  and %d others\n", n)
	}
}

// about marks what is estimated from samples.
func (s *Ship) about() string {
	if s.Count*2 < s.Sent {
		return "~"
	}
	return ""
}

func (r *Report) sites(w *bytes.Buffer) {
	s := r.Sites
	n := 0
	for _, p := range s.Patterns {
		n += p
	}
	fmt.Fprintf(w, "\ncall sites  %d rewritten (A %d, B %d, C %d, D %d), %d left as they are; %d traps\n",
		n, s.Patterns[0], s.Patterns[1], s.Patterns[2], s.Patterns[3], len(s.Left), s.Traps)
	left := slices.Clone(s.Left)
	slices.SortFunc(left, func(a, b Site) int {
		return cmp.Or(cmp.Compare(b.Hits, a.Hits), cmp.Compare(a.Addr, b.Addr))
	})
	for _, l := range left[:min(len(left), topSites)] {
		fmt.Fprintf(w, "  %-14s %6d traps  %-16s %s\n", fmt.Sprintf("%#x", l.Addr), l.Hits, CallName(uint16(min(l.Nr, NoCall))), l.Why)
	}
}

// Duration and Size are how reports show nanoseconds and bytes.
func Duration(ns float64) string { return duration(ns) }
func Size(n uint64) string       { return size(n) }

// duration shows nanoseconds with three digits.
func duration(ns float64) string {
	switch {
	case ns < 0.5:
		return "0"
	case ns < 999.5:
		return fmt.Sprintf("%.3g ns", ns)
	case ns < 999.5e3:
		return digits(ns/1e3) + " us"
	case ns < 999.5e6:
		return digits(ns/1e6) + " ms"
	case ns < 100e9:
		return digits(ns/1e9) + " s"
	}
	return time.Duration(ns).Round(time.Second).String()
}

// digits shows a number below 1000 with three digits.
func digits(v float64) string {
	switch {
	case v < 9.995:
		return fmt.Sprintf("%.2f", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// size shows bytes in the largest unit that leaves at least one before the point.
func size(n uint64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	u := min((bits.Len64(n)-1)/10, 4)
	s := digits(float64(n) / float64(uint64(1)<<(10*u)))
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	return s + " " + [...]string{"", "KiB", "MiB", "GiB", "TiB"}[u]
}
