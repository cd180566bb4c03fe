package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/fwk/plan"
)

// call runs the command line and returns its status and what it printed.
func call(args ...string) (status int, stdout, stderr string) {
	var err bytes.Buffer
	status = run(&err, append([]string{"skerry"}, args...))
	return status, "", err.String()
}

// machine puts an invented machine with CPUs 0-3 and 8 GiB under the command, and returns where the
// plan that reaches boot is to be found.
func machine(t *testing.T) **plan.Plan {
	t.Helper()
	got := new(*plan.Plan)
	oldBoot, oldHere, oldClaims := boot, here, openClaims
	t.Cleanup(func() { boot, here, openClaims = oldBoot, oldHere, oldClaims })
	openClaims = func() (*enclave.Claims, error) { return nil, errors.New("no enclaves") }
	boot = func(p *plan.Plan) error { *got = p; return nil }
	here = func() *plan.Host {
		h := plan.Here(nil)
		four := func() (cpus.Set, error) { return cpus.Of(0, 1, 2, 3), nil }
		h.Allowed, h.Online = four, four
		h.SMT = func() bool { return false }
		h.Memory = func() (plan.Memory, error) { return plan.Memory{Total: 8 << 30, Available: 8 << 30}, nil }
		h.Environ = func() []string { return []string{"PATH=/usr/bin:/bin", "HOME=/"} }
		return h
	}
	return got
}

func TestRunFlags(t *testing.T) {
	got := machine(t)
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		ok   func(p *plan.Plan) bool
	}{
		{[]string{"/bin/sh"}, func(p *plan.Plan) bool {
			return p.Path == "/bin/sh" && slices.Equal(p.Args, []string{"/bin/sh"}) && p.Mem == 6<<30 &&
				slices.Equal(p.CPUs, []int{2, 3}) && slices.Equal(p.ProxyCPUs, []int{0, 1}) && p.Platform == "process" &&
				!p.Stats && !p.Verbose && p.Trace == "" && p.Cwd == "" && slices.Equal(p.Env, []string{"PATH=/usr/bin:/bin", "HOME=/"})
		}},
		{[]string{"--", "/bin/sh", "-c", "x"}, func(p *plan.Plan) bool {
			return slices.Equal(p.Args, []string{"/bin/sh", "-c", "x"})
		}},
		{[]string{"sh", "--stats", "-v", "--help", "--"}, func(p *plan.Plan) bool {
			return slices.Equal(p.Args, []string{"sh", "--stats", "-v", "--help", "--"}) && !p.Stats && !p.Verbose
		}},
		{[]string{"--stats", "-v", "--", "sh"}, func(p *plan.Plan) bool { return p.Stats && p.Verbose }},
		{[]string{"--cpus", "1", "sh"}, func(p *plan.Plan) bool { return slices.Equal(p.CPUs, []int{3}) }},
		{[]string{"--cpus=1-1,3", "sh"}, func(p *plan.Plan) bool {
			return slices.Equal(p.CPUs, []int{1, 3}) && slices.Equal(p.ProxyCPUs, []int{0, 2})
		}},
		{[]string{"--mem", "64M", "sh"}, func(p *plan.Plan) bool { return p.Mem == 64<<20 }},
		{[]string{"--env", "A=1,2", "--env", "HOME=/x", "sh"}, func(p *plan.Plan) bool {
			return slices.Equal(p.Env, []string{"PATH=/usr/bin:/bin", "HOME=/x", "A=1,2"})
		}},
		{[]string{"--cwd", dir, "sh"}, func(p *plan.Plan) bool { return p.Cwd == dir }},
		{[]string{"--trace", dir + "/t.json", "sh"}, func(p *plan.Plan) bool { return p.Trace == dir+"/t.json" }},
		{[]string{"--platform", "process", "sh"}, func(p *plan.Plan) bool { return p.Platform == "process" }},
	} {
		*got = nil
		status, stdout, stderr := call(append([]string{"run"}, c.args...)...)
		if status != 0 || *got == nil || stdout != "" {
			t.Errorf("%q: status %d, %q, %q", c.args, status, stdout, stderr)
			continue
		}
		if !c.ok(*got) {
			t.Errorf("%q: %+v", c.args, *got)
		}
		if said := stderr != ""; said != (*got).Verbose {
			t.Errorf("%q: said %q", c.args, stderr)
		}
	}
}

