// SPDX-License-Identifier: Apache-2.0

package emulated

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/skerry-os/skerry/fwk/lab"
)

// Options is what Run needs.
type Options struct {
	Kernel   string // one of lab.Kernels
	Skerry   string // the skerry binary; skerry-cli and skerry-lwk lie beside it
	Programs string // directory of the measurement programs
	Names    []string
	Progress func(string) // told what has just been done; nil: nobody
	Timeout  time.Duration
	Log      io.Writer // the kernel's messages; nil: none
}

// isolation is how Linux is told to keep away from the measured processor as far as it can.
const isolation = "isolcpus=nohz,domain,managed_irq,1 nohz_full=1 rcu_nocbs=1"

// Run measures. It blocks for minutes. The report has what was measured even if the error says that a
// machine ended early.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := Check(o.Names); err != nil {
		return nil, err
	}
	rep := &Report{Kernel: o.Kernel}
	for _, r := range requests(o.Names) {
		if err := o.machine(ctx, r, rep); err != nil {
			return rep, err
		}
	}
	return rep, nil
}

// machine starts one machine and adds what it says to the report.
func (o *Options) machine(ctx context.Context, r Request, rep *Report) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- o.records(out, r, rep) }()
	var stderr bytes.Buffer
	l := &lab.Options{Kernel: o.Kernel, Smp: processors, Mem: memory, APIC: "xapic", Accel: lab.Counting, Modules: []string{"msr"},
		Argv: []string{"skerry", "bench", "emulated", "--inside", string(text)}, Skerry: o.Skerry, Stdout: in, Stderr: &stderr, Log: o.Log,
		Timeout: o.Timeout}
	for _, name := range programs(r) {
		l.Files = append(l.Files, lab.File{Host: filepath.Join(o.Programs, name), Guest: filepath.Join(programsDir, name)})
	}
	if r.Isolated {
		l.Append = isolation
	}
	status, err := lab.Run(ctx, l)
	in.Close()
	bad := <-done
	switch {
	case err != nil:
		return err
	case status != 0:
		return fmt.Errorf("the measurement in the machine failed, status %d: %s", status, bytes.TrimSpace(stderr.Bytes()))
	}
	return bad
}

// programs are the files that a machine needs: each one more takes its Linux time to unpack.
func programs(r Request) []string {
	list := []string{"fwq", "start-static"}
	for _, row := range Rows() {
		if slices.Contains(r.Measure, row.Name) && !slices.Contains(list, row.program()) {
			list = append(list, row.program())
		}
	}
	return list
}

// records reads the machine's lines.
func (o *Options) records(out io.Reader, r Request, rep *Report) error {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	var bad error
	for lines.Scan() {
		var rec Record
		if err := json.Unmarshal(lines.Bytes(), &rec); err != nil {
			bad = fmt.Errorf("the machine said %q: %w", lines.Text(), err)
			continue
		}
		if o.Progress != nil {
			o.Progress(rep.add(&rec, r.Isolated))
		} else {
			rep.add(&rec, r.Isolated)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return bad
}
