// SPDX-License-Identifier: Apache-2.0

package emulated

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/lab"
	"github.com/skerry-os/skerry/fwk/procfs"
)

// guest is the half that runs in the machine, on Linux's processor; programs go to the measured one.
type guest struct {
	skerry string
	out    *json.Encoder
	bells  *bells
}

// Inside does what a machine is asked to do and writes records to w. skerry is the command there. It
// returns an error only if it cannot go on; a measurement that fails is a record with an error.
func Inside(request, skerry string, w io.Writer) error {
	var r Request
	if err := json.Unmarshal([]byte(request), &r); err != nil {
		return fmt.Errorf("the machine's task: %w", err)
	}
	g := &guest{skerry: skerry, out: json.NewEncoder(w)}
	if err := g.info(); err != nil {
		return err
	}
	var err error
	if g.bells, err = openBells(); err != nil {
		return err
	}
	if err := g.side(&r, Linux, g.linux); err != nil || !r.Enclave {
		return err
	}
	if out, err := exec.Command(skerry, "node", "reserve", "--cpus", strconv.Itoa(measuredCPU), "--mem", enclaveMem).CombinedOutput(); err != nil {
		return fmt.Errorf("the measured CPU cannot be taken: %w: %s", err, bytes.TrimSpace(out))
	}
	return g.side(&r, LWK, g.lwk)
}

// command makes the command that runs a program on a side.
type command func(prog string, args ...string) *exec.Cmd

func (g *guest) linux(prog string, args ...string) *exec.Cmd {
	return exec.Command(filepath.Join(programsDir, prog), args...)
}

func (g *guest) lwk(prog string, args ...string) *exec.Cmd {
	argv := []string{"run", "--platform", "native", "--cpus", "1", "--mem", enclaveMem, "--", filepath.Join(programsDir, prog)}
	return exec.Command(g.skerry, append(argv, args...)...)
}

func (g *guest) polled(prog string, args ...string) *exec.Cmd {
	cmd := g.lwk(prog, args...)
	cmd.Env = append(os.Environ(), "SKERRY_POLL=lwk,linux")
	return cmd
}

func (g *guest) side(r *Request, side string, make command) error {
	for _, row := range Rows() {
		if !slices.Contains(r.Measure, row.Name) {
			continue
		}
		if err := g.row(&row, side, make); err != nil {
			return err
		}
		if side == LWK && row.Shipped != 0 {
			if err := g.row(&row, LWKPolled, g.polled); err != nil {
				return err
			}
		}
	}
	for range r.Starts {
		if err := g.start(side, make); err != nil {
			return err
		}
	}
	if !r.Noise {
		return nil
	}
	for _, loaded := range []bool{false, true} {
		if err := g.noise(side, loaded, make); err != nil {
			return err
		}
	}
	return nil
}

func (g *guest) info() error {
	release, err := procfs.ReadAll("/proc/sys/kernel/osrelease")
	if err != nil {
		return err
	}
	line, err := procfs.ReadAll("/proc/cmdline")
	if err != nil {
		return err
	}
	return g.out.Encode(&Record{Info: &InfoRecord{Release: strings.TrimSpace(string(release)), CommandLine: strings.TrimSpace(string(line))}})
}

// batches of a measurement: many, of which the shortest is believed, where the other processor is to halt;
// shipped ones are run twice, with one as well, to count what is between.
const (
	batches        = 15
	shippedBatches = 5
)

func (g *guest) row(row *Row, side string, make command) error {
	rec := &RunRecord{Row: row.Name, Side: side}
	args := slices.Clone(row.Args)
	if row.Shipped != 0 {
		args = append(args, "--iters", strconv.Itoa(row.Shipped))
	}
	few, err := counters{}, error(nil)
	if row.Shipped != 0 {
		_, few, err = g.counted(make(row.program(), append(args, "--batches", "1")...))
	}
	if err == nil {
		var all counters
		n := batches
		if row.Shipped != 0 {
			n = shippedBatches
		}
		rec.Batches, all, err = g.counted(make(row.program(), append(args, "--batches", strconv.Itoa(n))...))
		if n := float64((n - 1) * row.Shipped); n > 0 {
			rec.Counted = true
			rec.Bells, rec.Switches = (all.bells-few.bells)/n, (all.switches-few.switches)/n
		}
	}
	if err != nil {
		rec.Error = err.Error()
	}
	return g.out.Encode(&Record{Run: rec})
}

// counters are Linux's, of all processors.
type counters struct{ bells, switches float64 }

// counted runs a measurement program and returns its batches and what Linux counted meanwhile.
func (g *guest) counted(cmd *exec.Cmd) (list []float64, c counters, err error) {
	before, err := g.counters()
	if err != nil {
		return nil, c, err
	}
	list, err = result(cmd)
	if err != nil {
		return nil, c, err
	}
	after, err := g.counters()
	return list, counters{after.bells - before.bells, after.switches - before.switches}, err
}

func (g *guest) counters() (c counters, err error) {
	stat, err := procfs.ReadAll("/proc/stat")
	if err != nil {
		return c, err
	}
	for line := range strings.Lines(string(stat)) {
		if rest, ok := strings.CutPrefix(line, "ctxt "); ok {
			c.switches, err = strconv.ParseFloat(strings.TrimSpace(rest), 64)
		}
	}
	if err != nil {
		return c, err
	}
	c.bells, err = g.bells.count()
	return c, err
}

// interrupts reads /proc/interrupts, for a CPU.
func interrupts(cpu int) (map[string]uint64, error) {
	raw, err := procfs.ReadAll("/proc/interrupts")
	if err != nil {
		return nil, err
	}
	return parseInterrupts(string(raw), cpu)
}

func parseInterrupts(text string, cpu int) (map[string]uint64, error) {
	head, rest, _ := strings.Cut(text, "\n")
	columns := strings.Fields(head)
	want := "CPU" + strconv.Itoa(cpu)
	if !slices.Contains(columns, want) {
		return nil, fmt.Errorf("/proc/interrupts has no %s", want)
	}
	counts := map[string]uint64{}
	for line := range strings.Lines(rest) {
		name, numbers, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		for i, word := range strings.Fields(numbers) {
			n, err := strconv.ParseUint(word, 10, 64)
			if i >= len(columns) || err != nil {
				break
			}
			if columns[i] == want {
				counts[strings.TrimSpace(name)] += n
			}
		}
	}
	return counts, nil
}

// result runs a measurement program and returns its batches.
func result(cmd *exec.Cmd) ([]float64, error) {
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := startMeasured(cmd); err != nil {
		return nil, err
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(errs.Bytes()))
	}
	return parseBatches(out.Bytes())
}

// parseBatches reads a program's line and turns its nanoseconds into instructions.
func parseBatches(line []byte) ([]float64, error) {
	var r struct{ Batches []float64 }
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, fmt.Errorf("the program said %q: %w", line, err)
	}
	if len(r.Batches) == 0 {
		return nil, fmt.Errorf("the program measured nothing: %q", line)
	}
	for i := range r.Batches {
		r.Batches[i] /= lab.InstructionTime
	}
	return r.Batches, nil
}

// startMeasured starts a command on the measured processor while that is Linux's; a child gets the
// affinity of the thread that makes it.
func startMeasured(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var old, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &old); err != nil {
		return err
	}
	set.Set(measuredCPU)
	if unix.SchedSetaffinity(0, &set) == nil { // not when it is offline: then skerry goes where we are
		defer unix.SchedSetaffinity(0, &old)
	}
	return cmd.Start()
}
