package explain

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/fwk/observe"
	"github.com/skerry-os/skerry/lwk/record"
)

// Write shows the report, about one screenful.
func (rep *Report) Write(w io.Writer) error {
	var b strings.Builder
	rep.table(&b)
	rep.verdict(&b)
	if s := rep.counted.enclave.counters; s != nil {
		rep.costs(&b, s)
	} else {
		b.WriteString("\nThe enclave was gone before its counters could be read: too short a run to say where time goes.\n")
	}
	b.WriteString("\nwhat would help\n")
	for _, a := range rep.advice() {
		fmt.Fprintf(&b, "  - %s\n", a)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (rep *Report) table(b *strings.Builder) {
	fmt.Fprintf(b, "%s: %d runs on Linux and %d in an enclave (%s), alternating; medians\n\n", rep.program, rep.rounds, rep.rounds, rep.where())
	fmt.Fprintf(b, "  %-28s %12s %12s %7s\n", "", "Linux", "enclave", "ratio")
	line := func(name string, l, e float64, show func(float64) string) {
		ratio := "-"
		if l > 0 {
			ratio = fmt.Sprintf("%.2f", e/l)
		}
		fmt.Fprintf(b, "  %-28s %12s %12s %7s\n", name, show(l), show(e), ratio)
	}
	seconds := func(v float64) string { return record.Duration(v * 1e9) }
	number := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	size := func(v float64) string { return record.Size(uint64(v)) }
	each := func(name string, value func(r *result) float64, show func(float64) string) {
		line(name, median(of(rep.linux, value)), median(of(rep.enclave, value)), show)
	}
	each("time", wall, seconds)
	fmt.Fprintf(b, "  %-28s %11.0f%% %11.0f%%\n", "  largest less smallest", 100*spread(of(rep.linux, wall)), 100*spread(of(rep.enclave, wall)))
	each("CPU time in programs", func(r *result) float64 { return r.user }, seconds)
	each("CPU time in Linux", func(r *result) float64 { return r.system }, seconds)
	each("page faults", func(r *result) float64 { return float64(r.minor + r.major) }, number)
	each("  from disk", func(r *result) float64 { return float64(r.major) }, number)
	each("context switches", func(r *result) float64 { return float64(r.yielded + r.preempted) }, number)
	each("resident at most", func(r *result) float64 { return float64(r.resident) }, size)
	line("  of it in large pages", float64(rep.counted.linux.large), float64(rep.counted.enclave.large), size)
	b.WriteString("  (CPU time of an enclave has the polling of cores and proxies in it)\n")
}

func (rep *Report) verdict(b *strings.Builder) {
	l, e := of(rep.linux, wall), of(rep.enclave, wall)
	ratio := median(e) / median(l)
	b.WriteString("\n")
	switch compare(l, e) {
	case gains:
		fmt.Fprintf(b, "An enclave gains: the program takes %.0f %% of the time, %s less.\n", 100*ratio, record.Duration((median(l)-median(e))*1e9))
	case loses:
		fmt.Fprintf(b, "An enclave loses: the program takes %.2f times as long, %s more.\n", ratio, record.Duration((median(e)-median(l))*1e9))
	default:
		fmt.Fprintf(b, "These runs cannot tell: the medians differ by %.0f %%, runs of one side by up to %.0f %%. More --rounds, or a quieter machine.\n",
			100*math.Abs(ratio-1), 100*max(spread(l), spread(e)))
	}
	if !rep.same {
		b.WriteString("Output or exit status were not the same in all runs: the program does different work each time, or something is wrong.\n")
	}
}

// share shows a part of the enclave's time.
func (rep *Report) share(seconds float64) string {
	t := rep.counted.enclave.wall * float64(rep.cores)
	if t <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*seconds/t)
}

// costs says where an enclave's time goes.
func (rep *Report) costs(b *strings.Builder, s *observe.Snapshot) {
	t := &s.Total
	fmt.Fprintf(b, "\nwhere the time of the enclave's %d core%s goes (another run, %s)\n", rep.cores, plural(rep.cores), record.Duration(rep.counted.enclave.wall*1e9))
	show := func(v float64) string { return record.Duration(v * 1e9) }
	row := func(name, count, total, share, note string) {
		fmt.Fprintln(b, strings.TrimRight(fmt.Sprintf("  %-26s %10s %12s %8s  %s", name, count, total, share, note), " "))
	}
	row("", "calls", "time", "share", "")
	row("answered in assembly", fmt.Sprint(t.Fast), "-", "-", "some ns each")
	local := 0.0
	if t.Local.Count > 0 {
		local = s.Seconds(float64(t.Local.Total)/float64(t.Local.Count)) * float64(t.Answered())
	}
	row("local", fmt.Sprint(t.Answered()), "~"+show(local), rep.share(local), "")
	ship, linux := rep.shipped(s)
	row("shipped to Linux", fmt.Sprint(t.Shipped), show(ship), rep.share(ship), "~"+show(linux)+" of it Linux's own, waiting included")
	row("refused", fmt.Sprint(t.Refused), "-", "-", refused(t))
	idle := 0.0
	for _, c := range s.Cores {
		idle += c.Idle.Seconds()
	}
	row("nothing to do", "", show(idle), rep.share(idle), "in part waiting for shipped calls")
	if rep.start.enclave > 0 {
		row("start of an enclave", "", show(rep.start.enclave), rep.share(rep.start.enclave), show(rep.start.linux)+" on Linux")
	}
	row("thread switches", fmt.Sprint(t.Switches), "", "", fmt.Sprintf("%d slices ended for another thread, %d threads at most", t.Slices, rep.counted.enclave.threads))
	if names := slowest(s); names != "" {
		fmt.Fprintf(b, "  most of the shipped time: %s\n", names)
	}
}

// shipped is how long shipped calls took, and how much of it Linux, in seconds. Calls of several threads
// overlap.
func (rep *Report) shipped(s *observe.Snapshot) (all, linux float64) {
	for i := range s.Total.Ships {
		all += s.Seconds(s.Total.Ships[i].Time())
	}
	for i := range s.Proxies {
		p := &s.Proxies[i]
		if p.Busy.Count > 0 {
			linux += s.Seconds(float64(p.Busy.Total) / float64(p.Busy.Count) * float64(p.Calls))
		}
	}
	return all, min(linux, all)
}

func slowest(s *observe.Snapshot) string {
	var list []int
	for nr := range s.Total.Ships {
		if s.Total.Ships[nr].Count > 0 {
			list = append(list, nr)
		}
	}
	slices.SortFunc(list, func(a, b int) int { return cmp.Compare(s.Total.Ships[b].Time(), s.Total.Ships[a].Time()) })
	var names []string
	for _, nr := range list[:min(len(list), 4)] {
		h := &s.Total.Ships[nr]
		names = append(names, fmt.Sprintf("%s %d x %s", record.CallName(uint16(nr)), h.Sent,
			record.Duration(1e9*s.Seconds(float64(h.Total)/float64(h.Count)))))
	}
	return strings.Join(names, ", ")
}

// refused names the calls that were.
func refused(t *record.Counters) string {
	var names []string
	for nr, n := range t.Calls {
		if c := triage.Lookup(nr); n > 0 && (c == nil || c.Where == triage.Refuse) {
			names = append(names, record.CallName(uint16(nr)))
		}
	}
	return strings.Join(names[:min(len(names), 4)], ", ")
}

// advice is what the numbers speak for; each names its reason.
func (rep *Report) advice() (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	e := rep.counted.enclave
	time := median(of(rep.enclave, wall))
	if rep.option != "" {
		m := of(rep.more, wall)
		said := map[verdict]string{gains: "faster than without", loses: "slower than without", unclear: "no clear difference"}[compare(of(rep.enclave, wall), m)]
		add("%s, since up to %d threads shared %d core%s: measured in the same rounds, %s (%s)", rep.option, e.threads, rep.cores,
			plural(rep.cores), record.Duration(median(m)*1e9), said)
	}
	if d := rep.start.enclave - rep.start.linux; time > 0 && d > 0.1*time {
		add("longer runs: the start of the enclave, which comes once, takes %.0f %% of this one", min(100, 100*d/time))
	}
	if rep.plan.Shared() {
		add("more CPUs: enclave and Linux share CPU %s, so that each shipped call switches between the two", rep.where())
	}
	if s := e.counters; s != nil {
		ship, linux := rep.shipped(s)
		n := s.Total.Shipped
		if way := ship - linux; e.wall > 0 && way > 0.1*e.wall*float64(rep.cores) && n > 0 {
			add("fewer, larger calls to files and sockets: the way to Linux and back took %s, %s for each of %d calls",
				record.Duration(way*1e9), record.Duration(way/float64(n)*1e9), n)
		}
		if s.Processes > 1 || s.Total.Calls[57]+s.Total.Calls[58]+s.Total.Calls[56] > 20 {
			add("fewer processes: the program makes many, each is an enclave with a start of its own")
		}
	}
	if e.resident > rep.plan.Mem/10*9 {
		add("--mem: %s of %s was resident", record.Size(e.resident), record.Size(rep.plan.Mem))
	}
	if len(list) == 0 {
		add("nothing that an option of skerry changes")
	}
	return list
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
