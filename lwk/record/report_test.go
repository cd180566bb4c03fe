package record

import (
	"regexp"
	"strings"
	"testing"
)

// example is a report of everything.
func example() *Report {
	c := Counters{Shipped: 30, Refused: 5, Fast: 1000, Local: Times{Count: 4, Total: 400, Max: 200}}
	for nr := range 12 {
		c.Ships[nr] = Ship{Sent: 2, Times: Times{Count: 2, Total: uint64(1000 * (nr + 1)), Max: uint64(700 * (nr + 1))}}
	}
	c.Calls[24], c.Calls[0], c.Calls[100] = 500, 30, 5
	r := &Report{Program: "solver", Where: "1 core (CPU 1); Linux on CPU 0", Clock: Clock{t0: 0, t1: 1 << 30, n0: 0, n1: 1 << 30},
		Counters: c, Pending: 1, Threads: 3, Proxies: 2,
		Sites: &Sites{Patterns: [4]int{9, 8, 7, 6}, Traps: 40}, Memory: []Bytes{{"pool", 3 << 20}, {"stack", 136 << 10}}}
	for i := range 7 {
		r.Sites.Left = append(r.Sites.Left, Site{Addr: uint64(0x401000 + i), Nr: 60, Hits: uint64(i), Why: "no reason"})
	}
	return r
}

var number = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

func TestReport(t *testing.T) {
	text := string(example().Append(nil))
	got := regexp.MustCompile(` +`).ReplaceAllString(number.ReplaceAllString(text, "N"), " ")
	want := `
skerry: solver ran N s on N core (CPU N); Linux on CPU N

system calls count share total mean
 answered in assembly N N % - -
 local N N % ~N us ~N ns
 shipped to Linux N N % N us N us
 refused N N % - -
 all N N %
 (N shipped calls had no answer yet)

shipped, by time count total mean max
` + strings.Repeat(" CALL N N us N us N us\n", 10) + ` and N others

call sites N rewritten (A N, B N, C N, D N), N left as they are; N traps
` + strings.Repeat(" NxN N traps exit no reason\n", 5) + `
memory pool N MiB, stack N KiB
cores N switches, N slices ended for another thread, N kicks, N times idle
events N signals delivered, N faults; N threads at the end; N proxies made
`
	got = regexp.MustCompile(`(?m)^ (munmap|mprotect|mmap|lseek|poll|lstat|fstat|stat|close|open) N N us N (us|ns) N us$`).ReplaceAllString(got, " CALL N N us N us N us")
	if got != want {
		t.Errorf("the report is\n%s\nand with its numbers\n%s", got, text)
	}
	if lines := strings.Count(text, "\n"); lines > 40 {
		t.Errorf("%d lines are more than a screenful", lines)
	}
	// The numbers that are sums.
	for _, want := range []string{
		`local +500 +32\.6 %`, `shipped to Linux +30 +2\.0 %`, `refused +5 +0\.3 %`, `all +1535 +100\.0 %`,
		`30 rewritten`, `7 left`, `munmap +2 +12\.0 us +6\.00 us +8\.40 us`, `0x401006 +6 traps`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "0x401001") {
		t.Error("a site that trapped least is shown")
	}
}

func TestReportOfNothing(t *testing.T) {
	text := string((&Report{Program: "true", Where: "w", Sites: &Sites{}}).Append([]byte("before")))
	if !strings.HasPrefix(text, "before\nskerry: true ran 0 on w\n") || strings.Contains(text, "NaN") || strings.Contains(text, "by time") {
		t.Error(text)
	}
}

func TestUnits(t *testing.T) {
	for ns, want := range map[float64]string{0: "0", 2.4: "2.4 ns", 68.44: "68.4 ns", 999.4: "999 ns", 1000: "1.00 us", 12345: "12.3 us",
		999.9e3: "1.00 ms", 2.5e9: "2.50 s", 400e9: "6m40s"} {
		if got := duration(ns); got != want {
			t.Errorf("duration(%v) = %q, want %q", ns, got, want)
		}
	}
	for n, want := range map[uint64]string{0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1.5 KiB", 3 << 20: "3 MiB", 5 << 30: "5 GiB", 136 << 10: "136 KiB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}
