package plan

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/skerry-os/skerry/fwk/cpus"
)

// host is an invented machine: CPUs 0-7 of which some are allowed, 8 GiB, half of it available.
func host(allowed string, dir string) *Host {
	return &Host{
		Allowed:  func() (cpus.Set, error) { return cpus.Parse(allowed) },
		Online:   func() (cpus.Set, error) { return cpus.Parse("0-7") },
		SMT:      func() bool { return false },
		Siblings: func(c int) cpus.Set { return cpus.Of(c) },
		Memory:   func() (Memory, error) { return Memory{Total: 8 << 30, Available: 4 << 30}, nil },
		Environ:  func() []string { return []string{"PATH=" + dir + "/bin", "A=1"} },
		Getwd:    func() (string, error) { return dir, nil },
	}
}

// files makes a directory with programs, a plain file and directories, and enters it.
func files(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"bin/d", "other", "later"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{
		"bin/prog": 0o755, "bin/plain": 0o644, "later/plain": 0o755, "here": 0o755, "other/prog2": 0o755, "text": 0o644,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return dir
}

func TestCores(t *testing.T) {
	dir := files(t)
	for _, c := range []struct{ allowed, ask, enclave, proxies, err string }{
		{"0-7", "", "4-7", "0-3", ""},
		{"0-1", "", "1", "0", ""},
		{"5", "", "5", "5", ""},
		{"0-2", "", "1-2", "0", ""},
		{"0-7", "1", "7", "0-6", ""},
		{"0-7", "8", "0-7", "0-7", ""},
		{"0-7", "0-0", "0", "1-7", ""},
		{"0-7", "1,3-5", "1,3-5", "0,2,6-7", ""},
		{"2-3", "2,3", "2-3", "2-3", ""},
		{"0-3", "5", "", "", "not enough CPUs: --cpus 5: the machine has 0-7, allowed are 0-3; CPU 5 alone is written --cpus 5-5"},
		{"0-3", "99999999999999999999", "", "", "not enough CPUs"},
		{"0-3", "0", "", "", "an enclave needs a CPU"},
		{"0-3", "2,9", "", "", "there is no CPU 9 online: --cpus 2,9: the machine has 0-7, allowed are 0-3"},
		{"0-3", "2,8-9", "", "", "there are no CPUs 8-9 online: --cpus 2,8-9"},
		{"0-3", "3-5", "", "", "CPUs 4-5 not allowed to this process: --cpus 3-5: the machine has 0-7, allowed are 0-3"},
		{"3", "4-4", "", "", "CPU 4 not allowed to this process: --cpus 4-4: the machine has 0-7, allowed is 3"},
		{"0-3", "1,x", "", "", "bad --cpus"},
		{"0-3", "-1", "", "", "bad --cpus"},
	} {
		p, err := Make(Options{CPUs: c.ask, Argv: []string{"prog"}}, host(c.allowed, dir))
		if check(t, c.allowed+" "+c.ask, err, StatusFailure, c.err) {
			continue
		}
		if cpus.Format(p.CPUs) != c.enclave || cpus.Format(p.ProxyCPUs) != c.proxies {
			t.Errorf("%s of %s: enclave %v, proxies %v", c.ask, c.allowed, p.CPUs, p.ProxyCPUs)
		}
		if p.Shared() != (c.enclave == c.proxies) {
			t.Errorf("%s of %s: Shared() = %v", c.ask, c.allowed, p.Shared())
		}
	}
}

// check compares err with the wanted status and text, and reports whether there is no plan to look at.
func check(t *testing.T, name string, err error, status int, want string) bool {
	t.Helper()
	if err == nil {
		if want != "" {
			t.Errorf("%s: no error, want %q", name, want)
			return true
		}
		return false
	}
	var e *Error
	if want == "" || !errors.As(err, &e) || e.Status != status || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error %q (%+v), want status %d and %q", name, err, e, status, want)
	}
	return true
}

