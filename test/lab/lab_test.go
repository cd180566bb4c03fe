// Package lab tests the native platform on emulated machines with stock kernels: processors and memory
// taken from Linux, programs on them, and everything that may go wrong meanwhile. It owns no code but its
// tests and the script that they run.
package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skerry-os/skerry/fwk/lab"
)

// machine describes a machine to run argv in; it skips where there can be none.
func machine(t *testing.T, kernel string, argv ...string) *lab.Options {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	o := &lab.Options{Kernel: kernel, Smp: 4, Mem: 1 << 30, APIC: "xapic", Accel: "tcg", Modules: []string{"msr"},
		Argv: argv, Skerry: filepath.Join(root, "bin/skerry"), Timeout: 9 * time.Minute}
	if v := os.Getenv("SKERRY_LAB_APIC"); v != "" {
		o.APIC = v
	}
	for _, need := range []string{"skerry", "skerry-lwk"} {
		if _, err := os.Stat(filepath.Join(root, "bin", need)); err != nil {
			t.Skipf("no bin/%s: make build", need)
		}
	}
	if _, err := exec.LookPath("busybox"); err != nil {
		t.Skip("no busybox: apt-get install busybox-static")
	}
	c, err := lab.Open()
	if err != nil {
		t.Skip(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	say := func(s string) { t.Log(s) }
	if _, err := c.QEMU(ctx, o.Recent(), say); err != nil {
		t.Skipf("no QEMU: %v", err)
	}
	if _, err := c.Kernel(ctx, kernel, say); err != nil {
		t.Skipf("no kernel: %v", err)
	}
	return o
}

// run runs the machine's command and returns its status and output; a machine that breaks fails the test,
// but for one that QEMU broke, which is tried once more.
func run(t *testing.T, o *lab.Options) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	o.Stdout, o.Stderr = &stdout, &stderr
	status, err := lab.Run(t.Context(), o)
	if err != nil && brokenByQEMU(err) && o.Stdin == nil {
		t.Logf("once more, with processors that take turns, after: %v", err)
		stdout.Reset()
		stderr.Reset()
		o.Accel = "tcg-single"
		status, err = lab.Run(t.Context(), o)
	}
	if err != nil {
		t.Fatalf("%v\noutput so far:\n%s\n%s", err, &stdout, &stderr)
	}
	return status, stdout.String(), stderr.String()
}

// brokenByQEMU tells that a kernel in the machine stopped at a breakpoint of its own which it had already
// taken away (it patches its code by way of one). On a processor no other one executes the old byte
// after that; QEMU 7.2, when it emulates processors at once, lets one.
func brokenByQEMU(err error) bool {
	return errors.Is(err, lab.ErrNoCommand) && strings.Contains(err.Error(), "int3: 0000") && strings.Contains(err.Error(), "Kernel panic")
}

// What the command says and how it ends comes out as it is; its input goes in.
func TestStreams(t *testing.T) {
	o := machine(t, "6.1", "sh", "-c", "wc -c; id -u; uname -r; echo problem >&2; exit 3")
	o.Smp, o.Mem = 2, 512<<20
	o.Stdin = strings.NewReader(strings.Repeat("0123456789", 10000)) // more than fits on the line at once
	status, out, errs := run(t, o)
	lines := strings.Fields(out)
	if status != 3 || errs != "problem\n" || len(lines) != 3 || lines[0] != "100000" || lines[1] != "0" || !strings.HasPrefix(lines[2], "6.1.") {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
	o = machine(t, "6.1", "/no/such/program")
	o.Smp, o.Mem = 2, 512<<20
	if _, err := lab.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "the lab cannot run the command") {
		t.Errorf("a program that is not there: %v", err)
	}
}

// Whatever ends the lab ends its QEMU.
func TestNoQEMUIsLeft(t *testing.T) {
	o := machine(t, "6.1")
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM} {
		mark := fmt.Sprintf("skerry_test=%d.%d", os.Getpid(), sig)
		cmd := exec.Command(o.Skerry, "lab", "--smp", "1", "--mem", "256M", "--append", mark, "--", "sleep", "1000")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if !waitFor(func() bool { return len(withArgument(mark)) == 2 }) { // skerry and QEMU
			t.Errorf("no QEMU was started: %v", withArgument(mark))
		}
		cmd.Process.Signal(sig)
		err := cmd.Wait()
		if !waitFor(func() bool { return len(withArgument(mark)) == 0 }) {
			t.Errorf("%v: left: %v", sig, withArgument(mark))
		}
		if sig != syscall.SIGKILL && cmd.ProcessState.ExitCode() != 130 {
			t.Errorf("%v: %v", sig, err)
		}
	}
}

// withArgument lists the processes that have text in their arguments.
func withArgument(text string) (pids []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil && bytes.Contains(b, []byte(text)) {
			pids = append(pids, f)
		}
	}
	return pids
}

func waitFor(f func() bool) bool {
	for range 600 {
		if f() {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}

// The tests of fwk/launch that take real processors.
func TestLaunch(t *testing.T) {
	o := machine(t, "6.12", "env", "SKERRY_IN_LAB=1", "SKERRY_ROUNDS="+env("SKERRY_ROUNDS", "10"), "/launch.test", "-test.v", "-test.run", "TestLab", "-test.timeout", "20m")
	bin := filepath.Join(t.TempDir(), "launch.test")
	build := exec.Command("go", "test", "-c", "-o", bin, "github.com/skerry-os/skerry/fwk/launch")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	o.Files = []lab.File{{Host: bin, Guest: "/launch.test"}}
	status, out, errs := run(t, o)
	if status != 0 || strings.Count(out, "--- PASS") < 10 || strings.Contains(out, "--- SKIP") {
		t.Errorf("status %d\n%s\n%s", status, out, errs)
	}
	t.Log(out)
}

// Programs on the LWK, from reserving to giving back. SKERRY_ROUNDS is how often one is started at the end.
func TestNative(t *testing.T) {
	kernels := []string{"6.1"}
	if env("SKERRY_LAB_KERNELS", "") == "all" {
		kernels = lab.Kernels()
	}
	for _, kernel := range kernels {
		t.Run(kernel, func(t *testing.T) {
			o := machine(t, kernel, "sh", "/native.sh", env("SKERRY_ROUNDS", "20"))
			o.Files = []lab.File{{Host: "native.sh", Guest: "/native.sh"}}
			var console bytes.Buffer
			o.Log = &console
			if v := os.Getenv("SKERRY_ROUNDS"); v != "" {
				o.Timeout = 5 * time.Hour
			}
			status, out, errs := run(t, o)
			if status != 0 || !strings.HasSuffix(out, "\ndone\n") || strings.Contains(out, "FAIL") || strings.Count(out, "ok ") < 30 {
				t.Errorf("status %d\n%s\n%s\nthe machine:\n%s", status, out, errs, &console)
			}
		})
	}
}

// The other way to address processors, which most real machines have. Needs QEMU 9.
func TestX2APIC(t *testing.T) {
	t.Setenv("SKERRY_LAB_APIC", "x2apic")
	o := machine(t, "6.12", "sh", "-c", `skerry node reserve --cpus 2-3 --mem 320M &&
		skerry run --platform native --cpus 2 --mem 160M -- busybox sh -c 'exec busybox echo from two cores' &&
		skerry node show | grep -o x2apic; skerry node release; cat /sys/devices/system/cpu/online`)
	status, out, errs := run(t, o)
	if status != 0 || out != "from two cores\nx2apic\n0-3\n" {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}
