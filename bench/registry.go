// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"strings"
	"time"
)

// A Kind says what role a measurement has in a report.
type Kind int

const (
	// Compared is measured on both sides; its ratio is the result.
	Compared Kind = iota
	// Control is measured on both sides and must not move: if it does, the
	// machine was not quiet enough, or the sides did not get the same CPU,
	// and no ratio of that run may be believed.
	Control
	// Context is measured on Linux alone: a property of the machine that a
	// target is stated in.
	Context
)

// A Measurement is one row of the report.
type Measurement struct {
	Name   string // also the program's: prog/Name.c
	Shows  string // what one operation is
	Kind   Kind
	Target Target
	Starts bool // the runner times the program's whole life; the program prints nothing
	Pair   bool // needs two CPUs
}

// ControlTolerance is how far a control's ratio may be from 1.
const ControlTolerance = 0.10

// roundTrip is the name of the measurement that OverRoundTrip targets need.
const roundTrip = "cacheline"

// Measurements returns every measurement, in the order of the report.
func Measurements() []Measurement {
	return []Measurement{
		{Name: "getpid", Shows: "a system call answered without leaving the core", Target: AtMost(0.05)},
		{Name: "nullcall", Shows: "sched_get_priority_max: a constant, in the LWK by way of a Go handler", Target: AtMost(0.5)},
		{Name: "yield", Shows: "sched_yield between two threads of one core, per switch", Target: AtMost(0.08)},
		{Name: "handoff", Shows: "a token by mutex and condition variable on one core, one way", Target: AtMost(0.08)},
		{Name: "thread-create-join", Shows: "pthread_create and pthread_join of an empty thread", Target: AtMost(0.06)},
		{Name: "mmap-touch-1m", Shows: "map 1 MiB, write every 4 KiB page, unmap", Target: AtMost(0.06)},
		{Name: "ship-null", Shows: "getppid, shipped to Linux and back", Target: OverRoundTrip(1.5)},
		{Name: "ship-pread-4k", Shows: "pread of 4 KiB in the page cache, shipped", Target: AtMost(1.6)},
		{Name: "start-static", Shows: "start of a static program that does nothing, fork to wait", Target: Within(3 * time.Millisecond), Starts: true},
		{Name: "compute", Shows: "integer and floating-point loop in registers", Kind: Control},
		{Name: "memcpy", Shows: "copy of 1 MiB", Kind: Control},
		{Name: roundTrip, Shows: "a cache line to another core and back, on Linux", Kind: Context, Pair: true},
	}
}

// Select returns the measurements named, in the order of the report and each
// once; all of them when no name is given. An unknown name is an error that
// lists the names there are.
func Select(names []string) ([]Measurement, error) {
	all := Measurements()
	if len(names) == 0 {
		return all, nil
	}
	wanted := make(map[string]bool, len(names))
	for _, n := range names {
		wanted[n] = true
	}
	var picked []Measurement
	var known []string
	for _, m := range all {
		known = append(known, m.Name)
		if wanted[m.Name] {
			picked = append(picked, m)
			delete(wanted, m.Name)
		}
	}
	for _, n := range names {
		if wanted[n] {
			return nil, fmt.Errorf("no measurement is called %q; there are: %s", n, strings.Join(known, ", "))
		}
	}
	return picked, nil
}

// A Target bounds the cost on skerry, in terms of what the same run measured
// on Linux. The zero Target bounds nothing.
type Target struct {
	form  targetForm
	value float64
}

type targetForm int

const (
	formNone targetForm = iota
	formRatio
	formOver
	formRoundTrip
)

// AtMost is the target skerry <= ratio * linux.
func AtMost(ratio float64) Target { return Target{formRatio, ratio} }

// Within is the target skerry <= linux + d.
func Within(d time.Duration) Target { return Target{formOver, float64(d.Nanoseconds())} }

// OverRoundTrip is the target skerry <= factor * (linux + the round trip of a
// cache line between two cores): what shipping a call cannot avoid.
func OverRoundTrip(factor float64) Target { return Target{formRoundTrip, factor} }

// Ratio returns the target as a bound on skerry/linux, given the cost on Linux
// and of a cache line's round trip in ns (0: not known). False if there is no
// bound, or not enough is known to state it.
func (t Target) Ratio(linux, line float64) (float64, bool) {
	switch {
	case t.form == formRatio:
		return t.value, true
	case t.form == formOver && linux > 0:
		return (linux + t.value) / linux, true
	case t.form == formRoundTrip && linux > 0 && line > 0:
		return t.value * (linux + line) / linux, true
	}
	return 0, false
}

// String says the target as a formula: what skerry's cost may be at most.
func (t Target) String() string {
	switch t.form {
	case formRatio:
		return fmt.Sprintf("%g x linux", t.value)
	case formOver:
		return fmt.Sprintf("linux + %v", time.Duration(t.value))
	case formRoundTrip:
		return fmt.Sprintf("%g x (linux + %s)", t.value, roundTrip)
	}
	return ""
}
