package node

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/cpus"
)

var ask = Request{CPUs: cpus.Of(5, 6, 7), Memory: 100 << 20}

func TestReserveAndRelease(t *testing.T) {
	m, dir := newMachine(), t.TempDir()
	n := New(m, dir)
	before := maps.Clone(m.files)
	warnings, err := n.Reserve(ask)
	if err != nil || len(warnings) != 0 {
		t.Fatal(warnings, err)
	}
	s, err := n.State()
	if err != nil || s == nil || s.Phase != Reserved || s.Memory != 100<<20 || s.PagesBefore != 3 || s.PagesAdded != 50 ||
		!slices.Equal(s.CPUs, []CPU{{5, 10}, {6, 12}, {7, 14}}) {
		t.Fatalf("%+v, %v", s, err)
	}
	if m.files[cpuDir+"online"] != "0-4" || m.files[pagesNow] != "53" || m.mounted[n.Mount()] != 100<<20 {
		t.Errorf("online %s, pages %s, mounts %v", m.files[cpuDir+"online"], m.files[pagesNow], m.mounted)
	}
	steps := m.step
	if _, err := n.Reserve(ask); err != nil || m.step != steps {
		t.Errorf("the same again: %v, %d steps", err, m.step-steps)
	}
	_, err = n.Reserve(Request{CPUs: cpus.Of(1), Memory: 100 << 20})
	if err == nil || !strings.Contains(err.Error(), "there is a reservation already: CPUs 5-7, 100 MiB") {
		t.Errorf("another: %v", err)
	}
	for i := range 2 {
		if err := n.Release(nil); err != nil {
			t.Errorf("release %d: %v", i, err)
		}
		m.same(t, "after release", before, dir)
	}
}

func TestCheckChangesNothing(t *testing.T) {
	m := newMachine()
	n := New(m, t.TempDir()+"/none")
	s, _, err := n.Check(ask)
	if err != nil || m.step != 0 {
		t.Fatalf("%v, %d steps", err, m.step)
	}
	if _, err := os.Stat(n.dir); err == nil {
		t.Error("a directory was made")
	}
	if got := strings.Join(n.Steps(s), "\n"); !strings.Contains(got, "from 3 to 53") || !strings.Contains(got, "offline: 5-7") {
		t.Error(got)
	}
}

func TestRefusals(t *testing.T) {
	type change = func(m *machine, r *Request)
	for name, c := range map[string]struct {
		change change
		want   string
	}{
		"user": {func(m *machine, _ *Request) { m.uid = 1000 }, "needs root: this is user 1000"},
		"lockdown": {func(m *machine, _ *Request) {
			m.files["/sys/kernel/security/lockdown"] = "none [integrity] confidentiality"
		}, "locked down"},
		"msr":      {func(m *machine, _ *Request) { m.broken = errors.New("no msr: modprobe msr") }, "modprobe msr"},
		"hugetlb":  {func(m *machine, _ *Request) { delete(m.files, pagesNow) }, "no huge pages of 2 MiB"},
		"io_uring": {func(m *machine, _ *Request) { m.files["/proc/sys/kernel/io_uring_disabled"] = "2" }, "io_uring is switched off"},
		"tdx":      {func(m *machine, _ *Request) { m.files["/proc/cpuinfo"] = "flags : fpu tdx_guest\n" }, "confidential guest (Intel TDX)"},
		"sev":      {func(m *machine, _ *Request) { m.files["/proc/cpuinfo"] = "flags : sev_snp_guest\n" }, "confidential guest (AMD SEV)"},
		"xen": {func(m *machine, _ *Request) {
			m.files["/sys/hypervisor/type"], m.files["/sys/hypervisor/guest_type"] = "xen", "PV"
		}, "paravirtual guest of Xen"},
		"no CPU":    {func(_ *machine, r *Request) { r.CPUs = cpus.Set{} }, "no CPU to reserve"},
		"first":     {func(_ *machine, r *Request) { r.CPUs = cpus.Of(0, 1) }, "CPU cannot be put offline: 0"},
		"absent":    {func(_ *machine, r *Request) { r.CPUs = cpus.Of(8, 9) }, "no such CPU: 8-9: the machine has 0-7"},
		"offline":   {func(m *machine, _ *Request) { m.files[cpuDir+"online"] = "0-5,7" }, "CPU is offline already: 6"},
		"all":       {func(m *machine, r *Request) { m.files[cpuDir+"online"] = "5-7" }, "Linux needs a CPU for itself"},
		"many":      {func(m *machine, r *Request) { r.CPUs, _ = cpus.Parse("1-100") }, "too many CPUs"},
		"no id":     {func(m *machine, _ *Request) { m.files["/proc/cpuinfo"] = "processor: 5\nflags: fpu\n" }, "interrupt controller is not known: 5"},
		"high id":   {func(m *machine, _ *Request) { m.files["/proc/cpuinfo"] = "processor: 5\napicid: 300\n" }, "xAPIC ends at 254"},
		"little":    {func(_ *machine, r *Request) { r.Memory = 1 << 20 }, "too little memory: 1 MiB"},
		"absurd":    {func(_ *machine, r *Request) { r.Memory = 1 << 50 }, "more memory than Linux can give"},
		"absurder":  {func(_ *machine, r *Request) { r.Memory = 1<<64 - 1 }, "absurdly much memory"},
		"available": {func(_ *machine, r *Request) { r.Memory = 2 << 30 }, "more memory than Linux can give: 2048 MiB: 2048 MiB are available, of which 64 MiB stay Linux's"},
		"no sysfs":  {func(m *machine, _ *Request) { delete(m.files, cpuDir+"present") }, "cannot read the machine's CPUs"},
		"odd sysfs": {func(m *machine, _ *Request) { m.files[cpuDir+"online"] = "x" }, "cannot read the machine's CPUs"},
	} {
		m, dir := newMachine(), t.TempDir()
		r := ask
		c.change(m, &r)
		before := maps.Clone(m.files)
		_, err := New(m, dir).Reserve(r)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if m.step != 0 {
			t.Errorf("%s: refused after %d steps", name, m.step)
		}
		m.same(t, name, before, dir)
	}
}

