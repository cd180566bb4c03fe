package node

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/cpus"
)

func reserved(t *testing.T) (*machine, *Node) {
	t.Helper()
	m := newMachine()
	n := New(m, t.TempDir())
	if _, err := n.Reserve(ask); err != nil {
		t.Fatal(err)
	}
	return m, n
}

func TestClaims(t *testing.T) {
	m, n := reserved(t)
	me := ProcessOf(os.Getpid())
	a, err := n.Claim(Ask{Name: "a", Cores: 1, Runner: me})
	if err != nil || len(a.CPUs) != 1 || a.CPUs[0] != (CPU{7, 14}) || a.Memory != 32<<20 || a.Slot != 0 || a.Mode != XAPIC {
		t.Fatalf("a third of all: %+v, %v", a, err)
	}
	b, err := n.Claim(Ask{Name: "b", CPUs: cpus.Of(5), Memory: 33<<20 - 1, Runner: me})
	if err != nil || b.CPUs[0] != (CPU{5, 10}) || b.Memory != 34<<20 || b.Slot != 1 || b.Nonce == a.Nonce {
		t.Fatalf("%+v, %v", b, err)
	}
	for _, c := range []struct {
		ask  Ask
		want string
	}{
		{Ask{Name: "a", Cores: 1}, "an enclave of that name already"},
		{Ask{Name: "../x", Cores: 1}, "bad name"},
		{Ask{Name: "", Cores: 1}, "bad name"},
		{Ask{Name: "c", CPUs: cpus.Of(7)}, "taken by another enclave: 7"},
		{Ask{Name: "c", CPUs: cpus.Of(2)}, "CPU is not reserved: 2: reserved: 5-7"},
		{Ask{Name: "c", Cores: 2}, "not enough reserved CPUs are free: 1 of 3 (5-7)"},
		{Ask{Name: "c", Cores: 1, Memory: 64 << 20}, "not enough reserved memory: 34 MiB of 100 MiB"},
	} {
		if _, err := n.Claim(c.ask); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.ask, err, c.want)
		}
	}
	c, err := n.Claim(Ask{Name: "c"})
	if err != nil || c.Memory != 34<<20 || c.CPUs[0].Number != 6 {
		t.Fatalf("all the rest: %+v, %v", c, err)
	}
	if all, err := n.Claims(); err != nil || len(all) != 3 || all[1].Name != "b" || !all[1].Same(b) {
		t.Errorf("%v, %v", all, err)
	}
	for range 2 {
		if err := n.Drop(a); err != nil {
			t.Error(err)
		}
	}
	if got, err := n.Find("a"); got != nil || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	again, err := n.Claim(Ask{Name: "a", Cores: 1})
	if err != nil || again.Slot != 0 || again.Same(a) {
		t.Errorf("%+v, %v", again, err)
	}
	n.Drop(again)
	// Linux has taken it meanwhile.
	m.files[onlineFile(7)] = "1"
	if _, err := n.Claim(Ask{Name: "d", CPUs: cpus.Of(7)}); err == nil || !strings.Contains(err.Error(), "put online again: 7") {
		t.Error(err)
	}
	m.files[onlineFile(7)] = "0"
	m.full = 3 // pages of one that has just ended
	m.files[onlineFile(7)] = "0"
	e, err := n.Claim(Ask{Name: "e", CPUs: cpus.Of(7)})
	if err != nil || m.full != 0 {
		t.Errorf("%v, %d", err, m.full)
	}
	n.Drop(e)
	m.fail["allocate"] = unix.ENOMEM
	if _, err := n.Claim(Ask{Name: "d", CPUs: cpus.Of(7)}); err == nil {
		t.Error("a claim without memory")
	}
	if got, _ := n.Find("d"); got != nil {
		t.Error("a claim that failed is still there")
	}
}

func TestClaimNeedsAReservation(t *testing.T) {
	n := New(newMachine(), t.TempDir())
	if _, err := n.Claim(Ask{Name: "a"}); err == nil || !strings.Contains(err.Error(), "skerry node reserve") {
		t.Error(err)
	}
	_, n = reserved(t)
	s, _ := n.State()
	s.Phase = Releasing
	n.save(s)
	if _, err := n.Claim(Ask{Name: "a"}); err == nil {
		t.Error("a claim of what is being released")
	}
}

func TestProcessOf(t *testing.T) {
	me := ProcessOf(os.Getpid())
	if !me.Alive() || me.Start == 0 {
		t.Errorf("%+v", me)
	}
	if other := (Process{me.PID, me.Start + 1}); other.Alive() {
		t.Error("an earlier process of that number is alive")
	}
	if (Process{}).Alive() || ProcessOf(1<<30) != (Process{}) {
		t.Error("nobody is alive")
	}
}