func TestMemory(t *testing.T) {
	dir := files(t)
	for _, c := range []struct {
		ask  string
		want uint64
		err  string
	}{
		{"", 3 << 30, ""},
		{"16M", 16 << 20, ""},
		{"64m", 64 << 20, ""},
		{"1g", 1 << 30, ""},
		{"1.5GiB", 1536 << 20, ""},
		{"33MiB", 32 << 20, ""},
		{"104857600", 100 << 20, ""},
		{"524288 K", 512 << 20, ""},
		{"50%", 4 << 30, ""},
		{"8G", 8 << 30, ""},
		{"15M", 0, "too little memory for an enclave: --mem 15M: give at least 16 MiB"},
		{"0", 0, "too little"},
		{"9G", 0, "more memory than there is: --mem 9G: the machine has 8 GiB"},
		{"101%", 0, "more memory than there is"},
		{"1T", 0, "more memory than there is"},
		{"99999999999T", 0, "absurdly large"},
		{"64MB", 0, "unknown unit"},
		{"64X", 0, "unknown unit"},
		{"-1G", 0, "is not a size"},
		{"G", 0, "is not a size"},
		{".", 0, "is not a size"},
		{"1.2.3G", 0, "is not a size"},
		{"1.5", 0, "whole number of bytes"},
		{"1e9", 0, "unknown unit"},
	} {
		p, err := Make(Options{Mem: c.ask, Argv: []string{"prog"}}, host("0-1", dir))
		if check(t, "--mem "+c.ask, err, StatusFailure, c.err) {
			continue
		}
		if p.Mem != c.want {
			t.Errorf("--mem %s: %d, want %d", c.ask, p.Mem, c.want)
		}
	}
	h := host("0-1", dir)
	h.Memory = func() (Memory, error) { return Memory{Total: 8 << 30, Available: 4 << 30, Limit: 1 << 30}, nil }
	if p, err := Make(Options{Argv: []string{"prog"}}, h); err != nil || p.Mem != 768<<20 {
		t.Errorf("with a limit of 1 GiB: %+v, %v", p, err)
	}
	_, err := Make(Options{Mem: "2G", Argv: []string{"prog"}}, h)
	check(t, "above the limit", err, StatusFailure, "control group allows 1 GiB")
}

func TestSizesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(0, 1<<40).Draw(t, "n")
		unit := rapid.SampledFrom([]string{"", "K", "M", "kib", "MiB"}).Draw(t, "unit")
		shift := map[byte]int{0: 0, 'K': 10, 'M': 20}[append([]byte(strings.ToUpper(unit)), 0)[0]]
		got, err := ParseSize(fmt.Sprint(n)+unit, 0)
		if err != nil || got != n<<shift {
			t.Fatalf("%d%s = %d, %v", n, unit, got, err)
		}
	})
}

func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"64M", "1.5GiB", "50%", "", "9e9T", "1..K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseSize(s, 8<<30)
		if err == nil && n >= 1<<63 {
			t.Fatalf("ParseSize(%q) = %d", s, n)
		}
	})
}

