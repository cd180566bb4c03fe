// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// A Drive is one visit of a measurement to one side: all that it needs to
// start programs there.
type Drive struct {
	Ctx      context.Context
	Side     Side
	CPUs     []int // the program's; with two CPUs the first is the enclave's
	Batches  int
	Programs string        // directory of the measurement programs
	Work     string        // directory to leave files in; gone after the run
	Warm     bool          // this side has been visited before
	Limit    time.Duration // for each program
}

// An Outcome is what a visit gave.
type Outcome struct {
	Costs   []float64 // ns per operation, for each batch
	Latency *Latency  // of single operations; nil: not measured
	Detours []Detour
}

// place is where, and in which class, a program is started.
type place struct {
	cpus     []int // none: anywhere
	realtime bool
}

// where returns where d's side has its programs started by us.
func (d *Drive) where() place {
	side := innermost(d.Side)
	_, rt := side.(realtime)
	if _, ok := side.(pinned); ok {
		return place{cpus: d.CPUs, realtime: rt}
	}
	return place{realtime: rt}
}

// beside returns where the other end of a measurement runs (a client, say): on
// a CPU of Linux that the program does not have, if there is one.
func (d *Drive) beside() place {
	all, err := allowedCPUs()
	if err != nil || len(d.CPUs) == 0 {
		return place{}
	}
	return place{cpus: []int{partner(all, d.CPUs[0])}}
}

// run runs prog with args on d's side and returns what it printed.
func (d *Drive) run(prog string, args ...string) ([]byte, error) {
	return output(d.Ctx, d.Side.Command(prog, args...), d.where(), d.Limit)
}

// program is the visit of a measurement that is a program of prog/.
func (d *Drive) program(m *Measurement) (Outcome, error) {
	prog := filepath.Join(d.Programs, m.program())
	if m.Starts {
		costs, err := starts(d, startsPerBatch, func() *exec.Cmd { return d.Side.Command(prog) })
		return Outcome{Costs: costs}, err
	}
	args := append([]string{}, m.Args...)
	args = append(args, "--batches", fmt.Sprint(d.Batches))
	if m.Singles > 0 {
		args = append(args, "--latency", fmt.Sprint(m.Singles))
	}
	out, err := d.run(prog, args...)
	if err != nil {
		return Outcome{}, err
	}
	return parse(m.program(), out)
}
