// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/skerry-os/skerry/fwk/isolate"
)

// An Isolation says what competing load on Linux does to programs that have
// nothing to do with it. The load may run on every CPU that the caller may
// use: who wants to be left alone has to see to it.
type Isolation struct {
	Load     string   `json:"load"`    // what makes it, with its version
	Missing  []string `json:"missing"` // what isolation this machine or user cannot have
	Skipped  string   `json:"skipped,omitempty"`
	Cells    []Cell   `json:"cells"`
	Programs []string `json:"programs"`
	Systems  []string `json:"systems"`
	Loads    []string `json:"loads"` // the first is none
}

// A Cell is one program on one system under one load.
type Cell struct {
	Program string    `json:"program"`
	System  string    `json:"system"`
	Load    string    `json:"load"`
	Median  float64   `json:"median"` // ns per operation
	Latency *Latency  `json:"latency"`
	Slower  float64   `json:"slower"` // median over the same system's without load; 0 if not known
	Rounds  []float64 `json:"rounds"` // medians
	Error   string    `json:"error,omitempty"`
}

// isolationPrograms compute, use memory, and make calls that stay on the core.
var isolationPrograms = []Measurement{
	{Name: "fwq", Singles: 5000},
	{Name: "stream-huge", Program: "stream", Args: []string{"--pages", "huge"}, Singles: 10},
	{Name: "handoff", Singles: 20000},
}

// A load is a command that makes one until it is killed.
type load struct {
	name string
	args []string // of stress-ng
}

// loads returns what competes: as many workers as there are CPUs.
func loads(cpus int) []load {
	n := fmt.Sprint(cpus)
	return []load{
		{"none", nil},
		{"memory", []string{"--stream", n}},
		{"scheduler", []string{"--switch", n, "--yield", n, "--cpu", n}},
		{"io", []string{"--hdd", n, "--hdd-bytes", "64M", "--pipe", n}},
	}
}

// A system is a way to run a program that wants to be left alone.
type system struct {
	side Side
	take bool // isolate the CPU first, for the time of the program
}

// measureIsolation runs each program on each system under each load, in
// rounds. Without stress-ng it is skipped, which the result says.
func measureIsolation(ctx context.Context, req *Request, o Options, progress func(string)) (*Isolation, error) {
	result := &Isolation{}
	stress, err := command("stress-ng")
	if err != nil {
		result.Skipped = err.Error()
		return result, nil
	}
	version, err := output(ctx, exec.Command(stress, "--version"), place{}, 10*time.Second)
	if err != nil {
		return nil, fmt.Errorf("stress-ng --version: %w", err)
	}
	result.Load = strings.Join(strings.Fields(lastLine(version))[:3], " ")
	all, err := allowedCPUs()
	if err != nil {
		return nil, err
	}
	systems := []system{{side: Linux{}}}
	isolated, missing := linuxIsolated()
	result.Missing = missing
	if isolated != nil {
		systems = append(systems, system{side: isolated, take: true})
	}
	systems = append(systems, system{side: o.Other})
	if s, ok := o.Other.(Skerry); ok {
		s.More = append(s.More, "--isolate")
		systems = append(systems, system{side: named{s, "skerry --isolate"}})
	}
	rounds := 3
	if req.Quick {
		rounds = 1
	}
	list := loads(len(all))
	for _, l := range list {
		result.Loads = append(result.Loads, l.name)
	}
	for _, m := range isolationPrograms {
		result.Programs = append(result.Programs, m.Name)
	}
	for _, s := range systems {
		result.Systems = append(result.Systems, s.side.Name())
	}
	return result, result.measure(ctx, stress, list, systems, rounds, o, progress)
}