func TestFailures(t *testing.T) {
	got := machine(t)
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{[]string{"run"}, 125, "skerry: no program given: usage: skerry run"},
		{[]string{"run", "--"}, 125, "no program given"},
		{[]string{"run", "--nonsense", "sh"}, 125, "not defined: --nonsense: see `skerry run --help`"},
		{[]string{"run", "-x", "sh"}, 125, "unknown flag: -x"},
		{[]string{"run", "--mem"}, 125, "needs an argument"},
		{[]string{"run", "--mem", "1M", "sh"}, 125, "too little memory for an enclave: --mem 1M"},
		{[]string{"run", "--mem", "9G", "sh"}, 125, "the machine has 8 GiB"},
		{[]string{"run", "--cpus", "9-9", "sh"}, 125, "there is no CPU 9 online: --cpus 9-9: the machine has 0-3, allowed are 0-3"},
		{[]string{"run", "--cpus", "5", "sh"}, 125, "not enough CPUs"},
		{[]string{"run", "--env", "A", "sh"}, 125, "bad --env"},
		{[]string{"run", "--cwd", dir + "/none", "sh"}, 125, "cannot enter --cwd"},
		{[]string{"run", "--platform", "kvm", "sh"}, 125, "not built yet: kvm"},
		{[]string{"run", "--trace", dir, "sh"}, 125, "it is a directory"},
		{[]string{"run", dir}, 126, "skerry: cannot run: " + dir + ": it is a directory"},
		{[]string{"run", "--", plain}, 126, "chmod +x"},
		{[]string{"run", dir + "/none"}, 127, "skerry: no such program: " + dir + "/none"},
		{[]string{"run", "surely-no-such-program"}, 127, "none of these directories has it: /usr/bin:/bin"},
	} {
		*got = nil
		status, stdout, stderr := call(c.args...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.stderr) ||
			!strings.HasPrefix(stderr, "skerry: ") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: status %d, want %d; stdout %q; stderr %q, want one line with %q", c.args, status, c.status, stdout, stderr, c.stderr)
		}
		if *got != nil {
			t.Errorf("%q: booted", c.args)
		}
	}
}

func TestBootFailureIsReported(t *testing.T) {
	machine(t)
	boot = func(*plan.Plan) error { return plan.Failure("cannot map", "the pool", "free memory") }
	if status, _, stderr := call("run", "sh"); status != 125 || stderr != "skerry: cannot map: the pool: free memory\n" {
		t.Errorf("%d, %q", status, stderr)
	}
}

// Every other verb, and help, is skerry-cli's.
func TestForward(t *testing.T) {
	old := forward
	t.Cleanup(func() { forward = old })
	var got []string
	forward = func(args []string) error { got = args; return nil }
	for _, args := range [][]string{{}, {"check"}, {"--help"}, {"runs", "x"}, {"help", "run"}} {
		got = nil
		if status, _, said := call(args...); status != 0 || said != "" || !slices.Equal(got, append([]string{"skerry"}, args...)) {
			t.Errorf("%q: %d, %q, forwarded %q", args, status, said, got)
		}
	}
	for _, args := range [][]string{{"run", "--help"}, {"run", "-h"}, {"run", "-v", "--help", "ls"}} {
		if status, _, said := call(args...); status != 0 || said != "" || !slices.Equal(got, []string{"skerry", "run", "--help"}) {
			t.Errorf("%q: %d, %q, forwarded %q", args, status, said, got)
		}
	}
}