func TestSiblingsAreWarnedOf(t *testing.T) {
	m := newMachine()
	m.files[cpuDir+"cpu5/topology/thread_siblings_list"] = "1,5"
	m.files[cpuDir+"cpu6/topology/thread_siblings_list"] = "6-7"
	_, warnings, err := New(m, t.TempDir()).Check(ask)
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "CPU 5 shares its physical core with CPU 1") {
		t.Errorf("%q, %v", warnings, err)
	}
}

func TestFragmentedMemory(t *testing.T) {
	m, dir := newMachine(), t.TempDir()
	m.most = 40
	before := maps.Clone(m.files)
	before["/proc/sys/vm/compact_memory"] = "1"
	_, err := New(m, dir).Reserve(ask)
	if err == nil || !strings.Contains(err.Error(), "does not find enough huge pages: 37 of 50") || !strings.Contains(err.Error(), "hugepages=53") {
		t.Error(err)
	}
	m.same(t, "fragmented", before, dir)
}

// Whichever step fails, those before it are undone.
func TestEveryStepMayFail(t *testing.T) {
	whole := newMachine()
	if _, err := New(whole, t.TempDir()).Reserve(ask); err != nil {
		t.Fatal(err)
	}
	if whole.step < 5 {
		t.Fatalf("only %d steps", whole.step)
	}
	for at := 1; at <= whole.step; at++ {
		m, dir := newMachine(), t.TempDir()
		m.failAt = at
		before := maps.Clone(m.files)
		if _, err := New(m, dir).Reserve(ask); err == nil {
			t.Errorf("step %d failed, and nobody said so", at)
		}
		m.same(t, "failed", before, dir)
	}
}

// survive calls f, which may be killed on the way.
func survive(f func()) (died bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
			died = true
		}
	}()
	f()
	return false
}

