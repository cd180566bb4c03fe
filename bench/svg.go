// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Plots are inline SVG whose horizontal coordinates are percentages: they take
// the width that there is, and their text keeps its size. Colours are the
// page's, by class.

// A scale maps values to percent of a plot's width.
type scale struct {
	low, high float64
	log       bool
	right     float64 // percent left free at the right, for words
}

// margin is left free at both ends, in percent, for what is drawn around a
// point.
const margin = 2

func (s scale) at(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		low, high, v = math.Log(low), math.Log(high), math.Log(math.Max(v, s.low))
	}
	if high <= low {
		return 50
	}
	return margin + (100-s.right-2*margin)*math.Min(1, math.Max(0, (v-low)/(high-low)))
}

// scaleOf covers values, with a little room; logarithmic if they span much.
// Values that are not above 0 do not count.
func scaleOf(values ...float64) scale {
	low, high := math.Inf(1), 0.0
	for _, v := range values {
		if v > 0 && !math.IsInf(v, 0) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	if high == 0 {
		return scale{low: 0, high: 1}
	}
	if high/low > 8 {
		return scale{low: low / 1.15, high: high * 1.15, log: true}
	}
	room := math.Max((high-low)*0.06, high*0.01)
	return scale{low: math.Max(0, low-room), high: high + room}
}

// ticks returns some round values within s, at most about n.
func (s scale) ticks(n int) []float64 {
	var list []float64
	if s.log {
		decades := math.Log10(s.high / s.low)
		steps := []float64{1}
		if decades < 1.2 {
			steps = []float64{1, 2, 5}
		} else if decades < 2.2 && n > 3 {
			steps = []float64{1, 3}
		}
		every := max(1, int(math.Ceil(decades/float64(n))))
		first := int(math.Floor(math.Log10(s.low)))
		for e := first; e <= int(math.Ceil(math.Log10(s.high))); e++ {
			if (e-first)%every != 0 && len(steps) == 1 {
				continue
			}
			for _, step := range steps {
				if v := step * math.Pow(10, float64(e)); v >= s.low && v <= s.high {
					list = append(list, v)
				}
			}
		}
		return list
	}
	step := math.Pow(10, math.Floor(math.Log10((s.high-s.low)/float64(n))))
	for _, f := range []float64{1, 2, 5, 10} {
		if (s.high-s.low)/(step*f) <= float64(n) {
			step *= f
			break
		}
	}
	for v := math.Ceil(s.low/step) * step; v <= s.high; v += step {
		list = append(list, v)
	}
	return list
}

// A drawing is one SVG being written.
type drawing struct {
	text   strings.Builder
	height int
}

// draw begins a drawing of a height in pixels; label is what it shows, for who
// cannot see it.
func draw(height int, label string) *drawing {
	d := &drawing{height: height}
	fmt.Fprintf(&d.text, `<svg height="%d" role="img" aria-label="%s">`, height, template.HTMLEscapeString(label))
	return d
}

func (d *drawing) done() template.HTML {
	d.text.WriteString("</svg>")
	// Everything in it was written here: numbers, classes, and text that is
	// escaped.
	return template.HTML(d.text.String())
}

// pct writes a percentage.
func pct(v float64) string { return fmt.Sprintf("%.2f%%", v) }

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&d.text, `<line class="%s" x1="%s" y1="%.1f" x2="%s" y2="%.1f"/>`, class, pct(x1), y1, pct(x2), y2)
}

// fullLine is a vertical line over the whole height, which the page may make
// larger than was asked for.
func (d *drawing) fullLine(class string, x float64) {
	fmt.Fprintf(&d.text, `<line class="%s" x1="%s" y1="0" x2="%s" y2="100%%"/>`, class, pct(x), pct(x))
}

// middle begins an inner drawing whose y is 0 in the middle of the height; the
// caller ends it.
func (d *drawing) middle() { d.text.WriteString(`<svg y="50%" class="middle">`) }

func (d *drawing) dot(class string, x, y, r float64, title string) {
	fmt.Fprintf(&d.text, `<circle class="%s" cx="%s" cy="%.1f" r="%.1f">`, class, pct(x), y, r)
	if title != "" {
		fmt.Fprintf(&d.text, `<title>%s</title>`, template.HTMLEscapeString(title))
	}
	d.text.WriteString(`</circle>`)
}

func (d *drawing) rect(class string, x1, y, x2, height float64) {
	fmt.Fprintf(&d.text, `<rect class="%s" x="%s" y="%.1f" width="%s" height="%.1f" rx="2"/>`, class, pct(x1), y, pct(math.Max(0, x2-x1)), height)
}

func (d *drawing) label(x, y float64, anchor, text string) {
	fmt.Fprintf(&d.text, `<text x="%s" y="%.1f" text-anchor="%s">%s</text>`, pct(x), y, anchor, template.HTMLEscapeString(text))
}

// curve draws a line through points in percent of the width and of the height
// between two lines.
func (d *drawing) curve(class string, top, bottom float64, x, y []float64) {
	fmt.Fprintf(&d.text, `<svg class="%s" x="0" y="%.1f" width="100%%" height="%.1f" viewBox="0 0 100 100" preserveAspectRatio="none"><path class="curve" d="`,
		class, top, bottom-top)
	for i := range x {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		fmt.Fprintf(&d.text, "%s%.2f %.2f", letter, x[i], y[i])
	}
	d.text.WriteString(`"/></svg>`)
}

// ticks draws the axis of s: lines from top to bottom, and what they stand for
// below.
func (d *drawing) ticks(s scale, n int, top, bottom float64, text func(float64) string) {
	last := -100.0
	for _, v := range s.ticks(n) {
		x := s.at(v)
		d.line("grid", x, top, x, bottom)
		if x-last < 9 || text == nil {
			continue // no room for its text
		}
		last = x
		anchor := "middle"
		if x > 93 {
			anchor = "end"
		} else if x < 7 {
			anchor = "start"
		}
		d.label(x, bottom+12, anchor, text(v))
	}
}

// short writes a tick's ns.
func short(ns float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}} {
		if ns >= u.size*0.9999 {
			return fmt.Sprintf("%.3g %s", ns/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.3g ns", ns)
}