func TestProgram(t *testing.T) {
	dir := files(t)
	path := func(p string) []string { return []string{"PATH=" + p} }
	for _, c := range []struct {
		name, cwd string
		env       []string
		want      string
		status    int
		err       string
	}{
		{name: "prog", want: "/bin/prog"},
		{name: "./here", want: "/here"},
		{name: "bin/prog", want: "/bin/prog"},
		{name: ".//bin/../here", want: "/bin/../here"},
		{name: dir + "/bin/prog", want: "/bin/prog"},
		{name: "./prog2", cwd: "other", want: "/other/prog2"},
		{name: "../here", cwd: dir + "/other", want: "/other/../here"},
		{name: "here", env: path(":/nowhere"), want: "/here"},
		{name: "here", env: path("/nowhere:"), want: "/here"},
		{name: "here", env: path("/nowhere::/nowhere"), want: "/here"},
		{name: "prog", env: path("bin"), want: "/bin/prog"},
		{name: "prog2", cwd: "other", env: path("."), want: "/other/prog2"},
		{name: "plain", env: path("bin:later"), want: "/later/plain"},

		{name: "nothing", status: 127, err: "no such program: nothing: none of these directories has it"},
		{name: "here", status: 127, err: "write ./here"},
		{name: "", status: 127, err: "no such program"},
		{name: "./nothing", status: 127, err: "no such program"},
		{name: "d", status: 127, err: "no such program"},
		{name: "./bin", status: 126, err: "it is a directory"},
		{name: "./", status: 126, err: "it is a directory"},
		{name: "plain", status: 126, err: "chmod +x"},
		{name: "./text", status: 126, err: "chmod +x"},
		{name: "./text/x", status: 126, err: "not a directory"},
		{name: "/dev/null", status: 126, err: "not a regular file"},
		{name: "prog", cwd: "nowhere", status: 125, err: "cannot enter --cwd: nowhere"},
		{name: "prog", cwd: "text", status: 125, err: "it is not a directory"},
		{name: "prog", env: []string{"novalue"}, status: 125, err: "bad --env"},
		{name: "prog", env: []string{"=x"}, status: 125, err: "bad --env"},
	} {
		p, err := Make(Options{Cwd: c.cwd, Env: c.env, Argv: []string{c.name, "-x"}}, host("0-1", dir))
		if check(t, c.name, err, c.status, c.err) {
			continue
		}
		if p.Path != dir+c.want {
			t.Errorf("%s (PATH %v, cwd %q): %s, want %s", c.name, c.env, c.cwd, p.Path, dir+c.want)
		}
		if !slices.Equal(p.Args, []string{c.name, "-x"}) {
			t.Errorf("%s: arguments %q", c.name, p.Args)
		}
	}
}

func TestEnvironment(t *testing.T) {
	dir := files(t)
	p, err := Make(Options{Env: []string{"A=2", "B=x=y", "A=3", "EMPTY="}, Argv: []string{"prog"}}, host("0-1", dir))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"PATH=" + dir + "/bin", "A=3", "B=x=y", "EMPTY="}; !slices.Equal(p.Env, want) {
		t.Errorf("%q, want %q", p.Env, want)
	}
}

func TestTrace(t *testing.T) {
	dir := files(t)
	for _, c := range []struct{ trace, want, err string }{
		{"", "", ""},
		{"new.json", dir + "/new.json", ""},
		{"text", dir + "/text", ""},
		{"/dev/null", "/dev/null", ""},
		{"bin", "", "it is a directory"},
		{"nowhere/x.json", "", "cannot write --trace"},
	} {
		p, err := Make(Options{Trace: c.trace, Cwd: "other", Argv: []string{"../bin/prog"}}, host("0-1", dir))
		if check(t, c.trace, err, StatusFailure, c.err) {
			continue
		}
		if p.Trace != c.want {
			t.Errorf("%s: %s", c.trace, p.Trace)
		}
	}
	if _, err := os.Stat("new.json"); err == nil {
		t.Error("planning created the trace file")
	}
	if text, _ := os.ReadFile("text"); len(text) == 0 {
		t.Error("planning emptied the trace file")
	}
}

