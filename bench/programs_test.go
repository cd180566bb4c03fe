// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// built compiles the programs once for all tests; they go into a directory
// that TestMain removes.
var built = sync.OnceValues(func() (string, error) {
	cc, err := Compiler()
	if err != nil {
		return "", err
	}
	return scratch, Build(background, cc, scratch)
})

func programs(t *testing.T) string {
	t.Helper()
	dir, err := built()
	if errors.Is(err, ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestProgramsRunOnLinux(t *testing.T) {
	dir := programs(t)
	cpus, err := allowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Measurements() {
		t.Run(m.Name, func(t *testing.T) {
			r := &runner{Options: Options{Programs: dir}, cpus: cpus}
			if why := r.cannot(&m); why != "" {
				t.Skip(why)
			}
			if m.Long && testing.Short() {
				t.Skip("takes seconds")
			}
			on := cpus[:1]
			if m.Pair || m.Wide {
				on = cpus[:min(2, len(cpus))]
			}
			d := &Drive{Ctx: t.Context(), Side: Linux{}, CPUs: on, Batches: 2, Programs: dir, Work: t.TempDir(), Warm: true, Limit: time.Minute}
			visit := d.program
			if m.drive != nil {
				visit = func(*Measurement) (Outcome, error) { return m.drive(d) }
			} else if !m.Starts {
				m.Args = append(m.Args[:len(m.Args):len(m.Args)], "--iters", "2")
				m.Singles = min(m.Singles, 20)
			}
			o, err := visit(&m)
			if err != nil || len(o.Costs) == 0 || !mayBeZero(m.program()) && o.Costs[0] <= 0 {
				t.Errorf("got %+v, %v", o, err)
			}
			if m.Singles > 1 && (o.Latency == nil || o.Latency.N != m.Singles) {
				t.Errorf("single operations: %+v", o.Latency)
			}
		})
	}
}

func TestProgramsRefuseBadOptions(t *testing.T) {
	dir := programs(t)
	for _, args := range [][]string{{"--batches"}, {"--batches", "0"}, {"--iters", "-1"}, {"--iters", "1x"}, {"--batches", "99999"}, {"--what", "1"}} {
		out, err := exec.Command(filepath.Join(dir, "compute"), args...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || len(out) == 0 {
			t.Errorf("%q: %v, %s", args, err, out)
		}
	}
}

func TestWholeCommandComparesLinuxWithItself(t *testing.T) {
	dir := programs(t)
	home := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(home, "bench")); err != nil {
		t.Fatal(err)
	}
	req := Request{
		Names: []string{"getpid", "start-static", "compute"}, Against: "linux", Format: "json", Quick: true,
		Exe: filepath.Join(home, "skerry"), Other: Prefix{Label: "env", Argv: []string{"/usr/bin/env"}},
	}
	if _, err := os.Stat("/usr/bin/env"); err != nil {
		t.Skip(err)
	}
	var stdout, stderr bytes.Buffer
	if err := Command(t.Context(), req, &stdout, &stderr); err != nil {
		t.Fatal(err, stderr.String())
	}
	if n := strings.Count(stdout.String(), `"shows"`); n != 4 || stderr.Len() != 0 {
		t.Errorf("%d rows, stderr %q:\n%s", n, stderr.String(), stdout.String())
	}
	for _, wrong := range []func(*Request){
		func(r *Request) { r.Names = []string{"nothing"} },
		func(r *Request) { r.Against = "plan9" },
		func(r *Request) { r.Format = "xml" },
		func(r *Request) { r.Other = Prefix{Label: "gone", Argv: []string{"/no/such/command"}} },
	} {
		bad := req
		wrong(&bad)
		stdout.Reset()
		if err := Command(t.Context(), bad, &stdout, &stderr); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestPinnedProcessesRunOnTheCPUAskedFor(t *testing.T) {
	before, err := allowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	cpu := before[len(before)-1]
	out, err := output(t.Context(), exec.Command("/bin/grep", "Cpus_allowed_list", "/proc/self/status"), place{cpus: []int{cpu}}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Fields(string(out)), strings.Split(CPUList(cpu), "-")[0]; len(got) != 2 || got[1] != want {
		t.Errorf("allowed: %q, want CPU %s", out, want)
	}
	if after, err := allowedCPUs(); err != nil || len(after) != len(before) {
		t.Errorf("the runner kept the pin: %v, was %v (%v)", after, before, err)
	}
	if _, err := output(t.Context(), exec.Command("/bin/true"), place{cpus: []int{1023}}, time.Minute); err == nil {
		t.Error("a CPU that is not there was accepted")
	}
}

func TestBuildErrors(t *testing.T) {
	cc := filepath.Join(t.TempDir(), "cc")
	if err := os.WriteFile(cc, []byte("#!/bin/sh\necho cannot find -lc >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	err := Build(t.Context(), cc, dir)
	if err == nil || !strings.Contains(err.Error(), "cannot find -lc") || !strings.Contains(err.Error(), "libc6-dev") {
		t.Errorf("a compiler that fails: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	t.Setenv("PATH", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	_, err = Programs(t.Context(), "/no/such/dir/skerry", Measurements())
	if !errors.Is(err, ErrNoCompiler) || !strings.Contains(err.Error(), "make build") {
		t.Errorf("no compiler: %v", err)
	}
}

func TestProgramsAreBuiltOnceIntoTheCache(t *testing.T) {
	if _, err := Compiler(); err != nil {
		t.Skip(err)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir, err := Programs(t.Context(), "/no/such/dir/skerry", Measurements())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir()) // a second build would not find a compiler
	again, err := Programs(t.Context(), "/no/such/dir/skerry", Measurements())
	if err != nil || again != dir {
		t.Errorf("%s, then %s, %v", dir, again, err)
	}
}
