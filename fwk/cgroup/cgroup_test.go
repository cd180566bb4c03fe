package cgroup

import (
	"os"
	"path/filepath"
	"testing"
)

// tree writes files under a fresh directory and returns an FS that reads them.
func tree(t *testing.T, proc string, files map[string]string) FS {
	t.Helper()
	dir := t.TempDir()
	files["proc"] = proc
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return FS{Proc: dir + "/proc", Root: dir}
}

func TestVersion2TakesTheSmallestOnTheWayUp(t *testing.T) {
	f := tree(t, "0::/a/b/c\n", map[string]string{
		"memory.max": "max\n", "cpu.max": "max 100000\n",
		"a/memory.max": "1000\n", "a/cpu.max": "150000 100000\n",
		"a/b/memory.max": "5000\n", "a/b/cpu.max": "50000 20000\n",
		"a/b/c/memory.max": "max\n",
		"x/memory.max":     "1\n",
	})
	if n, ok := f.MemoryLimit(); !ok || n != 1000 {
		t.Errorf("MemoryLimit = %d, %v", n, ok)
	}
	if q, ok := f.CPUQuota(); !ok || q != 1.5 {
		t.Errorf("CPUQuota = %v, %v", q, ok)
	}
}

func TestVersion1(t *testing.T) {
	f := tree(t, "8:cpu,cpuacct:/job\n4:memory:/job\n1:name=systemd:/other\n", map[string]string{
		"memory/memory.limit_in_bytes":     "9223372036854771712\n",
		"memory/job/memory.limit_in_bytes": "4096000\n",
		"cpu/cpu.cfs_quota_us":             "-1\n", "cpu/cpu.cfs_period_us": "100000\n",
		"cpu/job/cpu.cfs_quota_us": "25000\n", "cpu/job/cpu.cfs_period_us": "100000\n",
	})
	if n, ok := f.MemoryLimit(); !ok || n != 4096000 {
		t.Errorf("MemoryLimit = %d, %v", n, ok)
	}
	if q, ok := f.CPUQuota(); !ok || q != 0.25 {
		t.Errorf("CPUQuota = %v, %v", q, ok)
	}
}

func TestNoLimit(t *testing.T) {
	for name, f := range map[string]FS{
		"empty":      tree(t, "", map[string]string{"memory.max": "7\n"}),
		"max":        tree(t, "0::/\n", map[string]string{"memory.max": "max\n", "cpu.max": "max 100000\n"}),
		"no proc":    {Proc: "/nonexistent/proc", Root: "/nonexistent"},
		"junk":       tree(t, "0:\n:::\nfoo\n0::relative\n", map[string]string{}),
		"host group": tree(t, "0::/../../elsewhere\n", map[string]string{}),
	} {
		if n, ok := f.MemoryLimit(); ok {
			t.Errorf("%s: MemoryLimit = %d", name, n)
		}
		if q, ok := f.CPUQuota(); ok {
			t.Errorf("%s: CPUQuota = %v", name, q)
		}
	}
}
