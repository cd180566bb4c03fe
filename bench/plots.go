// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// sideClass is the CSS class of a side: its colour.
func sideClass(name string) string {
	switch name {
	case "linux", "skerry", "linux-plain", "linux-rt", "runsc":
		return name
	}
	return "c4"
}

// ratioScale is the one scale of all ratios of a report.
func ratioScale(rows []Row) scale {
	s := scale{low: 0.5, high: 2, log: true}
	for i := range rows {
		r := &rows[i]
		if r.Ratio == 0 {
			continue
		}
		s.low, s.high = math.Min(s.low, r.Ratio), math.Max(s.high, r.Ratio)
		if r.Interval.Known() {
			s.low, s.high = math.Min(s.low, r.Interval.Low), math.Max(s.high, r.Interval.High)
		}
	}
	s.low, s.high = s.low/1.15, s.high*1.15
	return s
}

func ratioAxis(s scale) template.HTML {
	d := draw(16, "scale of the ratios")
	last := -100.0
	for _, v := range ratioTicks(s) {
		if x := s.at(v); x-last > 6 {
			d.label(x, 12, "middle", fmt.Sprintf("%g", v))
			last = x
		}
	}
	return d.done()
}

func ratioTicks(s scale) []float64 {
	var list []float64
	for _, v := range []float64{0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000} {
		if v >= s.low && v <= s.high {
			list = append(list, v)
		}
	}
	return list
}

// ratioPlot is one row: its ratio with its interval and target.
func ratioPlot(r *Row, s scale) template.HTML {
	d := draw(26, fmt.Sprintf("%s: ratio %s, 95 %% interval %s", r.Name, number(r.Ratio), interval(r.Interval)))
	for _, v := range ratioTicks(s) {
		class := "grid"
		if v == 1 {
			class = "one"
		}
		d.fullLine(class, s.at(v))
	}
	d.middle()
	class := outcome(r)
	d.line(class+" way", s.at(1), 0, s.at(r.Ratio), 0)
	if r.Interval.Known() {
		d.line(class+" whisker", s.at(r.Interval.Low), 0, s.at(r.Interval.High), 0)
	}
	if r.Limit > 0 && r.Kind != Control && r.Limit <= s.high {
		d.line("target", s.at(r.Limit), -7, s.at(r.Limit), 7)
	}
	d.dot(class, s.at(r.Ratio), 0, 4.5, fmt.Sprintf("%s: %s (%s)", r.Name, number(r.Ratio), r.note()))
	d.text.WriteString("</svg>")
	return d.done()
}

// outcome is the class of a row's ratio.
func outcome(r *Row) string {
	switch {
	case r.Interval.Known() && !r.Interval.Differs() || r.Ratio == 1:
		return "same"
	case r.Ratio > 1:
		return "loss"
	}
	return "win"
}

// maxDots is how many batches of a side a plot has.
const maxDots = 40

// strip is one side's batches.
func strip(r *Result, s scale) template.HTML {
	costs := r.Costs()
	slices.Sort(costs)
	d := draw(22, fmt.Sprintf("%d batches, median %s", len(costs), duration(r.Median)))
	d.line("axisline", 0, 11, 100, 11)
	low, high := quantile(costs, 0.25), quantile(costs, 0.75)
	d.rect("box", s.at(low), 3, math.Max(s.at(high), s.at(low)+0.6), 16)
	every := max(1, len(costs)/maxDots)
	for i := 0; i < len(costs); i += every {
		// Not at random: the same page for the same result.
		d.dot("dot", s.at(costs[i]), 11+float64((i*7)%11)-5, 2.2, "")
	}
	d.line("median", s.at(r.Median), 1, s.at(r.Median), 21)
	return d.done()
}

func stripAxis(s scale) template.HTML {
	d := draw(18, "scale")
	d.ticks(s, 3, 0, 4, short)
	return d.done()
}

// nines are the lines of a tail's plot: what part is above.
var nines = []struct {
	q    float64
	text string
}{{0.5, "50 %"}, {0.9, "90 %"}, {0.99, "99 %"}, {0.999, "99.9 %"}, {0.9999, "99.99 %"}}

// height of a quantile in a tail's plot, in percent from the top: each step is
// a tenth of what is left; the longest is at the top.
func tailHeight(q float64) float64 {
	steps := math.Min(5, -math.Log10(math.Max(1-q, 1e-5)))
	return 100 * (1 - steps/5)
}

// tailPlot is the distribution of single operations of several sides.
func tailPlot(name string, sides []string, results []*Latency) template.HTML {
	var all []float64
	for _, l := range results {
		all = append(all, l.NS[1:]...)
	}
	s := scaleOf(all...)
	s.right = 15
	const top, bottom = 8, 168
	d := draw(190, name+": distribution of single operations")
	for _, n := range nines {
		y := top + (bottom-top)*tailHeight(n.q)/100
		d.line("grid", 0, y, 100-s.right, y)
		d.label(100, y+4, "end", n.text)
	}
	d.ticks(s, 4, top, bottom, short)
	for i, l := range results {
		var x, y []float64
		for q, v := range l.NS {
			at, h := s.at(v), tailHeight(Quantiles[q])
			if q > 0 {
				x, y = append(x, at), append(y, y[len(y)-1]) // a step
			}
			x, y = append(x, at), append(y, h)
		}
		d.curve(sideClass(sides[i]), top, bottom, x, y)
	}
	return d.done()
}

// causeClass sorts causes into four colours.
func causeClass(cause string) string {
	switch {
	case strings.HasPrefix(cause, "another thread"):
		return "c2"
	case strings.Contains(cause, "irq "):
		return "c3"
	case cause == "unknown" || cause == "not known":
		return "c4"
	}
	return "c1"
}

// detourPlot is each detour by its time and length.
func detourPlot(list []Detour, lengths scale, end float64) template.HTML {
	const top, bottom = 6, 134
	d := draw(154, "detours by time and length")
	vertical := lengths
	for _, v := range vertical.ticks(4) {
		y := bottom - (bottom-top)*vertical.at(v)/100
		d.line("grid", 0, y, 100, y)
		d.label(0, y-2, "start", short(v))
	}
	s := scale{low: 0, high: end}
	d.ticks(s, 3, top, bottom, short)
	every := max(1, len(list)/400)
	for i := 0; i < len(list); i += every {
		x := list[i]
		d.dot(causeClass(x.Cause)+" mark", s.at(x.At), bottom-(bottom-top)*vertical.at(x.Took)/100, 3, duration(x.Took)+": "+x.Cause)
	}
	return d.done()
}

// loadPlot is one program's cells: a line for each system, a dot for each load.
func loadPlot(systems []string, loads []string, value func(system, load string) float64, s scale, text func(float64) string) template.HTML {
	const lane = 34
	d := draw(lane*len(systems)+18, "by system and load")
	bottom := float64(lane * len(systems))
	d.ticks(s, 4, 0, bottom, text)
	for i, system := range systems {
		y := float64(lane*i) + 22
		d.line("axisline", 0, y, 100, y)
		d.label(0, y-9, "start", system)
		for j, load := range loads {
			if v := value(system, load); v > 0 {
				d.dot(loadClass(j)+" mark", s.at(v), y, 5, fmt.Sprintf("%s, load %s: %s", system, load, text(v)))
			}
		}
	}
	return d.done()
}

// loadClass is the colour of the load of that index; the first is none.
func loadClass(i int) string { return []string{"c4", "c1", "c2", "c3"}[i%4] }
