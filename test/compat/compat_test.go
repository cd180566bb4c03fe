package compat

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/skerry-os/skerry/test/diff"
)

var (
	full  = flag.Bool("full", false, "run the long suites too")
	write = flag.String("write", "", "write the table to this `FILE`")
)

// TestCompat runs each suite on Linux and on skerry. What passes on Linux and not on skerry is an error
// unless reasons has it.
func TestCompat(t *testing.T) {
	prefix, err := diff.Prefix()
	if err != nil {
		t.Fatal(err)
	}
	onlyShort = !*full
	var rows []row
	for _, s := range suites() {
		if s.long && !*full {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			if why := (&diff.Case{Needs: s.needs}).Missing(); why != "" {
				rows = append(rows, row{suite: s, missing: why})
				t.Skip(why)
			}
			r, err := compare(&s, prefix, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, r)
			t.Logf("%d pass on Linux, %d on skerry", r.linux, r.skerry)
			for _, d := range r.differences {
				if d.reason == "" && d.got != some {
					t.Errorf("%s: passes on Linux; on skerry: %s", d.test, d.got)
				}
			}
			if t.Failed() || r.unexplained() {
				t.Log(r.why)
			}
		})
	}
	if *write != "" {
		root, err := diff.Root()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, *write), []byte(table(rows)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func compare(s *suite, prefix []string, dir string) (row, error) {
	ses := &session{dir: filepath.Join(dir, "linux"), output: map[string]string{}}
	linux, linuxWhy, err := s.run(ses, nil)
	if err != nil {
		return row{}, fmt.Errorf("on Linux: %w", err)
	}
	if linux.count(pass) == 0 {
		return row{}, fmt.Errorf("nothing passes on Linux: %s", linuxWhy)
	}
	ses.dir = filepath.Join(dir, "skerry")
	skerry, why, err := s.run(ses, prefix)
	if err != nil {
		return row{}, fmt.Errorf("on skerry: %w", err)
	}
	r := row{suite: *s, linux: linux.count(pass), why: why, differences: differences(s.name, linux, skerry)}
	if r.unexplained() {
		// Tests of others have time limits that a busy machine breaks. What passes now is named all the same.
		ses.dir = filepath.Join(dir, "again")
		again, why, err := s.run(ses, prefix)
		if err != nil {
			return row{}, fmt.Errorf("on skerry, again: %w", err)
		}
		r.why += "\nagain:\n" + why
		for i := range r.differences {
			if d := &r.differences[i]; again[d.test] == pass {
				d.got = some
			}
		}
	}
	r.skerry = r.linux - len(r.differences)
	return r, nil
}

func TestParsePython(t *testing.T) {
	got := parsePython(`test_a (test.test_os.FileTests) ... ok
test_b (test.test_os.FileTests)
Says what it does. ... FAIL
test_c (test.test_os.FileTests.test_c) ... skipped 'no'
test_d (test.test_os.X) ... noise
ok
test_e (test.test_os.X) ...
`)
	want := outcomes{"test.test_os.FileTests.test_a": pass, "test.test_os.FileTests.test_b": fail, "test.test_os.FileTests.test_c": skip,
		"test.test_os.X.test_d": pass, "test.test_os.X.test_e": none}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	for name, v := range want {
		if got[name] != v {
			t.Errorf("%s is %q, want %q", name, got[name], v)
		}
	}
}

func TestDifferences(t *testing.T) {
	linux := outcomes{"a": pass, "b": pass, "c": fail, "d": skip, "e": pass}
	d := differences("s", linux, outcomes{"a": pass, "b": fail, "c": fail})
	if len(d) != 2 || d[0].test != "b" || d[0].got != fail || d[1].test != "e" || d[1].got != none {
		t.Errorf("%+v", d)
	}
}
