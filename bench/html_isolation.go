// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"html/template"
	"math"
	"path/filepath"
)

type pageIsolation struct {
	Load, Skipped string
	Missing       []string
	Loads         []string
	Legend        []pageSide
	Panels        []pagePanel
	Table         []pageCells
}

type pagePanel struct {
	Program    string
	Slow, Tail template.HTML
}

type pageCells struct {
	Program, System string
	Cells           []string
}

func isolationPage(r *Isolation) *pageIsolation {
	p := &pageIsolation{Load: r.Load, Skipped: r.Skipped, Missing: r.Missing, Loads: r.Loads}
	if r.Skipped != "" {
		return p
	}
	for i, load := range r.Loads {
		p.Legend = append(p.Legend, pageSide{Name: load, Class: loadClass(i)})
	}
	cells := map[[3]string]*Cell{}
	slow := scale{low: 0.8, high: 1.5, log: true}
	for i := range r.Cells {
		c := &r.Cells[i]
		cells[[3]string{c.Program, c.System, c.Load}] = c
		if c.Slower > 0 {
			slow.low, slow.high = math.Min(slow.low, c.Slower/1.1), math.Max(slow.high, c.Slower*1.1)
		}
	}
	for _, program := range r.Programs {
		var longest []float64
		get := func(system, load string) *Cell {
			if c := cells[[3]string{program, system, load}]; c != nil {
				return c
			}
			return &Cell{}
		}
		for _, system := range r.Systems {
			row := pageCells{Program: program, System: system}
			for i, load := range r.Loads {
				c := get(system, load)
				longest = append(longest, tailOf(c))
				text := "failed"
				if c.Error == "" {
					text = fmt.Sprintf("%s x, longest %s", number(c.Slower), duration(c.Latency.At(1)))
				}
				if i == 0 && c.Error == "" {
					text = fmt.Sprintf("%s, longest %s", duration(c.Median), duration(c.Latency.At(1)))
				}
				row.Cells = append(row.Cells, text)
			}
			p.Table = append(p.Table, row)
		}
		p.Panels = append(p.Panels, pagePanel{Program: program,
			Slow: loadPlot(r.Systems, r.Loads, func(s, l string) float64 { return get(s, l).Slower }, slow,
				func(v float64) string { return fmt.Sprintf("%.3g x", v) }),
			Tail: loadPlot(r.Systems, r.Loads, func(s, l string) float64 { return tailOf(get(s, l)) }, scaleOf(longest...), short)})
	}
	return p
}

// tailOf is a cell's longest operation, 0 if there is none.
func tailOf(c *Cell) float64 {
	if c.Latency == nil {
		return 0
	}
	return c.Latency.At(1)
}

func matrixPage(m *Matrix) [][]template.HTML {
	high := 1.0
	for _, row := range m.NS {
		for _, v := range row {
			high = math.Max(high, v)
		}
	}
	head := []template.HTML{"<th></th>"}
	for _, cpu := range m.CPUs {
		head = append(head, template.HTML(fmt.Sprintf("<th>CPU %d</th>", cpu)))
	}
	rows := [][]template.HTML{head}
	for i, cpu := range m.CPUs {
		row := []template.HTML{template.HTML(fmt.Sprintf("<th>CPU %d</th>", cpu))}
		for j := range m.CPUs {
			if i == j {
				row = append(row, "<td></td>")
				continue
			}
			row = append(row, template.HTML(fmt.Sprintf(`<td style="background:color-mix(in srgb, var(--c1) %.0f%%, transparent)">%s ns</td>`,
				8+37*m.NS[i][j]/high, number(m.NS[i][j]))))
		}
		rows = append(rows, row)
	}
	return rows
}

func dirOf(path string) string { return filepath.Dir(path) }
