// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"slices"
	"strings"
)

// A Kind says what role a measurement has in a report.
type Kind int

const (
	// Compared is measured on all sides; its ratio is the result.
	Compared Kind = iota
	// Control is measured on all sides and must not move: if it does, the
	// machine was not quiet enough, or the sides did not get the same CPU,
	// and no ratio of that round may be believed.
	Control
	// Context is measured on Linux alone: a property of the machine that a
	// target or the model of a cost is stated in.
	Context
)

// A Measurement is one row of the report.
type Measurement struct {
	Name   string // what the user calls it
	Group  string // one of Groups
	Shows  string // what one operation is
	Kind   Kind
	Target Target
	Spent  string // what skerry's time is spent on; said where it loses

	Program string   // file of prog/ without ".c"; "" is Name
	Args    []string // of the program, before those of the runner
	Starts  bool     // the runner times the program's whole life; the program prints nothing
	Pair    bool     // needs two CPUs
	Wide    bool     // has all CPUs that the caller may use, on each side
	Long    bool     // left out of --quick
	Singles int      // how many single operations are timed besides the batches; 0 is none

	// drive runs what is no program of prog/; see Drive. needs names the
	// commands it cannot do without.
	drive    func(*Drive) (Outcome, error)
	allSides bool // drive is quick enough for all baselines
	needs    []string
}

// program is the name of the measurement's file.
func (m *Measurement) program() string {
	if m.Program != "" {
		return m.Program
	}
	return m.Name
}

// ControlTolerance is how far a control's ratio may be from 1.
const ControlTolerance = 0.10

// roundTrip is the name of the measurement that OverRoundTrip targets need.
const roundTrip = "cacheline"

// A Group is a part of the suite that is run, and believed, on its own: its
// controls are measured in each of its rounds.
type Group struct {
	Name  string
	Shows string
}

// Groups returns the groups in the order of the report.
func Groups() []Group {
	return []Group{
		{"kernel", "what a kernel is asked for most: calls, switches, threads, memory maps, signals, processes"},
		{"shipping", "calls that only Linux can answer: what the way there and back costs"},
		{"memory", "first touch, latency and bandwidth, by page size"},
		{"channels", "the rings between the kernels, by themselves, and the machine's cache lines under them"},
		{"programs", "whole programs"},
		{"noise", "what interrupts a program that only computes"},
		{"controls", "must not differ, whatever the kernel: they say whether the rest may be believed"},
	}
}

// Measurements returns every measurement, in the order of the report.
func Measurements() []Measurement {
	var all []Measurement
	for _, group := range [][]Measurement{kernelGroup, shippingGroup, memoryGroup, channelsGroup, programsGroup, noiseGroup, controlsGroup} {
		all = append(all, group...)
	}
	return all
}

// Select returns the measurements named, by their own name or their group's,
// in the order of the report and each once; all of them when no name is given.
// An unknown name is an error that lists the names there are.
func Select(names []string) ([]Measurement, error) {
	all := Measurements()
	if len(names) == 0 {
		return all, nil
	}
	known := map[string]bool{}
	var picked []Measurement
	for _, m := range all {
		known[m.Name], known[m.Group] = true, true
		if slices.Contains(names, m.Name) || slices.Contains(names, m.Group) {
			picked = append(picked, m)
		}
	}
	for _, n := range names {
		if !known[n] {
			return nil, unknown(n)
		}
	}
	return picked, nil
}

// unknown names the groups only: an error is one line. Help and completion have the rest.
func unknown(name string) error {
	var groups []string
	for _, g := range Groups() {
		groups = append(groups, g.Name)
	}
	return fmt.Errorf("no group or measurement is called %q: the groups are %s", name, strings.Join(groups, ", "))
}
