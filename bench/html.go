// SPDX-License-Identifier: Apache-2.0

package bench

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"os"
	"slices"
	"time"
)

//go:embed page/page.html
var pageText string

//go:embed page/style.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// SaveHTML writes the report as a page to the file at path, which appears
// complete or not at all.
func (rep *Report) SaveHTML(path string) error {
	file, err := os.CreateTemp(dirOf(path), ".skerry-bench-")
	if err != nil {
		return fmt.Errorf("the page %s: %w", path, err)
	}
	defer os.Remove(file.Name())
	err = rep.WriteHTML(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(file.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("the page %s: %w", path, err)
	}
	return nil
}

// A page is what the template needs, in words and drawings.
type page struct {
	Report                     *Report
	Style                      template.CSS
	Took                       string
	Lost, Won, Same, Untrusted int
	Met, Targets               int
	Losses                     []pageLoss
	Groups                     []pageGroup
	Tails                      []pageTail
	Noise                      []pageNoise
	Isolation                  *pageIsolation
	Matrix                     [][]template.HTML
	Sides                      []pageSide
	Strips                     []pageStrip
}

type pageLoss struct{ Name, Shows, Ratio, More, Spent string }

type pageGroup struct {
	Group
	Axis   template.HTML
	Ratios []pageRatio
	Others []pageOther
}

type pageRatio struct {
	Name, Shows, Ratio, Class, Costs string
	Plot                             template.HTML
}

type pageOther struct{ Name, Note string }

type pageSide struct {
	Name, Class, P99, Max, Median string
	Plot                          template.HTML
}

type pageTail struct {
	Name, Shows string
	Plot        template.HTML
	Sides       []pageSide
}

type pageStrip struct {
	Name, Shows string
	Axis        template.HTML
	Sides       []pageSide
}

type pageCause struct {
	Cause, Class, Longest string
	N                     int
}

type pageNoise struct {
	Side, Lost string
	N          int
	Plot       template.HTML
	Causes     []pageCause
}

// WriteHTML writes the report as one page that needs nothing else: no script,
// no font, no network.
func (rep *Report) WriteHTML(w io.Writer) error {
	p := &page{Report: rep, Style: template.CSS(pageStyle)}
	if rep.Took > 0 {
		p.Took = rep.Took.Round(time.Second).String()
	}
	p.count(rep)
	for _, row := range rep.Losses() {
		p.Losses = append(p.Losses, pageLoss{row.Name, row.Shows, number(row.Ratio), duration(row.Other.Median - row.Base.Median), row.Spent})
	}
	p.ratios(rep)
	for i := range rep.Rows {
		row := &rep.Rows[i]
		if row.Name == "selfish" {
			p.noise(rep, row)
		} else {
			p.tail(rep, row)
		}
		p.strip(rep, row)
	}
	for _, name := range append([]string{rep.Base, rep.Other}, rep.Also...) {
		p.Sides = append(p.Sides, pageSide{Name: name, Class: sideClass(name)})
	}
	if rep.Isolation != nil {
		p.Isolation = isolationPage(rep.Isolation)
	}
	if rep.Matrix != nil {
		p.Matrix = matrixPage(rep.Matrix)
	}
	return pageTemplate.Execute(w, p)
}

// count fills the summary.
func (p *page) count(rep *Report) {
	for i := range rep.Rows {
		row := &rep.Rows[i]
		if row.Kind != Compared {
			continue
		}
		if row.Trust == Untrusted && !row.Failed() {
			p.Untrusted++
		}
		if row.Ratio == 0 {
			continue
		}
		switch outcome(row) {
		case "win":
			p.Won++
		case "loss":
			p.Lost++
		default:
			p.Same++
		}
		if row.Limit > 0 {
			p.Targets++
			if row.Met() {
				p.Met++
			}
		}
	}
}

func (p *page) ratios(rep *Report) {
	s := ratioScale(rep.Rows)
	for _, g := range Groups() {
		pg := pageGroup{Group: g, Axis: ratioAxis(s)}
		for i := range rep.Rows {
			row := &rep.Rows[i]
			if row.Group != g.Name {
				continue
			}
			if row.Ratio == 0 {
				note := row.note()
				if row.Kind == Context && row.Base.N() > 0 {
					note = duration(row.Base.Median) + ": " + row.Shows
				}
				pg.Others = append(pg.Others, pageOther{row.Name, note})
				continue
			}
			pg.Ratios = append(pg.Ratios, pageRatio{Name: row.Name, Shows: row.Shows, Ratio: number(row.Ratio), Class: outcome(row),
				Costs: duration(row.Base.Median) + " → " + duration(row.Other.Median), Plot: ratioPlot(row, s)})
		}
		if len(pg.Ratios)+len(pg.Others) > 0 {
			p.Groups = append(p.Groups, pg)
		}
	}
}

// tail adds the plot of a row's single operations, if it has any.
func (p *page) tail(rep *Report, row *Row) {
	t := pageTail{Name: row.Name, Shows: row.Shows}
	var sides []string
	var list []*Latency
	rep.eachSide(row, func(side string, r *Result) {
		if l := r.Latency; l != nil {
			sides, list = append(sides, side), append(list, l)
			t.Sides = append(t.Sides, pageSide{Name: side, Class: sideClass(side), P99: duration(l.At(0.99)), Max: duration(l.At(1))})
		}
	})
	if len(list) > 0 {
		t.Plot = tailPlot(row.Name, sides, list)
		p.Tails = append(p.Tails, t)
	}
}

// noise adds the plots of detours; all sides have the same scales.
func (p *page) noise(rep *Report, row *Row) {
	var lengths []float64
	end := 0.0
	rep.eachSide(row, func(_ string, r *Result) {
		for _, d := range r.Detours {
			lengths = append(lengths, d.Took)
			end = math.Max(end, d.At+d.Took)
		}
	})
	s := scaleOf(lengths...)
	rep.eachSide(row, func(side string, r *Result) {
		if r.N() == 0 {
			return
		}
		n := pageNoise{Side: side, N: len(r.Detours), Lost: number(r.Median/1e4) + " % of the time", Plot: detourPlot(r.Detours, s, end)}
		if r.Median == 0 {
			n.Lost = "nothing"
		}
		for i, c := range Causes(r.Detours) {
			if i == 5 {
				break
			}
			n.Causes = append(n.Causes, pageCause{c.Cause, causeClass(c.Cause), duration(c.Longest), c.N})
		}
		p.Noise = append(p.Noise, n)
	})
}

// strip adds the plot of a row's batches.
func (p *page) strip(rep *Report, row *Row) {
	st := pageStrip{Name: row.Name, Shows: row.Shows}
	var all []float64
	rep.eachSide(row, func(_ string, r *Result) { all = append(all, r.Costs()...) })
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	// One wild batch must not push all others into a corner.
	s := scaleOf(all[0], all[len(all)-1], quantile(all, 0.5))
	rep.eachSide(row, func(side string, r *Result) {
		if r.N() > 0 {
			st.Sides = append(st.Sides, pageSide{Name: side, Class: sideClass(side), Median: duration(r.Median), Plot: strip(r, s)})
		}
	})
	st.Axis = stripAxis(s)
	p.Strips = append(p.Strips, st)
}
