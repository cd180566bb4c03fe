package compat

import (
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/skerry-os/skerry/test/diff"
)

// verdict is what became of one test.
type verdict string

const (
	pass verdict = "pass"
	fail verdict = "fail"
	skip verdict = "skip"
	none verdict = "no result" // it never said: the run ended, or hung, before
	some verdict = "sometimes" // it passed in the second of two runs
)

// outcomes are the verdicts of a suite's tests by name.
type outcomes map[string]verdict

func (o outcomes) count(v verdict) int {
	n := 0
	for _, have := range o {
		if have == v {
			n++
		}
	}
	return n
}

// suite is a body of tests that somebody else wrote, or one script of ours for each program.
type suite struct {
	name  string
	what  string // for the table
	long  bool   // not in `make test`
	needs []string
	// run makes the tests behind prefix (nil: Linux). The error is the runner's own; why says what else
	// went wrong, such as a hang, and what stood on standard error.
	run func(s *session, prefix []string) (o outcomes, why string, err error)
}

// session is where one side of one suite runs.
type session struct {
	dir    string // a directory of its own for each command is made below it
	runs   int
	output map[string]string // what passed on Linux printed, by test
}

// agree is the verdict on a test that ended well and printed text: it must be what Linux printed, if
// that was seen.
func (s *session) agree(test, text string) verdict {
	want, seen := s.output[test]
	if !seen {
		s.output[test] = text
		return pass
	}
	if text != want {
		return fail
	}
	return pass
}

// do runs one command behind prefix, in a directory of its own.
func (s *session) do(prefix []string, c diff.Case) (*diff.Result, error) {
	s.runs++
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Minute
	}
	return c.Run(prefix, s.last())
}

// last is the directory of the last command.
func (s *session) last() string { return filepath.Join(s.dir, fmt.Sprint(s.runs)) }

// trouble is what a result says beside its tests' verdicts.
func trouble(r *diff.Result) string {
	var b strings.Builder
	if r.Hang != "" {
		fmt.Fprintf(&b, "hang: %s\n", r.Hang)
	}
	for _, l := range r.Left {
		fmt.Fprintf(&b, "left behind: %s\n", l)
	}
	return b.String()
}

// difference is a test that passes on Linux and not on skerry.
type difference struct {
	test   string
	got    verdict
	reason string // "" when nobody knows
}

// differences compares the two sides; tests that Linux does not pass do not count.
func differences(suite string, linux, skerry outcomes) []difference {
	var d []difference
	for test, v := range linux {
		if v != pass {
			continue
		}
		got, ok := skerry[test]
		if !ok {
			got = none
		}
		if got != pass {
			d = append(d, difference{test, got, reason(suite, test)})
		}
	}
	sort.Slice(d, func(i, k int) bool { return d[i].test < d[k].test })
	return d
}

// tail is the end of a text, for reports.
func tail(s string, n int) string {
	if len(s) > n {
		return "... " + s[len(s)-n:]
	}
	return s
}
