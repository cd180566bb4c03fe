package compat

import (
	"regexp"
	"strings"
	"time"

	"github.com/skerry-os/skerry/test/diff"
)

var (
	pythonName    = regexp.MustCompile(`^(\w+) \(([\w.<>]+)\)`)
	pythonVerdict = regexp.MustCompile(`\.\.\. (ok|FAIL|ERROR|skipped|expected failure|unexpected success)`)
)

// pythonTests is a module of CPython's own tests, from Debian's package.
func pythonTests(module string, long bool) suite {
	return suite{name: "python " + module, what: "CPython's own " + module, long: long,
		needs: []string{"/usr/bin/python3", "/usr/lib/python3.11/test/" + pythonFile(module)},
		run: func(s *session, prefix []string) (outcomes, string, error) {
			r, err := s.do(prefix, diff.Case{Args: []string{"/usr/bin/python3", "-m", "test", "-v", "-u-network,-urlfetch,-largefile,-gui", module},
				IgnoreFiles: []string{"*"}, Timeout: 15 * time.Minute})
			if err != nil {
				return nil, "", err
			}
			o := parsePython(r.Stdout + "\n" + r.Stderr)
			why := trouble(r)
			if o.count(fail) > 0 || r.Status != 0 {
				why += tail(r.Stdout, 6000) + tail(r.Stderr, 3000)
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

// parsePython reads unittest's verbose output: the name and the verdict are on one line, or the name, a
// line of documentation with the verdict, and in between whatever the test itself prints.
func parsePython(text string) outcomes {
	o := outcomes{}
	name := ""
	for line := range strings.SplitSeq(text, "\n") {
		if m := pythonName.FindStringSubmatch(line); m != nil {
			name = m[2]
			if !strings.HasSuffix(name, "."+m[1]) {
				name += "." + m[1]
			}
			o[name] = none
		}
		m := pythonVerdict.FindStringSubmatch(line)
		if name == "" {
			continue
		}
		if m == nil {
			// A test that writes without a newline: the verdict stands alone at the end.
			switch {
			case o[name] != none:
			case strings.HasSuffix(line, "ok"):
				o[name] = pass
			case strings.HasSuffix(line, "FAIL"), strings.HasSuffix(line, "ERROR"):
				o[name] = fail
			}
			continue
		}
		switch m[1] {
		case "ok", "expected failure":
			o[name] = pass
		case "skipped":
			o[name] = skip
		default:
			o[name] = fail
		}
	}
	return o
}
