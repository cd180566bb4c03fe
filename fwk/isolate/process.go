// SPDX-License-Identifier: Apache-2.0

package isolate

import (
	"strconv"
	"strings"

	"github.com/skerry-os/skerry/fwk/procfs"
)

// startTime is when a process began, in clock ticks since the machine's start;
// 0 if there is none of that number. Together with the number it names one
// process for good.
func startTime(pid int) uint64 {
	f := stat(pid)
	if len(f) < 20 {
		return 0
	}
	n, err := strconv.ParseUint(f[19], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// zombie reports whether a process has ended and waits to be waited for.
func zombie(pid int) bool {
	f := stat(pid)
	return len(f) > 0 && f[0] == "Z"
}

// stat is what follows the command's name in /proc/PID/stat (proc(5), from
// field 3); the name may hold anything.
func stat(pid int) []string {
	text, err := procfs.Read("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
}
