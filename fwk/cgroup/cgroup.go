// Package cgroup answers what control groups grant the calling process: memory and processor time.
// It reads; it never writes. Versions 1 and 2 are understood, as is a mix.
package cgroup

import (
	"strconv"
	"strings"

	"github.com/skerry-os/skerry/fwk/procfs"
)

// FS is where the answers are read; the zero value is this machine. Tests point it elsewhere.
type FS struct {
	Proc string // "/proc/self/cgroup" when empty
	Root string // "/sys/fs/cgroup" when empty
}

func (f FS) proc() string {
	if f.Proc == "" {
		return "/proc/self/cgroup"
	}
	return f.Proc
}

func (f FS) root() string {
	if f.Root == "" {
		return "/sys/fs/cgroup"
	}
	return f.Root
}

// MemoryLimit is the smallest memory limit, in bytes, of the process's groups, and false when none
// limits it. It reads one or two files per level of the group's path.
func (f FS) MemoryLimit() (uint64, bool) {
	limit, found := uint64(0), false
	f.walk("memory", func(dir string, version int) {
		name := "/memory.max"
		if version == 1 {
			name = "/memory.limit_in_bytes"
		}
		n, err := strconv.ParseUint(read(dir+name), 10, 64)
		// Version 1 writes "no limit" as the largest multiple of the page size.
		if err != nil || n >= 1<<62 {
			return
		}
		if !found || n < limit {
			limit, found = n, true
		}
	})
	return limit, found
}

// CPUQuota is the smallest number of CPUs' worth of time that the process's groups may use, and
// false when none limits it.
func (f FS) CPUQuota() (float64, bool) {
	quota, found := 0.0, false
	f.walk("cpu", func(dir string, version int) {
		var used, period string
		if version == 2 {
			used, period, _ = strings.Cut(read(dir+"/cpu.max"), " ")
		} else {
			used, period = read(dir+"/cpu.cfs_quota_us"), read(dir+"/cpu.cfs_period_us")
		}
		u, err1 := strconv.ParseFloat(used, 64)
		p, err2 := strconv.ParseFloat(period, 64)
		if err1 != nil || err2 != nil || u <= 0 || p <= 0 {
			return // "max", -1, or no such file
		}
		if q := u / p; !found || q < quota {
			quota, found = q, true
		}
	})
	return quota, found
}

// walk calls visit with the process's directory for controller and each of its parents. A path that
// cannot be seen (a container shows its own group as the root, but names the host's) ends up at
// directories that are not there, whose files read as empty.
func (f FS) walk(controller string, visit func(dir string, version int)) {
	for line := range strings.SplitSeq(read(f.proc()), "\n") {
		id, rest, ok1 := strings.Cut(line, ":")
		names, path, ok2 := strings.Cut(rest, ":")
		if !ok1 || !ok2 {
			continue
		}
		root, version := f.root(), 2
		if id != "0" || names != "" {
			if !has(names, controller) {
				continue
			}
			root, version = root+"/"+controller, 1
		}
		for path != "" && path[0] == '/' {
			if path = strings.TrimRight(path, "/"); path != "" {
				visit(root+path, version)
				path = path[:strings.LastIndexByte(path, '/')]
			}
		}
		visit(root, version)
	}
}

func has(list, name string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if item == name {
			return true
		}
	}
	return false
}

// read returns a small file's text, and "" when there is none.
func read(path string) string {
	text, _ := procfs.Read(path)
	return text
}
