// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"fmt"
	"text/tabwriter"
)

// A model says what a cost in the enclave is made of, each part a measurement
// of its own. What the parts leave is shown as such.
type model struct {
	name  string // of the measurement
	parts []part
}

// A part is some times what a measurement gave on one side.
type part struct {
	text  string
	name  string // of the measurement
	base  bool   // on Linux; else in the enclave
	times float64
}

// trip is what a shipped call costs besides Linux's own call.
var trip = []part{
	{"entry, the LWK's way to a handler, and exit", "nullcall", false, 1},
	{"a message to another core and its answer, by the rings' own code", "ring-roundtrip", true, 1},
}

func models() []model {
	shipped := func(name string, calls float64) model {
		m := model{name: name}
		for _, p := range trip {
			p.times *= calls
			m.parts = append(m.parts, p)
		}
		m.parts = append(m.parts, part{"Linux's own call", name, true, 1})
		return m
	}
	asleep := model{"ship-asleep", []part{trip[0],
		{"Linux wakes the sleeping proxy, which answers", "wake-far", true, 1},
		{"Linux's own call, with cold caches", "ship-asleep", true, 1}}}
	return []model{
		shipped("ship-null", 1), shipped("ship-pread-4k", 1), shipped("ship-write-4k", 1), shipped("ship-open-close", 2), asleep,
		{"handoff", []part{
			{"three futex calls", "futex-wake", false, 3},
			{"a switch", "yield", false, 1}}},
	}
}

// An Explained is a model with a report's numbers.
type Explained struct {
	Name  string
	Total float64 // ns, measured
	Sum   float64 // ns, of the parts
	Parts []ExplainedPart
}

// An ExplainedPart is one part, in ns.
type ExplainedPart struct {
	Text, Measured string // what it is, and the measurement that shows it
	NS             float64
}

// Rest is what the parts leave of the total, in ns; below 0 if they are more.
func (e *Explained) Rest() float64 { return e.Total - e.Sum }

// Explain returns the models of which everything was measured.
func (rep *Report) Explain() []Explained {
	find := func(name string, base bool) (float64, bool) {
		for i := range rep.Rows {
			row := &rep.Rows[i]
			if row.Name != name || row.Failed() || row.Skipped != "" {
				continue
			}
			r := &row.Other
			if base {
				r = &row.Base
			}
			return r.Median, r.N() > 0
		}
		return 0, false
	}
	var list []Explained
next:
	for _, m := range models() {
		total, ok := find(m.name, false)
		if !ok {
			continue
		}
		e := Explained{Name: m.name, Total: total}
		for _, p := range m.parts {
			ns, ok := find(p.name, p.base)
			if !ok {
				continue next
			}
			side := rep.Other
			if p.base {
				side = rep.Base
			}
			measured := fmt.Sprintf("%s on %s", p.name, side)
			if p.times != 1 {
				measured = fmt.Sprintf("%g x %s", p.times, measured)
			}
			e.Parts = append(e.Parts, ExplainedPart{p.text, measured, p.times * ns})
			e.Sum += p.times * ns
		}
		list = append(list, e)
	}
	return list
}

// writeModels writes what costs are made of.
func (rep *Report) writeModels(out *bytes.Buffer) {
	list := rep.Explain()
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(out, "\nwhat costs in the enclave are made of\n\n")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range list {
		fmt.Fprintf(table, "%s\t%s\tmeasured\t\n", e.Name, duration(e.Total))
		for _, p := range e.Parts {
			fmt.Fprintf(table, "\t%s\t%s\t%s\n", duration(p.NS), p.Text, p.Measured)
		}
		fmt.Fprintf(table, "\t%s\tnot explained: %.0f %%\t\n", duration(e.Rest()), 100*e.Rest()/e.Total)
	}
	table.Flush()
}
