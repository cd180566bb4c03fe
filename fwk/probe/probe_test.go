package probe

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/cpus"
)

func TestAskAsksOnce(t *testing.T) {
	n := 0
	p := &Probe{Name: "x", Fn: func() Result { n++; return good("fine") }}
	if a, b := p.Ask(), p.Ask(); n != 1 || a != b || !a.OK {
		t.Errorf("asked %d times: %v, %v", n, a, b)
	}
}

func TestExplainDispatch(t *testing.T) {
	for _, c := range []struct {
		errno   syscall.Errno
		release string
		ok      bool
		detail  string
	}{
		{0, "6.1.0-28-amd64", true, "6.1.0-28-amd64"},
		{unix.EINVAL, "5.10.0-32-amd64", false, "kernel 5.10.0-32-amd64 lacks Syscall User Dispatch (needs 5.11)"},
		{unix.EINVAL, "4.4.0", false, "needs 5.11"},
		{unix.EINVAL, "5.11.0", false, "though its version"},
		{unix.EINVAL, "6.18", false, "though its version"},
		{unix.EINVAL, "strange", false, "though its version"},
		{unix.EPERM, "6.1.0", false, "EPERM: a seccomp filter"},
		{unix.ENOSYS, "5.10.0", false, "ENOSYS: a seccomp filter"},
	} {
		r := explainDispatch(c.errno, c.release)
		if r.OK != c.ok || !strings.Contains(r.Detail, c.detail) || (r.Cure == "") != c.ok {
			t.Errorf("%v on %s: %+v", c.errno, c.release, r)
		}
	}
}

func TestExplainTHP(t *testing.T) {
	for text, ok := range map[string]bool{
		"always [madvise] never\n": true,
		"[always] madvise never\n": true,
		"always madvise [never]\n": false,
		"":                         false,
	} {
		if r := explainTHP(text); r.OK != ok || r.Detail == "" || (r.Cure == "") != ok {
			t.Errorf("%q: %+v", text, r)
		}
	}
}

func TestExplainCPUs(t *testing.T) {
	one, two := cpus.Of(3), cpus.Of(0, 3)
	if r := explainCPUs(&one); r.OK || !strings.Contains(r.Detail, "only CPU 3") {
		t.Errorf("one: %+v", r)
	}
	if r := explainCPUs(&two); !r.OK || r.Detail != "2 allowed: 0,3" {
		t.Errorf("two: %+v", r)
	}
}

func TestEveryProbeAnswersFully(t *testing.T) {
	names := map[string]bool{}
	for _, p := range append(append([]*Probe{}, Process.Probes...), Native.Probes...) {
		r := p.Ask()
		if p.Name == "" || p.What == "" || names[p.Name] {
			t.Errorf("probe %q (%q) has no name of its own", p.Name, p.What)
		}
		names[p.Name] = true
		if r.Detail == "" || !r.OK && r.Cure == "" || strings.Contains(r.Detail+r.Cure, "\n") {
			t.Errorf("%s: %+v: want one line of detail, and a cure when not OK", p.Name, r)
		}
	}
}

// A thread that was probed must not be left with dispatching on: the next call of it, from outside
// of the exempt range, would kill us.
func TestDispatchIsOffAfterwards(t *testing.T) {
	if e := tryDispatch(); e != 0 {
		t.Skipf("no Syscall User Dispatch here: %v", e)
	}
	for range 100 {
		if e := tryDispatch(); e != 0 {
			t.Fatalf("the second time: %v", e)
		}
		unix.Getppid()
	}
}

func TestReport(t *testing.T) {
	yes := &Probe{Name: "yes", What: "a", Required: true, Fn: func() Result { return good("here") }}
	warn := &Probe{Name: "warn", What: "b", Fn: func() Result { return bad("slow", "hurry") }}
	no := &Probe{Name: "no", What: "c", Required: true, Fn: func() Result { return bad("missing", "buy one") }}
	usable := &Platform{Name: "p", Built: true, Probes: []*Probe{yes, warn}}
	if r := usable.Report(); !r.Usable || r.Why != "" || len(r.Probes) != 2 || r.Probes[1].OK {
		t.Errorf("usable: %+v", r)
	}
	if err := usable.supported(); err != nil {
		t.Errorf("usable: %v", err)
	}
	broken := &Platform{Name: "q", Built: true, Probes: []*Probe{warn, no, yes}}
	if r := broken.Report(); r.Usable || r.Why != "missing" || r.Cure != "buy one" || len(r.Probes) != 3 {
		t.Errorf("broken: %+v", r)
	}
	if err := broken.supported(); err == nil || err.Error() != "missing (buy one)" {
		t.Errorf("broken: %v", err)
	}
	if r := (&Platform{Name: "r"}).Report(); r.Usable || r.Why != "not built yet" || r.Cure == "" || r.Probes == nil {
		t.Errorf("not built: %+v", r)
	}
	for _, name := range []string{"kvm", "nonsense"} {
		if err := Supported(name); err == nil {
			t.Errorf("Supported(%s) = nil", name)
		}
	}
	if got, want := Supported("process") == nil, Process.Report().Usable; got != want {
		t.Error(errors.New("Supported and Report disagree"))
	}
}