func TestPlatform(t *testing.T) {
	dir := files(t)
	for ask, want := range map[string]string{
		"": "", "auto": "", "process": "", "kvm": "not built yet", "native": "", "moon": "unknown platform",
	} {
		for _, reserved := range []bool{false, true} {
			h := host("0-1", dir)
			h.Reserved = func() bool { return reserved }
			p, err := Make(Options{Platform: ask, Argv: []string{"prog"}}, h)
			if check(t, ask, err, StatusFailure, want) {
				continue
			}
			native := ask == "native" || reserved && ask != "process"
			if (p.Platform == "native") != native || (p.Native != nil) != native || (len(p.CPUs) == 0) != native || p.Platform == "auto" {
				t.Errorf("%q, reserved %v: %+v", ask, reserved, p)
			}
		}
	}
	h := host("0-1", dir)
	h.Supported = func(name string) error { return fmt.Errorf("%s needs luck", name) }
	_, err := Make(Options{Argv: []string{"nothing"}}, h)
	check(t, "unsupported", err, StatusFailure, "process needs luck: see `skerry check`")
	_, err = Make(Options{}, h)
	check(t, "no program", err, StatusFailure, "no program given")
}

func TestHere(t *testing.T) {
	p, err := Make(Options{Argv: []string{"/bin/sh"}}, Here(nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.CPUs) == 0 || len(p.ProxyCPUs) == 0 || p.Mem < MinMem || p.Mem%Granule != 0 || p.Path != "/bin/sh" || p.Cwd != "" {
		t.Errorf("%+v", p)
	}
}

func BenchmarkMake(b *testing.B) {
	h := Here(nil)
	for b.Loop() {
		if _, err := Make(Options{Argv: []string{"ls"}}, h); err != nil {
			b.Fatal(err)
		}
	}
}

func TestNative(t *testing.T) {
	dir := files(t)
	for _, c := range []struct {
		cpus, mem string
		want      Native
		bytes     uint64
		err       string
	}{
		{"", "", Native{}, 0, ""},
		{"2", "64M", Native{Cores: 2}, 64 << 20, ""},
		{"5-5", "65M", Native{CPUs: cpus.Of(5)}, 64 << 20, ""}, // not among those that Linux has: that is the point
		{"0", "", Native{}, 0, "bad --cpus: 0"},
		{"99999999999999999999", "", Native{}, 0, "bad --cpus"},
		{"x", "", Native{}, 0, "bad --cpus"},
		{"1", "1M", Native{}, 0, "too little memory"},
		{"1", "9X", Native{}, 0, "bad --mem"},
	} {
		p, err := Make(Options{CPUs: c.cpus, Mem: c.mem, Platform: "native", Argv: []string{"prog"}}, host("0-1", dir))
		if check(t, c.cpus+" "+c.mem, err, StatusFailure, c.err) {
			continue
		}
		if *p.Native != c.want || p.Mem != c.bytes || cpus.Format(p.ProxyCPUs) != "0-1" {
			t.Errorf("%q, %q: %+v, %d", c.cpus, c.mem, *p.Native, p.Mem)
		}
	}
}

// TestBusy: an enclave takes CPUs that no other has, while there are enough, and looks again when another
// was faster.
func TestBusy(t *testing.T) {
	h := host("0-3", files(t))
	taken := cpus.Of(3)
	lost := 0
	h.Busy = func() cpus.Set { return taken }
	h.Claim = func(list []int) bool {
		want := cpus.Of(list...)
		if both := want.And(&taken); both.Count() != 0 {
			return false
		}
		if lost == 0 {
			lost++
			taken.Add(list[0])
			return false
		}
		for _, c := range list {
			taken.Add(c)
		}
		return true
	}
	cores := func(ask, own, linux string) {
		t.Helper()
		p := &Plan{}
		if err := p.cores(ask, h); err != nil {
			t.Fatal(err)
		}
		if got := cpus.Format(p.CPUs) + " " + cpus.Format(p.ProxyCPUs); got != own+" "+linux {
			t.Errorf("--cpus %q: %s, want %s %s", ask, got, own, linux)
		}
	}
	cores("1", "1", "0")     // 2 is lost to another
	cores("1", "0", "1-3")   // the last; nobody's CPU is left for Linux
	cores("1", "3", "0-2")   // none is free: as without others
	cores("3-3", "3", "0-2") // asked for by its number
	taken = cpus.Of()
	cores("2", "2-3", "0-1")
}
