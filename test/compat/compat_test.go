package compat

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/skerry-os/skerry/test/diff"
)

var (
	full  = flag.Bool("full", false, "run the long suites too")
	write = flag.String("write", "", "write the table to this `FILE`, with what earlier runs saw of suites that this one leaves out")
)

// TestCompat runs each suite on Linux and on skerry. What passes on Linux and not on skerry is an error
// unless reasons has it.
func TestCompat(t *testing.T) {
	prefix, err := diff.Prefix()
	if err != nil {
		t.Fatal(err)
	}
	onlyShort = !*full
	root, err := diff.Root()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "build", "compat.json")
	keep := func(r row) {
		if *write == "" {
			return
		}
		if err := save(file, &r); err != nil {
			t.Error(err)
		}
	}
	for _, s := range suites() {
		if s.long && !*full {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			if why := (&diff.Case{Needs: s.needs}).Missing(); why != "" {
				keep(row{suite: s, missing: why})
				t.Skip(why)
			}
			r, err := compare(&s, prefix, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			keep(r)
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
		rows, err := load(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, *write), []byte(table(rows.rows())), 0o644); err != nil {
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
	got := parsePython("start a.b\npass a.b\nstart c\nfail c\nstart d\nskip d\nstart hangs\n")
	want := outcomes{"a.b": pass, "c": fail, "d": skip, "hangs": none}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestDifferences(t *testing.T) {
	linux := outcomes{"a": pass, "b": pass, "c": fail, "d": skip, "e": pass}
	d := differences("s", linux, outcomes{"a": pass, "b": fail, "c": fail})
	if len(d) != 2 || d[0].test != "b" || d[0].got != fail || d[1].test != "e" || d[1].got != none {
		t.Errorf("%+v", d)
	}
}

func TestSaved(t *testing.T) {
	file := filepath.Join(t.TempDir(), "build", "rows.json")
	all := suites()
	want := row{suite: all[1], linux: 5, skerry: 3, differences: []difference{{test: "a", got: fail}, {test: "b", got: none}}}
	for _, r := range []row{{suite: all[0], missing: "no shell"}, {suite: all[1], linux: 1}, want} {
		if err := save(file, &r); err != nil {
			t.Fatal(err)
		}
	}
	s, err := load(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := s.rows()
	if len(rows) != len(all) || rows[0].missing != "no shell" || rows[2].missing == "" {
		t.Errorf("%+v", rows[:3])
	}
	got := rows[1]
	if got.linux != 5 || got.skerry != 3 || !slices.Equal(got.differences, want.differences) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
