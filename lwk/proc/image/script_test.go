package image

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestScript(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		head, interp, arg string
		ok                bool
		err               error
	}{
		{head: ""},
		{head: "#"},
		{head: "# !/bin/sh\n"},
		{head: "\x7fELF"},
		{"#!/bin/sh\n", "/bin/sh", "", true, nil},
		{"#!/bin/sh", "/bin/sh", "", true, nil},
		{"#! \t/bin/sh \t\nrest", "/bin/sh", "", true, nil},
		{"#!/bin/sh -e -x  \n", "/bin/sh", "-e -x", true, nil},
		{"#!/bin/sh\t -e\t\n", "/bin/sh", "-e", true, nil},
		{"#!/bin/sh -e  ", "/bin/sh", "-e  ", true, nil},
		{"#!/bin/sh\r\n", "/bin/sh\r", "", true, nil},
		{"#!/bin/sh\x00 -e\n", "/bin/sh", "", true, nil},
		{"#!/bin/sh -a\x00 -e\n", "/bin/sh", "-a", true, nil},
		{"#!\n", "", "", true, syscall.ENOEXEC},
		{"#! \t \n", "", "", true, syscall.ENOEXEC},
		{"#!", "", "", true, syscall.EACCES},
		{"#!" + strings.Repeat(" ", 300), "", "", true, syscall.ENOEXEC},
		{"#!/" + x(252) + "\n", "/" + x(252), "", true, nil},
		{"#!/" + x(252) + " ", "/" + x(252), "", true, nil},
		{"#!/" + x(252) + "y", "", "", true, syscall.ENOEXEC},
		{"#!/" + x(300) + "\n", "", "", true, syscall.ENOEXEC},
		{"#!/" + x(300) + " \n", "", "", true, syscall.ENOEXEC},
		{"#!/a " + x(300) + "\n", "/a", x(250), true, nil},
		{"#!/a " + x(240) + strings.Repeat(" ", 20) + "\n", "/a", x(240), true, nil},
	} {
		interp, arg, ok, err := Script([]byte(c.head))
		if interp != c.interp || arg != c.arg || ok != c.ok || !errors.Is(err, c.err) {
			t.Errorf("%.40q (%d bytes): got %q, %q, %v, %v", c.head, len(c.head), interp, arg, ok, err)
		}
	}
}

const showArgs = "SKERRY_TEST_SHOW_ARGS"

func TestMain(m *testing.M) {
	if os.Getenv(showArgs) != "" {
		fmt.Printf("%q\n", os.Args[1:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Linux runs the same lines, with this test as the interpreter, and says what it made of them.
func TestScriptAsLinux(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	short := filepath.Join(dir, "i") // the test's own path may be long
	if err := os.Symlink(self, short); err != nil || len(short) > 100 {
		t.Skipf("no short path for the interpreter: %v", err)
	}
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command(script).Run(); err != nil {
		t.Skipf("scripts do not run in %s: %v", dir, err)
	}
	pad := func(c string, to int) string { return strings.Repeat(c, to-2-len(short)) }
	for _, line := range []string{
		short + "\n", short, " \t" + short + " \t\n", short + " a b  \n", short + "  a b  ", short + "\ta\t\n",
		short + "\x00 a\n", short + " a\x00 b\n", short + " a  \x00 b\n", short + " " + strings.Repeat("y", 300) + "\n",
		short + " " + strings.Repeat("y", 100) + strings.Repeat(" ", 200) + "\n",
		pad("/", 255) + short + "\n", pad("/", 255) + short + " ", pad("/", 255) + short + "\x00", pad("/", 255) + short + "x",
		pad("/", 255) + short, pad("/", 254) + short + " a", pad("/", 256) + short + "\n", pad(" ", 255) + short + "\n",
		pad(" ", 255) + short + "x", pad(" ", 254) + short + " x", pad(" ", 254) + short + "\tx\n", pad("/", 253) + short + " ab\n",
		"", "\n", "   ", " \n", strings.Repeat(" ", 253), strings.Repeat(" ", 253) + "x", strings.Repeat(" ", 253) + "\n", strings.Repeat(" ", 300),
		"\x00", " \x00a\n", "/nonexistent/x a\n",
	} {
		file := "#!" + line
		if err := os.WriteFile(script, []byte(file), 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(script, "last")
		cmd.Env = []string{showArgs + "=1"}
		out, kernelErr := cmd.Output()

		interp, arg, ok, err := Script([]byte(file))
		if !ok {
			t.Errorf("%q: not taken for a script", file)
			continue
		}
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || !errors.Is(kernelErr, e.Errno) {
				t.Errorf("%q: got %v; Linux: %v %s", file, err, kernelErr, out)
			}
			continue
		}
		if _, err := os.Stat(interp); err != nil {
			if !errors.Is(kernelErr, syscall.ENOENT) {
				t.Errorf("%q: got interpreter %q; Linux: %v %s", file, interp, kernelErr, out)
			}
			continue
		}
		want := []string{script, "last"}
		if arg != "" {
			want = append([]string{arg}, want...)
		}
		if got := fmt.Sprintf("%q\n", want); kernelErr != nil || got != string(out) {
			t.Errorf("%q: got %s; Linux: %v %s", file, got, kernelErr, out)
		}
	}
}
