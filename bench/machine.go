// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/procfs"
)

// Machine returns one line about this machine: CPU model, kernel, CPUs, and
// whether it is a virtual one. What cannot be found out is left out.
func Machine() string {
	parts := []string{"unknown CPU"}
	virtual := false
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		var model string
		model, virtual = cpuinfo(f)
		f.Close()
		if model != "" {
			parts[0] = model
		}
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		parts = append(parts, unix.ByteSliceToString(u.Sysname[:])+" "+unix.ByteSliceToString(u.Release[:]))
	}
	if cpus, err := allowedCPUs(); err == nil {
		parts = append(parts, fmt.Sprintf("CPUs allowed: %d", len(cpus)))
	}
	if virtual {
		parts = append(parts, "virtual machine")
	}
	return strings.Join(parts, ", ")
}

// A Host describes the machine that was measured.
type Host struct {
	Line  string      `json:"line"`  // Machine
	Facts [][2]string `json:"facts"` // name and value; what was not found out is left out
}

// ThisHost describes this machine: what a reader has to know to compare the
// numbers with another's. It reads some small files.
func ThisHost() Host {
	h := Host{Line: Machine()}
	add := func(name, value string) {
		if value = strings.TrimSpace(value); value != "" {
			h.Facts = append(h.Facts, [2]string{name, value})
		}
	}
	file := func(path string) string {
		text, _ := procfs.Read(path) // "" where there is none
		return text
	}
	chosen := func(text string) string { // the word in brackets
		_, text, _ = strings.Cut(text, "[")
		text, _, _ = strings.Cut(text, "]")
		return text
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		add("kernel", unix.ByteSliceToString(u.Release[:])+" "+unix.ByteSliceToString(u.Version[:]))
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		add("memory", fmt.Sprintf("%.1f GiB", float64(info.Totalram)*float64(info.Unit)/(1<<30)))
	}
	add("huge pages", chosen(file("/sys/kernel/mm/transparent_hugepage/enabled")))
	add("clock", file("/sys/devices/system/clocksource/clocksource0/current_clocksource"))
	add("governor", file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"))
	if file("/sys/devices/system/cpu/smt/active") == "1" {
		add("hyperthreads", "on")
	}
	add("isolated CPUs", file("/sys/devices/system/cpu/isolated"))
	add("nohz_full", strings.Trim(file("/sys/devices/system/cpu/nohz_full"), "()"))
	add("load before", firstWords(file("/proc/loadavg"), 3))
	return h
}

func firstWords(text string, n int) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(n, len(words))], " ")
}

// cpuinfo reads the first processor's model and whether a hypervisor shows.
func cpuinfo(r io.Reader) (model string, virtual bool) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20) // the flags line grows with each generation
	for lines.Scan() {
		key, value, ok := strings.Cut(lines.Text(), ":")
		if !ok {
			break // an empty line ends the first processor
		}
		switch strings.TrimSpace(key) {
		case "model name":
			model = strings.Join(strings.Fields(value), " ")
		case "flags":
			for _, flag := range strings.Fields(value) {
				virtual = virtual || flag == "hypervisor"
			}
		}
	}
	return model, virtual
}
