package diff

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) {
	// Programs that die must not leave core files.
	none := syscall.Rlimit{}
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &none)
	Hear()
	code := m.Run()
	count.report()
	os.Exit(code)
}

// tally counts outcomes for the line at the end.
type tally struct {
	mu      sync.Mutex
	same    int
	skipped map[string]int // reason -> cases
	failed  []string

	unsteady []string // differed, then agreed
}

var count = tally{skipped: map[string]int{}}

func (t *tally) report() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.same+len(t.skipped)+len(t.failed)+len(t.unsteady) == 0 {
		return
	}
	var why []string
	n := 0
	for reason, k := range t.skipped {
		n += k
		why = append(why, fmt.Sprintf("%d: %s", k, reason))
	}
	sort.Strings(why)
	line := fmt.Sprintf("diff: %d same, %d different, %d skipped", t.same, len(t.failed), n)
	if n > 0 {
		line += " (" + strings.Join(why, "; ") + ")"
	}
	sort.Strings(t.unsteady)
	for _, f := range t.unsteady {
		line += "\n  different once, then the same (a bug to be found): " + f
	}
	sort.Strings(t.failed)
	for _, f := range t.failed {
		line += "\n  different: " + f
	}
	fmt.Println(line)
	// go test shows a passing package's output only with -v: the line is kept in a file as well.
	if root, err := Root(); err == nil {
		_ = os.MkdirAll(buildDir(root), 0o755)
		_ = os.WriteFile(filepath.Join(buildDir(root), "summary.txt"), []byte(line+"\n"), 0o644)
	}
}

// A difference that comes and goes is a bug too, and is said and counted as one. But it says nothing about
// the change that is being tested, so that a few of them do not fail a run; with SKERRY_STRICT set, as in
// `make soak`, which looks for them, each does.
const (
	unsteadyRuns = 3 // agreements that it takes after a difference
	unsteadyMost = 2 // such cases in a run
)

// atOnce limits how many cases run at the same time.
var atOnce = make(chan struct{}, 2)

// TestDiff runs every case on Linux and on skerry. One case: -run 'TestDiff/signals' or 'TestDiff/signals/musl'.
func TestDiff(t *testing.T) {
	prefix, err := Prefix()
	if err != nil {
		t.Skip(err)
	}
	groups := map[string][]Case{}
	var names []string
	for _, c := range Cases() {
		if groups[c.Name] == nil {
			names = append(names, c.Name)
		}
		groups[c.Name] = append(groups[c.Name], c)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range groups[name] {
				if c.Variant == "" {
					runCase(t, &c, prefix)
					continue
				}
				t.Run(c.Variant, func(t *testing.T) { runCase(t, &c, prefix) })
			}
		})
	}
}

func runCase(t *testing.T, c *Case, prefix []string) {
	if why := c.Missing(); why != "" {
		count.mu.Lock()
		count.skipped[why]++
		count.mu.Unlock()
		t.Skip(why)
	}
	atOnce <- struct{}{}
	defer func() { <-atOnce }()
	dir := t.TempDir()
	fail := func(format string, args ...any) {
		count.mu.Lock()
		count.failed = append(count.failed, c.Title())
		count.mu.Unlock()
		t.Fatalf(format, args...)
	}
	// Both directories' names have the same length: it may show in columns.
	linux, err := c.Run(nil, filepath.Join(dir, "lx"))
	if err != nil {
		fail("%v", err)
	}
	if why := c.Check(linux); why != "" {
		fail("the case itself: %s", why)
	}
	differs := func(dir string) []string {
		skerry, err := c.Run(prefix, filepath.Join(dir, "sk"))
		if err != nil {
			fail("%v", err)
		}
		return c.Compare(linux, skerry)
	}
	if d := differs(dir); len(d) > 0 {
		what := strings.Join(d, "\n")
		for range unsteadyRuns {
			if os.Getenv("SKERRY_STRICT") != "" || len(differs(t.TempDir())) > 0 {
				fail("differs from Linux:\n%s", what)
			}
		}
		count.mu.Lock()
		count.unsteady = append(count.unsteady, c.Title())
		n := len(count.unsteady)
		count.mu.Unlock()
		fmt.Fprintf(os.Stderr, "diff: %s differed once and agreed %d times after that: a bug that is still to be found:\n%s\n", c.Title(), unsteadyRuns, what)
		if n > unsteadyMost {
			fail("too many cases that differ now and then")
		}
		return
	}
	count.mu.Lock()
	count.same++
	count.mu.Unlock()
}
