package enclave

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// here has the registry in a directory of the test's, in memory as the real one: without one there is
// nothing to test.
func here(t *testing.T) string {
	t.Helper()
	if os.Geteuid() == 0 {
		// Root's place is fixed; an entry of our own there is found among others.
		dir, err := MakeDir()
		if err != nil {
			t.Skip("no place for the registry: ", err)
		}
		return dir
	}
	parent := "/dev/shm"
	if !inMemory(parent) {
		parent = t.TempDir()
	}
	run, err := os.MkdirTemp(parent, "skerry-test-")
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { os.RemoveAll(run) })
	t.Setenv("XDG_RUNTIME_DIR", run)
	dir, err := MakeDir()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func entry() *Entry {
	return &Entry{Name: "unit-test", Platform: "process", Program: "/bin/a b", PID: os.Getpid(), CPUs: []int{1, 70}, Linux: []int{0}, Mem: 1 << 30}
}

func ours(t *testing.T) *Entry {
	t.Helper()
	list, err := List()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(e *Entry) bool { return e.PID == os.Getpid() })
	if i < 0 {
		return nil
	}
	return list[i]
}

func TestRegister(t *testing.T) {
	dir := here(t)
	b, err := Register(entry())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	st, err := os.Stat(b.Path())
	if err != nil || st.Mode().Perm() != 0o600 || filepath.Dir(b.Path()) != dir {
		t.Errorf("%v, mode %v in %s", err, st.Mode(), b.Path())
	}
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("%v, mode %v", err, st.Mode())
	}
	e := ours(t)
	if e == nil {
		t.Fatal("the entry is not listed")
	}
	if e.Name != "unit-test" || e.Program != "/bin/a b" || e.Platform != "process" || !slices.Equal(e.CPUs, []int{1, 70}) || e.Mem != 1<<30 || e.Uptime() <= 0 {
		t.Errorf("%+v", e)
	}
	// What the enclave counts, an observer sees.
	b.Cores()[1].Calls[24] = 7
	o, err := Open(e.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	counters, err := o.Counters()
	if err != nil || len(counters) != 2 || counters[1].Calls[24] != 7 || len(o.Kids()) == 0 {
		t.Errorf("%v, %d cores", err, len(counters))
	}
	for _, who := range []string{"unit-test", strconv.Itoa(os.Getpid())} {
		if f, err := Find(who); err != nil || f.PID != os.Getpid() {
			t.Errorf("%s: %v, %v", who, f, err)
		}
	}
	var none *NotFound
	if _, err := Find("no such name"); !errors.As(err, &none) {
		t.Errorf("found what is not there: %v", err)
	}
	b.Leave(uint32(os.Getpid()))
	if ours(t) != nil {
		t.Error("an enclave that has ended is listed")
	}
	if _, err := os.Stat(b.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Error("its entry is still there")
	}
}

// The last process takes the entry with it.
func TestForkedProcessStays(t *testing.T) {
	here(t)
	b, err := Register(entry())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.Family().Owners[3] = uint32(os.Getppid())
	b.Leave(uint32(os.Getpid()))
	if ours(t) == nil {
		t.Error("an enclave of which a forked process lives is not listed")
	}
	b.Leave(uint32(os.Getppid()))
	if ours(t) != nil {
		t.Error("the entry outlives the last process")
	}
}

// What a killed enclave leaves is recognised, also when its number is another's by now.
func TestStale(t *testing.T) {
	here(t)
	for name, spoil := range map[string]func(b *Board){
		"number taken again": func(b *Board) { b.page.Boot = 1 },
		"no such process":    func(b *Board) { b.page.PID = 1 << 30 },
	} {
		b, err := Register(entry())
		if err != nil {
			t.Fatal(err)
		}
		spoil(b)
		if b.Alive() {
			t.Errorf("%s: taken for alive", name)
		}
		if ours(t) != nil {
			t.Errorf("%s: listed", name)
		}
		if _, err := os.Stat(b.Path()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: not removed", name)
		}
		b.Close()
	}
	// Another pid namespace's is neither shown nor removed.
	b, err := Register(entry())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.page.Space++
	if ours(t) != nil {
		t.Error("an entry of another pid namespace is listed")
	}
	if _, err := os.Stat(b.Path()); err != nil {
		t.Error("an entry of another pid namespace is removed")
	}
	b.Remove()
}

// Files that are no entries are passed over, and a directory that others may write is refused.
func TestNotOurs(t *testing.T) {
	dir := here(t)
	for name, text := range map[string]string{"1.enclave": "", "2.enclave": strings.Repeat("x", 100000), "3.enclave": strings.Repeat("\x00", 100000)} {
		path := filepath.Join(dir, "junk-"+name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(path)
		if _, err := Open(path); err == nil {
			t.Errorf("%s is taken for an entry", name)
		}
	}
	if _, err := List(); err != nil {
		t.Error(err)
	}
	if os.Geteuid() == 0 {
		t.Skip("root's directory is everybody's: its mode is not changed here")
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Register(entry()); err == nil {
		t.Error("an entry in a directory that anybody may write")
	}
	if _, err := List(); err == nil {
		t.Error("a directory that anybody may write is believed")
	}
}

// The recording of an observer that is gone is removed.
func TestTidy(t *testing.T) {
	dir := here(t)
	dead, live := filepath.Join(dir, "1073741824-x.recording"), filepath.Join(dir, strconv.Itoa(os.Getpid())+"-x.recording")
	for _, path := range []string{dead, live} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(path)
	}
	if _, err := List(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Error("it is still there")
	}
	if _, err := os.Stat(live); err != nil {
		t.Error("that of a living observer is gone")
	}
}
