package compat

import (
	_ "embed"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/skerry-os/skerry/test/diff"
)

// pytests runs tests of Python's own suite and writes each one's begin and verdict to a file: what
// unittest prints is mixed with what the tests themselves do.
//
//go:embed pytests.py
var pytests string

// pythonTests is a module of CPython's own tests, from Debian's package.
func pythonTests(module string, long bool) suite {
	return suite{name: "python " + module, what: "CPython's own " + module, long: long,
		needs: []string{"/usr/bin/python3", "/usr/lib/python3.11/test/" + pythonFile(module)},
		run: func(s *session, prefix []string) (outcomes, string, error) {
			r, err := s.do(prefix, diff.Case{Args: []string{"/usr/bin/python3", "./pytests.py", "test." + module},
				Files: map[string]string{"pytests.py": pytests}, IgnoreFiles: []string{"*"}, Timeout: 40 * time.Minute})
			if err != nil {
				return nil, "", err
			}
			text, err := os.ReadFile(filepath.Join(s.last(), "verdicts"))
			if err != nil {
				return nil, "", err
			}
			o := parsePython(string(text))
			why := trouble(r)
			if o.count(fail)+o.count(none) > 0 || r.Status != 0 {
				why += tail(r.Stdout, 3000) + tail(r.Stderr, 6000)
			}
			return o, why, nil
		}}
}

func pythonFile(module string) string {
	if module == "test_asyncio" {
		return module // a folder
	}
	return module + ".py"
}

// parsePython reads pytests.py's lines. A test that began and has no end is the one that hung.
func parsePython(text string) outcomes {
	o := outcomes{}
	for line := range strings.SplitSeq(text, "\n") {
		what, name, ok := strings.Cut(line, " ")
		switch {
		case !ok:
		case what == "start":
			o[name] = none
		default:
			o[name] = verdict(what)
		}
	}
	return o
}
