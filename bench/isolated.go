// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"os"
	"os/exec"
	"syscall"

	"github.com/skerry-os/skerry/fwk/isolate"
)

// linuxIsolated returns Linux with the best isolation that this machine and
// user have, and what it lacks; nil if there is none at all.
func linuxIsolated() (Side, []string) {
	can := isolate.Probe()
	switch {
	case can.Partition == nil:
		return named{Linux{}, "linux isolated"}, can.Missing()
	case can.RealTime == nil:
		return isolatedRT{}, can.Missing()
	case can.Interrupts == nil:
		return named{Linux{}, "linux isolated"}, can.Missing()
	}
	return nil, can.Missing()
}

// isolatedRT is Linux with the real-time class in the place of a partition.
type isolatedRT struct{ LinuxRT }

func (isolatedRT) Name() string { return "linux isolated" }

// grouped starts a side's programs in a control group.
type grouped struct {
	Side
	dir *os.File
}

func (g grouped) Command(prog string, args ...string) *exec.Cmd {
	cmd := g.Side.Command(prog, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(g.dir.Fd())}
	return cmd
}

func (g grouped) inner() Side { return g.Side }

// interrupt asks a load to end, which cleans up then.
func interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }

func tempDir() string { return os.TempDir() }
