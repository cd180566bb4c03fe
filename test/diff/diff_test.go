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
}

var count = tally{skipped: map[string]int{}}

func (t *tally) report() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.same+len(t.skipped)+len(t.failed) == 0 {
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
	skerry, err := c.Run(prefix, filepath.Join(dir, "sk"))
	if err != nil {
		fail("%v", err)
	}
	if d := c.Compare(linux, skerry); len(d) > 0 {
		fail("differs from Linux:\n%s", strings.Join(d, "\n"))
	}
	count.mu.Lock()
	count.same++
	count.mu.Unlock()
}
