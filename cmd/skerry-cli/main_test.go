package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/fwk/probe"
)

// call runs the command line and returns its status and what it printed.
func call(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = run(strings.NewReader(""), &out, &err, args)
	return status, out.String(), err.String()
}

func TestFailures(t *testing.T) {
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
		{[]string{"ls"}, 125, "skerry: no such command: ls: see `skerry --help`; to run a program: skerry run -- ls"},
		{[]string{"--nonsense"}, 125, "skerry: unknown flag: --nonsense: see `skerry --help`"},
		{[]string{"check", "--format", "xml"}, 125, "must be table or json"},
		{[]string{"check", "now"}, 125, "unexpected argument: now: see `skerry check --help`"},
		{[]string{"syscalls", "nonsense"}, 125, "no such system call: nonsense"},
		{[]string{"syscalls", "--format", "xml"}, 125, "must be table or json"},
		{[]string{"bench", "nonsense"}, 125, "nonsense"},
		{[]string{"bench", "--against", "windows"}, 125, "must be linux"},
		{[]string{"completion"}, 125, "give one of bash, zsh, fish"},
		{[]string{"completion", "csh"}, 125, "unknown shell: csh"},
		{[]string{"man"}, 125, "usage: skerry man DIR"},
		{[]string{"man", plain + "/x"}, 1, "cannot make the manual's directory"},
		{[]string{"version", "x"}, 125, "unexpected argument"},
	} {
		status, stdout, stderr := call(c.args...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.stderr) ||
			!strings.HasPrefix(stderr, "skerry: ") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: status %d, want %d; stdout %q; stderr %q, want one line with %q", c.args, status, c.status, stdout, stderr, c.stderr)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"help"}, {"run", "--help"}, {"run", "-h"}, {"help", "run"}} {
		status, stdout, stderr := call(args...)
		if status != 0 || stderr != "" || !strings.Contains(stdout, "Examples:") || !strings.Contains(stdout, "skerry run") {
			t.Errorf("%q: status %d, %q, %q", args, status, stdout, stderr)
		}
	}
	for _, c := range newRoot().Commands() {
		if c.Hidden {
			continue
		}
		status, stdout, stderr := call(c.Name(), "--help")
		if status != 0 || stderr != "" || !strings.Contains(stdout, "Examples:\n  ") {
			t.Errorf("%s --help: status %d, %q, %q", c.Name(), status, stdout, stderr)
		}
	}
}

func TestCheckTable(t *testing.T) {
	reports := []probe.Report{
		{Platform: "far", What: "later", Why: "not built yet", Cure: "wait", Probes: []probe.Answer{}},
		{Platform: "near", What: "now", Usable: true, Probes: []probe.Answer{
			{Name: "a", What: "this", Required: true, Result: probe.Result{OK: true, Detail: "there"}},
			{Name: "b", What: "that", Result: probe.Result{Detail: "slow", Cure: "hurry"}},
		}},
	}
	var out bytes.Buffer
	if err := check(&out, reports, "table"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"far       not usable: not built yet\n", "near      usable\n", "ok    a ", "this: there\n", "warn  b ", "to cure it: hurry\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	reports[1].Usable = false
	if err := check(&out, reports, "table"); err != exit(1) {
		t.Errorf("nothing usable: %v", err)
	}
}

func TestCheckHere(t *testing.T) {
	status, stdout, stderr := call("check", "--format", "json")
	var reports []probe.Report
	if err := json.Unmarshal([]byte(stdout), &reports); err != nil || stderr != "" {
		t.Fatalf("%v, %q in %s", err, stderr, stdout)
	}
	usable := slices.ContainsFunc(reports, func(r probe.Report) bool { return r.Usable })
	if len(reports) != 3 || usable != (status == 0) {
		t.Errorf("status %d with %+v", status, reports)
	}
	if _, table, _ := call("check"); !strings.Contains(table, "process ") || !strings.Contains(table, "dispatch") {
		t.Errorf("table:\n%s", table)
	}
}

func TestSyscalls(t *testing.T) {
	status, stdout, stderr := call("syscalls", "futex", "--format", "json")
	var calls []map[string]any
	if err := json.Unmarshal([]byte(stdout), &calls); err != nil || status != 0 || stderr != "" || len(calls) != 1 || calls[0]["name"] != "futex" {
		t.Errorf("%d, %v, %q, %s", status, err, stderr, stdout)
	}
	if status, stdout, _ := call("syscalls"); status != 0 || !strings.Contains(stdout, "sched_yield") {
		t.Errorf("%d, %s", status, stdout)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range shells {
		status, stdout, stderr := call("completion", shell)
		if status != 0 || stderr != "" || !strings.Contains(stdout, "skerry") || len(stdout) < 1000 {
			t.Errorf("%s: status %d, %q, %d bytes", shell, status, stderr, len(stdout))
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"run", "--platform", ""}, "process\n"},
		{[]string{"check", "--format", ""}, "json\n"},
		{[]string{"bench", "get"}, "getpid\n"},
		{[]string{"syscalls", "fut"}, "futex\n"},
		{[]string{"ch"}, "check"},
	} {
		if status, stdout, _ := call(append([]string{"__complete"}, c.args...)...); status != 0 || !strings.Contains(stdout, c.want) {
			t.Errorf("%q: status %d, %q without %q", c.args, status, stdout, c.want)
		}
	}
}

func TestVersion(t *testing.T) {
	if status, stdout, _ := call("version"); status != 0 || !strings.HasPrefix(stdout, "skerry ") || strings.Count(stdout, "\n") != 1 {
		t.Errorf("%d, %q", status, stdout)
	}
}

func TestManualPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man")
	if status, stdout, stderr := call("man", dir); status != 0 || stdout+stderr != "" {
		t.Fatalf("%d, %q, %q", status, stdout, stderr)
	}
	for _, c := range newRoot().Commands() {
		if c.Hidden {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, "skerry-"+c.Name()+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, want := range []string{".TH SKERRY-", ".SH NAME\n", ".SH SYNOPSIS\n", ".SH EXAMPLES\n", ".SH SEE ALSO\n"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: no %q", c.Name(), want)
			}
		}
		for line := range strings.Lines(string(text)) {
			if word, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.HasPrefix(word, ".") &&
				!slices.Contains([]string{".TH", ".SH", ".PP", ".TP", ".nf", ".fi"}, word) {
				t.Errorf("%s: text taken for a request: %q", c.Name(), line)
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "skerry-run.1"))
	if err != nil || !strings.Contains(string(text), `\fB\-\-cpus\fR \fILIST|N\fR`) {
		t.Errorf("%v, %s", err, text)
	}
	if text, err = os.ReadFile(filepath.Join(dir, "skerry.1")); err != nil || !strings.Contains(string(text), `\fBskerry run\fR`) {
		t.Errorf("%v, %s", err, text)
	}
}

// Help of `skerry run` shows each flag that it takes, and no other.
func TestRunHelp(t *testing.T) {
	_, help, _ := call("run", "--help")
	plan.Flags(&plan.Options{}).VisitAll(func(f *flag.Flag) {
		shown := strings.Contains(help, "--"+f.Name+" ") || strings.Contains(help, "--"+f.Name+"[") || f.Name == "v" && strings.Contains(help, "-v, --verbose")
		if shown == (f.Name == plan.HiddenFlag) {
			t.Errorf("--%s: shown is %v in\n%s", f.Name, shown, help)
		}
	})
}
