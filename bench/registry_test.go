// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"io/fs"
	"strings"
	"testing"
	"time"
)

func TestEveryProgramIsAMeasurementAndBack(t *testing.T) {
	files, err := fs.Glob(sources, "prog/*.c")
	if err != nil {
		t.Fatal(err)
	}
	listed, used := map[string]bool{}, map[string]bool{}
	for _, m := range Measurements() {
		if listed[m.Name] {
			t.Errorf("%s is listed twice", m.Name)
		}
		listed[m.Name] = true
		if m.Shows == "" {
			t.Errorf("%s does not say what it shows", m.Name)
		}
		if (m.Kind == Compared) != (m.Target != Target{}) {
			t.Errorf("%s: exactly what is compared has a target", m.Name)
		}
		if m.Program != "" || m.drive != nil {
			used[m.Program] = true
			delete(listed, m.Name)
		}
	}
	for _, f := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(f, "prog/"), ".c")
		if !listed[name] && !used[name] {
			t.Errorf("%s is no measurement", f)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("%s has no program", name)
	}
}

func TestSelect(t *testing.T) {
	got, err := Select([]string{"memcpy", "getpid", "memcpy"})
	if err != nil || len(got) != 2 || got[0].Name != "getpid" || got[1].Name != "memcpy" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := Select([]string{"noise", "fwq"}); err != nil || len(got) != len(noiseGroup) {
		t.Errorf("a group: %v, %v", got, err)
	}
	if all, err := Select(nil); err != nil || len(all) != len(Measurements()) {
		t.Errorf("no names: %d measurements, %v", len(all), err)
	}
	_, err = Select([]string{"getpid", "gitpid"})
	if err == nil || !strings.Contains(err.Error(), `"gitpid"`) || !strings.Contains(err.Error(), "kernel, shipping") {
		t.Errorf("unknown name: %v", err)
	}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		target      Target
		linux, line float64
		want        float64
		known       bool
		text        string
	}{
		{Target{}, 100, 50, 0, false, ""},
		{AtMost(0.05), 0, 0, 0.05, true, "0.05 x linux"},
		{Within(3 * time.Millisecond), 1e6, 0, 4, true, "linux + 3ms"},
		{Within(3 * time.Millisecond), 0, 0, 0, false, "linux + 3ms"},
		{Throughput(0.5), 0, 0, 2, true, "0.5 of linux's throughput"},
		{OverRoundTrip(1.5), 100, 60, 2.4, true, "1.5 x (linux + cacheline)"},
		{OverRoundTrip(1.5), 100, 0, 0, false, "1.5 x (linux + cacheline)"},
	} {
		got, known := c.target.Ratio(c.linux, c.line)
		if !near(got, c.want) || known != c.known || c.target.String() != c.text {
			t.Errorf("%v.Ratio(%v, %v) = %v, %v; want %v, %v and %q", c.target, c.linux, c.line, got, known, c.want, c.known, c.text)
		}
	}
}

func TestAgainst(t *testing.T) {
	if side, err := Against("linux"); err != nil || side.Name() != "linux" {
		t.Errorf("linux: %v, %v", side, err)
	}
	if _, err := Against("windows"); err == nil || !strings.Contains(err.Error(), "there is: linux") {
		t.Errorf("windows: %v", err)
	}
}

func TestCommands(t *testing.T) {
	for _, c := range []struct {
		side Side
		want string
	}{
		{Linux{}, "/p --x 1"},
		{Skerry{Exe: "/bin/skerry", CPUs: CPUList(3)}, "/bin/skerry run --cpus 3-3 -- /p --x 1"},
		{Prefix{Label: "t", Argv: []string{"/bin/taskset", "-c", "1"}}, "/bin/taskset -c 1 /p --x 1"},
	} {
		if got := strings.Join(c.side.Command("/p", "--x", "1").Args, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.side.Name(), got, c.want)
		}
	}
}
