// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A Side starts programs on one of the systems that are compared.
type Side interface {
	// Name is the side's name in errors and reports.
	Name() string
	// Command returns the command that runs prog, a path, with args there.
	// It must be fresh: the caller sets its streams and starts it.
	Command(prog string, args ...string) *exec.Cmd
}

// A pinned side leaves the choice of CPU to the runner, which starts its
// programs on the enclave's CPU. Other sides place their programs themselves.
type pinned interface{ pinned() }

// A realtime side has its programs started in the real-time class.
type realtime interface{ realtime() }

// A placer is told which CPUs a program may have, and returns the side that
// gives it those.
type placer interface{ at(cpus []int) Side }

// A wrapper is a side made of another one, of which it is a variety.
type wrapper interface{ inner() Side }

// innermost returns the side that a wrapper is a variety of.
func innermost(s Side) Side {
	for {
		w, ok := s.(wrapper)
		if !ok {
			return s
		}
		s = w.inner()
	}
}

// Linux runs programs as they are, pinned by the runner: the baseline.
type Linux struct{}

// Name implements Side.
func (Linux) Name() string { return "linux" }

// Command implements Side.
func (Linux) Command(prog string, args ...string) *exec.Cmd { return exec.Command(prog, args...) }

func (Linux) pinned() {}

// LinuxPlain runs programs as they are, wherever Linux puts them.
type LinuxPlain struct{}

// Name implements Side.
func (LinuxPlain) Name() string { return "linux-plain" }

// Command implements Side.
func (LinuxPlain) Command(prog string, args ...string) *exec.Cmd { return exec.Command(prog, args...) }

// LinuxRT is Linux with what a careful user asks of it for one program: pinned,
// in the real-time class (SCHED_FIFO), and with huge pages for what malloc
// gives (glibc's tunable; for what a program maps by itself there is no such
// switch but the machine's).
type LinuxRT struct{}

// Name implements Side.
func (LinuxRT) Name() string { return "linux-rt" }

// Command implements Side.
func (LinuxRT) Command(prog string, args ...string) *exec.Cmd {
	cmd := exec.Command(prog, args...)
	cmd.Env = append(os.Environ(), "GLIBC_TUNABLES=glibc.malloc.hugetlb=1")
	return cmd
}

func (LinuxRT) pinned()   {}
func (LinuxRT) realtime() {}

// Skerry runs programs in an enclave, by `Exe run --cpus CPUs -- prog args`.
type Skerry struct {
	Exe  string   // path of the skerry command
	CPUs string   // as --cpus takes it
	More []string // further flags of run
}

// Name implements Side.
func (Skerry) Name() string { return "skerry" }

// Command implements Side.
func (s Skerry) Command(prog string, args ...string) *exec.Cmd {
	argv := append([]string{"run", "--cpus", s.CPUs}, s.More...)
	return exec.Command(s.Exe, append(append(argv, "--", prog), args...)...)
}

func (s Skerry) at(cpus []int) Side {
	s.CPUs = cpuList(cpus)
	return s
}

// Prefix runs programs behind a command of the caller's choice. With a command
// that only pins (taskset -c 1), a run compares Linux with itself and shows
// what the machine's noise alone makes of the ratios.
type Prefix struct {
	Label string   // Name
	Argv  []string // command and its arguments, not empty
}

// Name implements Side.
func (p Prefix) Name() string { return p.Label }

// Command implements Side.
func (p Prefix) Command(prog string, args ...string) *exec.Cmd {
	argv := append(append(append([]string{}, p.Argv[1:]...), prog), args...)
	return exec.Command(p.Argv[0], argv...)
}

// Against returns the side called name to compare with. An unknown name is an
// error that lists the names there are.
func Against(name string) (Side, error) {
	sides := []Side{Linux{}}
	var known []string
	for _, s := range sides {
		if s.Name() == name {
			return s, nil
		}
		known = append(known, s.Name())
	}
	return nil, fmt.Errorf("cannot compare with %q; there is: %s", name, strings.Join(known, ", "))
}

// MoreBaselines returns the further baselines that this machine and user can
// have, and says of each of the others why not. It starts a program or two.
func MoreBaselines(ctx context.Context) (sides []Side, without []string) {
	sides = append(sides, LinuxPlain{})
	if err := startOn(nil, true, func() error { return nil }); err == nil {
		sides = append(sides, LinuxRT{})
	} else {
		without = append(without, "linux-rt: "+err.Error()+" (root, or a limit on real-time priority: ulimit -r)")
	}
	runsc, err := exec.LookPath("runsc")
	if err != nil {
		return sides, append(without, "runsc (gVisor): not installed")
	}
	side := Prefix{Label: "runsc", Argv: []string{runsc, "--network=host", "--ignore-cgroups", "do"}}
	if os.Geteuid() != 0 {
		side.Argv = []string{runsc, "--rootless", "--network=host", "--ignore-cgroups", "do"}
	}
	if _, err := output(ctx, side.Command("/bin/true"), place{}, 20*time.Second); err != nil {
		return sides, append(without, "runsc (gVisor): does not run here: "+err.Error())
	}
	return append(sides, side), without
}
