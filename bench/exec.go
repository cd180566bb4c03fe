// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// maxOutput bounds what is kept of a program's output: the last bytes.
const maxOutput = 1 << 18

// A tail keeps the last maxOutput bytes written to it.
type tail struct{ data []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if n := len(t.data) - maxOutput; n > 0 {
		t.data = append(t.data[:0], t.data[n:]...)
	}
	return len(p), nil
}

// lastLine returns the last line of data that is not blank, without the space
// around it.
func lastLine(data []byte) string {
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// output runs cmd to its end, started at where, and returns what it
// printed. A program that fails, or that runs longer than limit, is an error
// with its status and the last line that it wrote to standard error.
func output(ctx context.Context, cmd *exec.Cmd, where place, limit time.Duration) ([]byte, error) {
	var stdout, stderr tail
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 2 * time.Second // a child left behind must not hold the pipes
	if err := startOn(where.cpus, where.realtime, cmd.Start); err != nil {
		if cmd.Process != nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
		return nil, fmt.Errorf("could not be started: %w", err)
	}
	end := watch(ctx, cmd.Process, limit)
	err := cmd.Wait()
	if late := end(); late != nil && err != nil {
		return nil, late
	}
	if err != nil {
		return nil, failure(err, cmd.ProcessState, stderr.data)
	}
	return stdout.data, nil
}

// watch kills p when ctx ends or limit has passed. The function it returns
// stops that, and returns the reason if p was killed.
func watch(ctx context.Context, p *os.Process, limit time.Duration) func() error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("was killed: still running after %v", limit))
	done := context.AfterFunc(ctx, func() { p.Kill() })
	return func() error {
		defer cancel()
		if done() {
			return nil
		}
		return context.Cause(ctx)
	}
}

// failure says how a program ended, from Wait's error.
func failure(err error, state *os.ProcessState, stderr []byte) error {
	text := err.Error()
	var exit *exec.ExitError
	if state != nil && (errors.As(err, &exit) || !state.Success()) {
		text = "exit status " + strconv.Itoa(state.ExitCode())
		if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			text = "killed by signal " + strconv.Itoa(int(status.Signal())) + " (" + status.Signal().String() + ")"
		}
	}
	if line := lastLine(stderr); line != "" {
		text += ": " + line
	}
	return errors.New(text)
}

// parse returns what is in a program's output: the last line, as JSON. Costs
// are above 0, but for programs that count what is lost.
func parse(name string, out []byte) (Outcome, error) {
	line := lastLine(out)
	var result struct {
		Name    string
		Unit    string
		Batches []float64
		Latency *struct {
			N  int
			NS []float64
		}
		Detours []Detour
	}
	if err := json.NewDecoder(strings.NewReader(line)).Decode(&result); err != nil {
		return Outcome{}, fmt.Errorf("printed no result: %w (last line: %.100q)", err, line)
	}
	if result.Name != name || result.Unit != "ns" {
		return Outcome{}, fmt.Errorf("printed a result of %q in %q; expected %q in ns", result.Name, result.Unit, name)
	}
	if len(result.Batches) == 0 {
		return Outcome{}, errors.New("printed a result without batches")
	}
	for _, cost := range result.Batches {
		if !(cost > 0 || cost == 0 && mayBeZero(name)) || math.IsInf(cost, 0) {
			return Outcome{}, fmt.Errorf("printed an impossible cost: %v ns", cost)
		}
	}
	o := Outcome{Costs: result.Batches, Detours: result.Detours}
	if l := result.Latency; l != nil {
		if len(l.NS) != len(Quantiles) || !slices.IsSorted(l.NS) {
			return Outcome{}, fmt.Errorf("printed %d quantiles of single times, in whatever order; expected %d that rise", len(l.NS), len(Quantiles))
		}
		o.Latency = &Latency{N: l.N, NS: l.NS}
	}
	return o, nil
}

// mayBeZero reports whether a program's cost is what was lost, which may be
// nothing.
func mayBeZero(name string) bool { return name == "selfish" }
