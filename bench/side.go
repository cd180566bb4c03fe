// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"os/exec"
	"strings"
)

// A Side starts programs on one of the two systems that are compared.
type Side interface {
	// Name is the side's name in errors.
	Name() string
	// Command returns the command that runs prog, a path, with args there.
	// It must be fresh: the caller sets its streams and starts it.
	Command(prog string, args ...string) *exec.Cmd
}

// A pinned side leaves the choice of CPU to the runner, which starts its
// programs on the enclave's CPU. Other sides place their programs themselves.
type pinned interface{ pinned() }

// Linux runs programs as they are, pinned by the runner.
type Linux struct{}

// Name implements Side.
func (Linux) Name() string { return "linux" }

// Command implements Side.
func (Linux) Command(prog string, args ...string) *exec.Cmd { return exec.Command(prog, args...) }

func (Linux) pinned() {}

// Skerry runs programs in an enclave, by `Exe run --cpus CPUs -- prog args`.
type Skerry struct {
	Exe  string // path of the skerry command
	CPUs string // as --cpus takes it
}

// Name implements Side.
func (Skerry) Name() string { return "skerry" }

// Command implements Side.
func (s Skerry) Command(prog string, args ...string) *exec.Cmd {
	return exec.Command(s.Exe, append([]string{"run", "--cpus", s.CPUs, "--", prog}, args...)...)
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
