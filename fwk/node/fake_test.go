package node

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/cpus"
)

// machine is an invented Linux: eight CPUs, of which the first cannot be put offline, and 4 GiB.
type machine struct {
	files   map[string]string
	mounted map[string]uint64
	uid     int
	mode    string
	broken  error // of Controllers
	full    int   // so often, there is no room for a file
	most    int   // huge pages that can be found

	step   int  // what changes something is counted
	failAt int  // that step fails
	dieAt  int  // at that step the process is killed
	after  bool // ... after it was done
	fail   map[string]error
	loaded []string
}

type killed struct{}

func newMachine() *machine {
	m := &machine{files: map[string]string{}, mounted: map[string]uint64{}, mode: XAPIC, most: 1000, fail: map[string]error{}}
	info := ""
	for c := range 8 {
		dir := cpuDir + "cpu" + strconv.Itoa(c)
		if c > 0 {
			m.files[dir+"/online"] = "1"
		}
		m.files[dir+"/topology/thread_siblings_list"] = strconv.Itoa(c)
		info += fmt.Sprintf("processor\t: %d\nflags\t\t: fpu x2apic\napicid\t\t: %d\n\n", c, 2*c)
	}
	m.files["/proc/cpuinfo"] = info
	m.files[cpuDir+"present"] = "0-7"
	m.files[cpuDir+"online"] = "0-7"
	m.files[pagesNow] = "3"
	m.files[hugeDir+"surplus_hugepages"] = "0"
	m.files["/proc/sys/vm/compact_memory"] = ""
	m.files["/proc/sys/kernel/random/boot_id"] = "this-boot"
	m.files["/proc/meminfo"] = "MemTotal: 4194304 kB\nMemFree: 1 kB\nMemAvailable:    2097152 kB\n"
	m.files["/sys/kernel/security/lockdown"] = "[none] integrity confidentiality"
	return m
}

// change counts a step; it fails, or ends the process, where the test wants it.
func (m *machine) change(what string, do func() error) error {
	m.step++
	if err := m.fail[what]; err != nil {
		return err
	}
	if m.step == m.failAt {
		return unix.EIO
	}
	if m.step == m.dieAt && !m.after {
		panic(killed{})
	}
	err := do()
	if m.step == m.dieAt {
		panic(killed{})
	}
	return err
}

func (m *machine) Read(path string) (string, error) {
	text, ok := m.files[path]
	if !ok {
		return "", &os.PathError{Op: "open", Path: path, Err: os.ErrNotExist}
	}
	return text, nil
}

func (m *machine) Write(path, text string) error {
	return m.change(path, func() error {
		if _, ok := m.files[path]; !ok {
			return os.ErrNotExist
		}
		switch {
		case path == pagesNow:
			n, err := strconv.Atoi(text)
			if err != nil {
				return err
			}
			text = strconv.Itoa(min(n, m.most))
		case strings.HasSuffix(path, "/online"):
			m.files[path] = text
			online := cpus.Of(0)
			for c := 1; c < 8; c++ {
				if m.files[onlineFile(c)] == "1" {
					online.Add(c)
				}
			}
			m.files[cpuDir+"online"] = online.String()
		}
		m.files[path] = text
		return nil
	})
}

func (m *machine) Mount(dir string, size uint64) error {
	return m.change("mount", func() error {
		n, _ := strconv.Atoi(m.files[pagesNow])
		if size>>21 > uint64(n) {
			return unix.ENOMEM
		}
		m.mounted[dir] = size
		return os.MkdirAll(dir, 0o700)
	})
}

func (m *machine) Unmount(dir string) error {
	return m.change("unmount", func() error {
		delete(m.mounted, dir)
		return nil
	})
}

func (m *machine) Mounted(dir string) (bool, error) { return m.mounted[dir] != 0, nil }
func (m *machine) UID() int                         { return m.uid }
func (m *machine) Settle()                          {}

func (m *machine) Load(module string) error {
	m.loaded = append(m.loaded, module)
	return nil
}

func (m *machine) Controllers() (string, error) { return m.mode, m.broken }

func (m *machine) Allocate(path string, size uint64) error {
	if m.full > 0 {
		m.full--
		return unix.ENOSPC
	}
	return m.change("allocate", func() error { return os.WriteFile(path, make([]byte, 10), 0o600) })
}

// same compares the machine with how it was.
func (m *machine) same(t *testing.T, when string, before map[string]string, dir string) {
	t.Helper()
	if !maps.Equal(m.files, before) {
		for k, v := range before {
			if m.files[k] != v {
				t.Errorf("%s: %s is %q, was %q", when, k, m.files[k], v)
			}
		}
	}
	if len(m.mounted) != 0 {
		t.Errorf("%s: still mounted: %v", when, m.mounted)
	}
	for _, name := range []string{"node.json", "node.json.part", "memory"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %s is still there", when, name)
		}
	}
}
