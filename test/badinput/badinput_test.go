// Package badinput tests what skerry says to programs and options that cannot work: the documented exit status, and a
// message that names what is wrong. It owns no code but its tests.
//
// Status 127: the program is not there. 126: it is there but cannot run. 125: skerry itself cannot, or the options are bad.
package badinput

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skerry-os/skerry/test/diff"
)

// run is skerry's status and standard error for options and a command.
func run(t *testing.T, options, argv []string) (int, string, string) {
	t.Helper()
	command := diff.Command()
	if command == nil {
		if _, err := diff.Prefix(); err != nil {
			t.Skip(err)
		}
		t.Skip("SKERRY_RUN does not end in --: it is not skerry, whose own errors are tested here")
	}
	args := append(append(append([]string(nil), command[1:]...), options...), "--")
	cmd := exec.Command(command[0], append(args, argv...)...)
	cmd.Dir = t.TempDir()
	cmd.WaitDelay = time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(diff.DefaultTimeout, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	timer.Stop()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return diff.Status(cmd.ProcessState), out.String(), errs.String()
}

// expect checks a status, that each word is in the message whatever its case, and that it is a message for people.
// Paths in messages hold the name of the test, so no test is named like a word that it expects.
func expect(t *testing.T, status int, errs string, want int, words ...string) {
	t.Helper()
	if status != want {
		t.Errorf("status %d, not %d; stderr: %s", status, want, errs)
	}
	for _, w := range words {
		if !strings.Contains(strings.ToLower(errs), strings.ToLower(w)) {
			t.Errorf("the message does not name %q: %s", w, errs)
		}
	}
	if strings.Contains(errs, "goroutine ") || strings.Contains(errs, "panic:") {
		t.Errorf("a crash instead of a message: %s", errs)
	}
	if n := strings.Count(strings.TrimSpace(errs), "\n"); n > 5 {
		t.Errorf("a message of %d lines: %s", n+1, errs)
	}
}

func write(t *testing.T, name string, data []byte, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMissing(t *testing.T) {
	for _, name := range []string{"/does/not/exist", "no-such-command-anywhere", "./nothing"} {
		status, _, errs := run(t, nil, []string{name})
		expect(t, status, errs, 127, filepath.Base(name))
	}
}

func TestNoProgram(t *testing.T) {
	status, _, errs := run(t, nil, nil)
	expect(t, status, errs, 125, "program")
}

func TestNotRunnable(t *testing.T) {
	dir := t.TempDir()
	status, _, errs := run(t, nil, []string{dir})
	expect(t, status, errs, 126, dir, "directory")
	plain := write(t, "plain", []byte("#!/bin/sh\necho no\n"), 0o644)
	status, _, errs = run(t, nil, []string{plain})
	expect(t, status, errs, 126, plain, "permission")
	for _, bad := range []struct {
		name string
		data []byte
		mode os.FileMode
	}{{"text", []byte("just text\n"), 0o755}, {"empty", nil, 0o755}, {"magic", []byte("\x7fELF"), 0o755}, {"zeros", make([]byte, 4096), 0o755}} {
		path := write(t, bad.name, bad.data, bad.mode)
		status, out, errs := run(t, nil, []string{path})
		expect(t, status, errs, 126, path)
		if out != "" {
			t.Errorf("%s: output %q", bad.name, out)
		}
	}
}

func TestScriptInterpreterMissing(t *testing.T) {
	path := write(t, "script", []byte("#!/does/not/exist\n"), 0o755)
	status, _, errs := run(t, nil, []string{path})
	if status != 126 && status != 127 {
		t.Errorf("status %d", status)
	}
	expect(t, status, errs, status, "/does/not/exist")
}

// elf is an executable of this machine to spoil.
func elf(t *testing.T) []byte {
	t.Helper()
	path, err := (&diff.Build{Source: "c/hello.c", Tool: "gcc", Flags: []string{"-pie"}}).Path()
	if err != nil {
		t.Skip(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSpoiledELF(t *testing.T) {
	le := binary.LittleEndian
	phoff := func(b []byte) uint64 { return le.Uint64(b[32:]) }
	load := func(b []byte) []byte { // the first PT_LOAD's header
		for i := range int(le.Uint16(b[56:])) {
			if ph := b[phoff(b)+uint64(i)*56:]; le.Uint32(ph) == 1 {
				return ph
			}
		}
		t.Fatal("no PT_LOAD")
		return nil
	}
	for _, s := range []struct {
		name  string
		spoil func([]byte) []byte
		words []string
	}{
		{"class", func(b []byte) []byte { b[4] = 1; return b }, []string{"32-bit"}},
		{"byte order", func(b []byte) []byte { b[5] = 2; return b }, []string{"endian"}},
		{"machine", func(b []byte) []byte { le.PutUint16(b[18:], 183); return b }, []string{"x86-64"}},
		{"relocatable", func(b []byte) []byte { le.PutUint16(b[16:], 1); return b }, nil},
		{"header cut", func(b []byte) []byte { return b[:40] }, nil},
		{"program headers cut", func(b []byte) []byte { return b[:100] }, nil},
		{"program headers far away", func(b []byte) []byte { le.PutUint64(b[32:], 1<<60); return b }, nil},
		{"no program headers", func(b []byte) []byte { le.PutUint16(b[56:], 0); return b }, nil},
		{"file larger than memory", func(b []byte) []byte { le.PutUint64(load(b)[40:], 1); return b }, nil},
		{"absurd size", func(b []byte) []byte { le.PutUint64(load(b)[40:], 1<<62); return b }, nil},
		{"absurd address", func(b []byte) []byte { le.PutUint64(load(b)[16:], 0xffff800000000000); return b }, nil},
	} {
		t.Run(s.name, func(t *testing.T) {
			path := write(t, "spoiled", s.spoil(bytes.Clone(elf(t))), 0o755)
			status, _, errs := run(t, nil, []string{path})
			expect(t, status, errs, 126, append(s.words, path)...)
		})
	}
}

func TestELFInterpreterMissing(t *testing.T) {
	data := elf(t)
	old := []byte("/lib64/ld-linux-x86-64.so.2\x00")
	if bytes.Count(data, old) != 1 {
		t.Skip("the program's interpreter is not glibc's")
	}
	data = bytes.Replace(data, old, []byte("/lib64/no-linux-x86-64.so.2\x00"), 1)
	path := write(t, "nointerp", data, 0o755)
	status, _, errs := run(t, nil, []string{path})
	if status != 126 && status != 127 {
		t.Errorf("status %d", status)
	}
	expect(t, status, errs, status, "/lib64/no-linux-x86-64.so.2")
}

func TestBadOptions(t *testing.T) {
	for _, o := range []struct {
		options []string
		words   []string
	}{
		{[]string{"--cpus", "nonsense"}, []string{"--cpus", "nonsense"}},
		{[]string{"--cpus", "0-"}, []string{"--cpus"}},
		{[]string{"--cpus", "8191"}, []string{"8191", "0"}}, // not there; the message lists which are
		{[]string{"--cpus", "100000-100001"}, []string{"cpu"}},
		{[]string{"--cpus", ""}, []string{"--cpus"}},
		{[]string{"--cpus", "-3"}, nil},
		{[]string{"--mem", "nonsense"}, []string{"--mem", "nonsense"}},
		{[]string{"--mem", "-1"}, []string{"--mem"}},
		{[]string{"--mem", "0"}, []string{"--mem"}},
		{[]string{"--mem", "4K"}, []string{"--mem"}},   // too small
		{[]string{"--mem", "900T"}, []string{"--mem"}}, // larger than the machine
		{[]string{"--mem", "99999999999999999999G"}, []string{"--mem"}},
		{[]string{"--platform", "nonsense"}, []string{"nonsense", "process"}},
		{[]string{"--cwd", "/does/not/exist"}, []string{"/does/not/exist"}},
		{[]string{"--env", "=x"}, []string{"--env"}},
		{[]string{"--trace", "/does/not/exist/trace"}, []string{"/does/not/exist/trace"}},
		{[]string{"--no-such-option"}, []string{"no-such-option"}},
	} {
		t.Run(strings.Join(o.options, " "), func(t *testing.T) {
			status, out, errs := run(t, o.options, []string{"/bin/echo", "ran"})
			expect(t, status, errs, 125, o.words...)
			if out != "" {
				t.Errorf("it ran: %q", out)
			}
		})
	}
}
