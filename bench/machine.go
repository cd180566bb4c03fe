// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
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