// Killed before or after any step of reserving or of releasing: release puts all back.
func TestKilledAtEveryStep(t *testing.T) {
	for _, after := range []bool{false, true} {
		for at := 1; ; at++ {
			m, dir := newMachine(), t.TempDir()
			before := maps.Clone(m.files)
			m.dieAt, m.after = at, after
			died := survive(func() {
				n := New(m, dir)
				if _, err := n.Reserve(ask); err != nil {
					t.Fatal(err)
				}
				if err := n.Release(nil); err != nil {
					t.Fatal(err)
				}
			})
			if !died {
				if at < 10 {
					t.Errorf("only %d steps", at)
				}
				break
			}
			m.dieAt = 0
			n := New(m, dir)
			if s, err := n.State(); err != nil || s == nil {
				t.Fatalf("killed at %d: no state: %v", at, err)
			} else if s.Phase != Reserved {
				if _, err := n.Reserve(ask); err == nil || !strings.Contains(err.Error(), "node release") {
					t.Errorf("reserving over what was interrupted: %v", err)
				}
			}
			if err := n.Release(nil); err != nil {
				t.Errorf("release after a kill at %d: %v", at, err)
			}
			m.same(t, "killed", before, dir)
		}
	}
}

func TestReleaseThatCannot(t *testing.T) {
	m, dir := newMachine(), t.TempDir()
	n := New(m, dir)
	before := maps.Clone(m.files)
	if _, err := n.Reserve(ask); err != nil {
		t.Fatal(err)
	}
	// Whoever must be stopped first says no.
	if err := n.Release(func(*State) error { return errors.New("busy") }); err == nil || m.files[cpuDir+"online"] != "0-4" {
		t.Errorf("%v, online %s", err, m.files[cpuDir+"online"])
	}
	// A CPU that does not come back keeps the rest from nothing, and is tried again.
	m.fail[onlineFile(6)] = unix.EIO
	if err := n.Release(nil); err == nil || !strings.Contains(err.Error(), "does not take a CPU back: 6") {
		t.Error(err)
	}
	if m.files[cpuDir+"online"] != "0-5,7" || len(m.mounted) != 0 || m.files[pagesNow] != "3" {
		t.Errorf("online %s, mounted %v, pages %s", m.files[cpuDir+"online"], m.mounted, m.files[pagesNow])
	}
	delete(m.fail, onlineFile(6))
	if err := n.Release(nil); err != nil {
		t.Error(err)
	}
	m.same(t, "at last", before, dir)
	if _, err := n.Reserve(ask); err != nil {
		t.Fatal(err)
	}
	m.fail["unmount"] = unix.EBUSY
	if err := n.Release(nil); err == nil || !strings.Contains(err.Error(), "still in use") {
		t.Error(err)
	}
	delete(m.fail, "unmount")
	m.uid = 7
	if err := n.Release(nil); err == nil || !strings.Contains(err.Error(), "needs root") {
		t.Error(err)
	}
	m.uid = 0
	if err := n.Release(nil); err != nil {
		t.Error(err)
	}
	m.same(t, "at the very last", before, dir)
}

// What others did to the number of huge pages meanwhile stays.
func TestPagesOfOthers(t *testing.T) {
	for meanwhile, want := range map[string]string{"53": "3", "60": "10", "20": "3", "2": "2", "3": "3"} {
		m := newMachine()
		n := New(m, t.TempDir())
		if _, err := n.Reserve(ask); err != nil {
			t.Fatal(err)
		}
		m.files[pagesNow] = meanwhile
		if err := n.Release(nil); err != nil || m.files[pagesNow] != want {
			t.Errorf("%s became %s, want %s, %v", meanwhile, m.files[pagesNow], want, err)
		}
	}
}

func TestAnotherBootHasForgotten(t *testing.T) {
	m, dir := newMachine(), t.TempDir()
	n := New(m, dir)
	if _, err := n.Reserve(ask); err != nil {
		t.Fatal(err)
	}
	next := newMachine()
	next.files["/proc/sys/kernel/random/boot_id"] = "the next"
	n = New(next, dir)
	if s, err := n.State(); s != nil || err != nil {
		t.Errorf("%+v, %v", s, err)
	}
	if err := n.Release(nil); err != nil || next.step != 0 {
		t.Errorf("%v, %d steps", err, next.step)
	}
}

func TestUnreadableState(t *testing.T) {
	for _, text := range []string{"", "{", `{"Version":99}`} {
		n := New(newMachine(), t.TempDir())
		if err := os.WriteFile(n.stateFile(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := n.State(); err == nil {
			t.Errorf("%q was believed", text)
		}
		if _, err := n.Reserve(ask); err == nil {
			t.Errorf("%q: reserved over it", text)
		}
	}
}
