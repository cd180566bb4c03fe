package compat

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/skerry-os/skerry/test/diff"
)

var goVerdict = regexp.MustCompile(`(?m)^\s*--- (PASS|FAIL|SKIP): (\S+)`)

// goTests is a package of Go's standard library with its own tests, compiled and then run.
func goTests(pkg string, long bool, filter string) suite {
	return suite{name: "go " + pkg, what: "Go's own tests of package " + pkg, long: long, needs: []string{"go"},
		run: func(s *session, prefix []string) (outcomes, string, error) {
			root, err := exec.Command("go", "env", "GOROOT").Output()
			if err != nil {
				return nil, "", fmt.Errorf("go env GOROOT: %w", err)
			}
			src := filepath.Join(strings.TrimSpace(string(root)), "src", pkg)
			if _, err := os.Stat(src); err != nil {
				return nil, "", fmt.Errorf("the standard library's source is not installed: %w", err)
			}
			if err := os.MkdirAll(s.dir, 0o755); err != nil {
				return nil, "", err
			}
			bin := filepath.Join(s.dir, "tests")
			build := exec.Command("go", "test", "-c", "-o", bin, pkg)
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if text, err := build.CombinedOutput(); err != nil {
				return nil, "", fmt.Errorf("go test -c %s: %w: %s", pkg, err, tail(string(text), 500))
			}
			// The tests read files beside their source. cd is a shell's: the tests' process is what it becomes.
			cmd := fmt.Sprintf("cd %s && exec %s -test.v -test.short -test.timeout 20m", src, bin)
			if filter != "" {
				cmd += " -test.run '" + filter + "'"
			}
			r, err := s.do(prefix, diff.Case{Args: []string{"/bin/sh", "-c", cmd}, IgnoreFiles: []string{"*"},
				Env: []string{"GOROOT=" + strings.TrimSpace(string(root)), "GOCACHE=" + filepath.Join(s.dir, "cache"), "GOFLAGS=-mod=mod"}, Timeout: 21 * time.Minute})
			if err != nil {
				return nil, "", err
			}
			o := outcomes{}
			for _, m := range goVerdict.FindAllStringSubmatch(r.Stdout, -1) {
				o[m[2]] = map[string]verdict{"PASS": pass, "FAIL": fail, "SKIP": skip}[m[1]]
			}
			why := trouble(r)
			if o.count(fail) > 0 || r.Status != 0 {
				why += tail(r.Stdout, 6000) + tail(r.Stderr, 3000)
			}
			return o, why, nil
		}}
}