// measure goes through everything in rounds.
func (r *Isolation) measure(ctx context.Context, stress string, list []load, systems []system, rounds int, o Options, progress func(string)) error {
	cells := map[[3]string]*Cell{}
	latencies := map[[3]string][]*Latency{}
	for round := range rounds {
		for _, l := range list {
			progress(fmt.Sprintf("isolation, round %d: load %s", round+1, l.name))
			err := under(ctx, stress, l, func() error {
				for _, m := range isolationPrograms {
					for _, s := range systems {
						if err := context.Cause(ctx); err != nil {
							return err
						}
						key := [3]string{m.Name, s.side.Name(), l.name}
						if cells[key] == nil {
							cells[key] = &Cell{Program: m.Name, System: s.side.Name(), Load: l.name}
						}
						if l := s.add(ctx, o, m, cells[key]); l != nil {
							latencies[key] = append(latencies[key], l)
						}
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	r.collect(cells, latencies)
	return nil
}

// add visits s once more for a cell, unless that has failed, and returns the
// single operations' times.
func (s system) add(ctx context.Context, o Options, m Measurement, c *Cell) *Latency {
	if c.Error != "" {
		return nil
	}
	out, err := s.visit(ctx, o, m)
	if err != nil {
		c.Error = err.Error()
		return nil
	}
	c.Rounds = append(c.Rounds, Summarize(out.Costs).Median)
	return out.Latency
}

// collect orders the cells and fills what follows from others.
func (r *Isolation) collect(cells map[[3]string]*Cell, latencies map[[3]string][]*Latency) {
	for _, p := range r.Programs {
		for _, s := range r.Systems {
			var alone float64
			for _, l := range r.Loads {
				key := [3]string{p, s, l}
				c := cells[key]
				c.Latency = merge(latencies[key])
				c.Median = Summarize(c.Rounds).Median
				if l == "none" {
					alone = c.Median
				}
				c.Slower = Ratio(c.Median, alone)
				r.Cells = append(r.Cells, *c)
			}
		}
	}
}

// visit runs a program once on s.
func (s system) visit(ctx context.Context, o Options, m Measurement) (Outcome, error) {
	d := &Drive{Ctx: ctx, Side: s.side, CPUs: []int{o.CPU}, Batches: 5, Programs: o.Programs, Limit: time.Minute}
	if s.take {
		held, err := isolate.Take(isolate.Wish{CPUs: d.CPUs, Whole: true})
		if err != nil {
			return Outcome{}, err
		}
		defer held.Give()
		if dir, ok := held.Group(); ok {
			d.Side = grouped{s.side, dir}
		}
	}
	return d.program(&m)
}

// under calls f while l runs.
func under(ctx context.Context, stress string, l load, f func() error) error {
	if l.args == nil {
		return f()
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, stress, append([]string{"--quiet", "--temp-path", filepath.Clean(tempDir())}, l.args...)...)
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	cmd.WaitDelay = 10 * time.Second
	var errs tail
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		cancel()
		return fmt.Errorf("load %s: %w", l.name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	// It starts its workers one after the other.
	select {
	case err := <-ended:
		cancel()
		return fmt.Errorf("load %s ended at once: %w: %s", l.name, err, lastLine(errs.data))
	case <-time.After(500 * time.Millisecond):
	}
	err := f()
	cancel()
	<-ended
	return err
}

// named is a side under another name.
type named struct {
	Side
	name string
}

func (n named) Name() string { return n.name }
func (n named) inner() Side  { return n.Side }

// write writes the table: the slow-down of the median, and the tail.
func (r *Isolation) write(out *bytes.Buffer) {
	fmt.Fprintf(out, "\nisolation: the same program alone and under load on Linux, which may use every CPU\n")
	if r.Skipped != "" {
		fmt.Fprintf(out, "  skipped: %s\n", r.Skipped)
		return
	}
	fmt.Fprintf(out, "load by %s; slow-down of the median (without load: its cost), then the longest single operation\n\n", r.Load)
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "program\tsystem\t%s\tlongest\t\n", strings.Join(r.Loads, "\t"))
	for i := 0; i+len(r.Loads) <= len(r.Cells); i += len(r.Loads) {
		row := r.Cells[i : i+len(r.Loads)]
		fmt.Fprintf(table, "%s\t%s\t", row[0].Program, strings.ReplaceAll(row[0].System, " ", "_"))
		var longest []string
		for j, c := range row {
			switch {
			case c.Error != "":
				fmt.Fprintf(table, "failed\t")
			case j == 0:
				fmt.Fprintf(table, "%s\t", duration(c.Median))
			default:
				fmt.Fprintf(table, "%s x\t", number(c.Slower))
			}
			longest = append(longest, duration(c.Latency.At(1)))
		}
		fmt.Fprintf(table, "%s\t\n", strings.Join(longest, " / "))
	}
	table.Flush()
	out.Write(alignFirst(text.Bytes()))
	for _, why := range r.Missing {
		fmt.Fprintf(out, "  isolation on Linux without: %s\n", why)
	}
	for _, c := range r.Cells {
		if c.Error != "" {
			fmt.Fprintf(out, "  failed: %s on %s, load %s: %s\n", c.Program, c.System, c.Load, c.Error)
		}
	}
}
