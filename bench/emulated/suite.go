// SPDX-License-Identifier: Apache-2.0

package emulated

import (
	"fmt"
	"slices"
	"strings"
)

// A Row is one measurement: a program of bench/prog on both sides.
type Row struct {
	Name    string
	Shows   string
	Program string // file, "" is Name
	Args    []string
	Target  float64 // bound on LWK / Linux, 0: none
	Control bool    // has no system calls: it must cost the same on both sides
	// Shipped calls are measured with doorbells and with polling, and doorbells and changes of thread are
	// counted. Each is how many operations a batch has.
	Shipped int
}

func (r *Row) program() string {
	if r.Program != "" {
		return r.Program
	}
	return r.Name
}

// nullTarget is SPECIFICATION's bound on a null system call.
const nullTarget = 0.3

// Rows are all measurements, in the order of the report.
func Rows() []Row {
	return []Row{
		{Name: "compute", Shows: "a loop in registers: the control", Control: true},
		{Name: "getpid", Shows: "a system call that returns a number", Target: nullTarget},
		{Name: "nullcall", Shows: "sched_get_priority_max: by way of a Go handler in the LWK"},
		{Name: "clock", Shows: "clock_gettime"},
		{Name: "futex-wake", Shows: "FUTEX_WAKE that finds nobody"},
		{Name: "yield", Shows: "sched_yield between two threads, per switch"},
		{Name: "handoff", Shows: "a token by mutex and condition variable, one way"},
		{Name: "thread-create-join", Shows: "pthread_create and pthread_join"},
		{Name: "signal-self", Shows: "a signal to oneself, to the return from its handler"},
		{Name: "mmap-64k", Shows: "map and unmap 64 KiB, untouched"},
		{Name: "mmap-touch-1m", Shows: "map 1 MiB, write to every 4 KiB, unmap"},
		{Name: "touch-default", Program: "touch", Args: []string{"--pages", "default"}, Shows: "first write to a fresh 4 KiB; pages as given"},
		{Name: "touch-small", Program: "touch", Args: []string{"--pages", "small"}, Shows: "the same, 4 KiB pages asked for"},
		{Name: "touch-huge", Program: "touch", Args: []string{"--pages", "huge"}, Shows: "the same, huge pages asked for"},
		{Name: "ship-null", Shows: "getppid, shipped to Linux and back; both processors' instructions", Shipped: 200},
		{Name: "ship-asleep", Args: []string{"--wait", "sleep"}, Shows: "getppid after 3 ms of sleep", Shipped: 8},
	}
}

// Parts that are asked for by name beside rows.
const (
	NoisePart = "noise"
	BootPart  = "boot"
)

// Names are what can be asked for.
func Names() []string {
	var names []string
	for _, r := range Rows() {
		names = append(names, r.Name)
	}
	return append(names, NoisePart, BootPart)
}

// Check fails if a name is unknown.
func Check(names []string) error {
	for _, n := range names {
		if !slices.Contains(Names(), n) {
			return fmt.Errorf("no measurement is called %q; there are %s", n, strings.Join(Names(), ", "))
		}
	}
	return nil
}

// requests are the machines that names take: one, and another one, isolated, for noise.
func requests(names []string) (list []Request) {
	asked := func(n string) bool { return len(names) == 0 || slices.Contains(names, n) }
	first := Request{Enclave: true, Noise: asked(NoisePart)}
	for _, r := range Rows() {
		if asked(r.Name) {
			first.Measure = append(first.Measure, r.Name)
		}
	}
	if len(first.Measure) > 0 && !slices.Contains(first.Measure, Rows()[0].Name) {
		first.Measure = append([]string{Rows()[0].Name}, first.Measure...) // the control comes by itself
	}
	if asked(BootPart) {
		first.Starts = 3
	}
	list = append(list, first)
	if first.Noise {
		list = append(list, Request{Noise: true, Isolated: true})
	}
	return list
}
