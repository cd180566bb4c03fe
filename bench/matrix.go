// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
	"time"
)

// A Matrix is the round trip of a cache line between each two CPUs, in ns.
type Matrix struct {
	CPUs []int       `json:"cpus"`
	NS   [][]float64 `json:"ns"` // symmetric; 0 on the diagonal
}

// maxMatrix is how many CPUs a matrix has at most; of more, every so many-th
// is taken.
const maxMatrix = 16

// measureMatrix runs cacheline between each two of the CPUs allowed.
func measureMatrix(ctx context.Context, programs string, batches int) (*Matrix, error) {
	all, err := allowedCPUs()
	if err != nil || len(all) < 2 {
		return nil, err
	}
	m := &Matrix{}
	step := (len(all) + maxMatrix - 1) / maxMatrix
	for i := 0; i < len(all); i += step {
		m.CPUs = append(m.CPUs, all[i])
	}
	for range m.CPUs {
		m.NS = append(m.NS, make([]float64, len(m.CPUs)))
	}
	for i := range m.CPUs {
		for j := range i {
			out, err := output(ctx, exec.Command(filepath.Join(programs, roundTrip), "--batches", fmt.Sprint(batches)),
				place{cpus: []int{m.CPUs[i], m.CPUs[j]}}, time.Minute)
			if err != nil {
				return nil, err
			}
			o, err := parse(roundTrip, out)
			if err != nil {
				return nil, err
			}
			ns := math.Round(10*Summarize(o.Costs).Median) / 10
			m.NS[i][j], m.NS[j][i] = ns, ns
		}
	}
	return m, nil
}

// write writes the matrix as text.
func (m *Matrix) write(out *bytes.Buffer) {
	fmt.Fprintf(out, "\na cache line from CPU to CPU and back, ns\n\n")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, cpu := range m.CPUs {
		fmt.Fprintf(table, "\t%d", cpu)
	}
	fmt.Fprintf(table, "\t\n")
	for i, cpu := range m.CPUs {
		fmt.Fprintf(table, "%d\t", cpu)
		for j := range m.CPUs {
			fmt.Fprintf(table, "%s\t", number(m.NS[i][j]))
		}
		fmt.Fprintf(table, "\n")
	}
	table.Flush()
}
