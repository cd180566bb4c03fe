// Package diff runs one program under Linux and under skerry and says where they differ. It owns the description of a
// case, building test programs, running a side in a fresh directory, comparing what came out, and finding what is left
// behind: processes and shared-memory files.
//
// The skerry side is a command prefix, SKERRY_RUN, split at spaces; without it, "bin/skerry run --" of this repository.
// With SKERRY_RUN=env both sides are Linux, which shows that a case is deterministic.
package diff

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// DefaultTimeout ends a side that hangs. It is generous: it must never decide on a slow machine.
const DefaultTimeout = 90 * time.Second

// A Case is one program with its input, and what of its behaviour is compared.
type Case struct {
	Name    string
	Variant string // "" or what distinguishes this build of the same program; a subtest of its own

	Build *Build   // the program to build; nil when Args[0] names an installed one
	Args  []string // Build: the arguments behind the program; else the whole command
	Env   []string // K=V, added to the small fixed environment
	Stdin string
	Files map[string]string // written into the working directory before the run

	Status       int              // the exit status that Linux must show, 128+n after signal n
	Mask         []*regexp.Regexp // what matches is replaced in all output before comparing
	IgnoreStderr bool
	IgnoreFiles  []string // patterns of names in the working directory that may differ, with all below them

	Needs   []string // commands, absolute files, or "cpus=N": without them the case is skipped
	Timeout time.Duration
}

// Title is the case's name in full.
func (c *Case) Title() string {
	if c.Variant == "" {
		return c.Name
	}
	return c.Name + "/" + c.Variant
}

// Root is the repository's top directory, found by go.mod above the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("diff: no go.mod in or above %s: run the tests inside the repository", dir)
		}
	}
}

// Prefix is the command that runs a program on skerry, with the program and its arguments to follow. The error says
// why there is none, and how to get it.
func Prefix() ([]string, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	if p := strings.Fields(os.Getenv("SKERRY_RUN")); len(p) > 0 {
		// Programs run in their own directories: a path in the prefix is one from the repository's top.
		if strings.Contains(p[0], "/") && !filepath.IsAbs(p[0]) {
			p[0] = filepath.Join(root, p[0])
		}
		return p, nil
	}
	bin := filepath.Join(root, "bin", "skerry")
	if _, err := os.Stat(bin); err != nil {
		return nil, fmt.Errorf("bin/skerry is not built: make build, or set SKERRY_RUN to a command prefix")
	}
	// The programs are short: every call site is rewritten at once, or few would be.
	return []string{bin, "run", "--rewrite-after", "1", "--"}, nil
}

// Command is Prefix's command without what separates it from the program, for tests that add options: the words before
// a final "--". It is nil when the prefix has no such form, as "env" has not.
func Command() []string {
	p, err := Prefix()
	if err != nil || len(p) < 2 || p[len(p)-1] != "--" {
		return nil
	}
	return p[:len(p)-1]
}

func allowedCPUs() int { return runtime.NumCPU() }
