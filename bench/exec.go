// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
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

// output runs cmd to its end, on cpus if there are any, and returns what it
// printed. A program that fails, or that runs longer than limit, is an error
// with its status and the last line that it wrote to standard error.
func output(ctx context.Context, cmd *exec.Cmd, cpus []int, limit time.Duration) ([]byte, error) {
	var stdout, stderr tail
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 2 * time.Second // a child left behind must not hold the pipes
	if err := startOn(cpus, cmd.Start); err != nil {
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

// parse returns the batches in a program's output: the last line, as JSON.
func parse(name string, out []byte) ([]float64, error) {
	line := lastLine(out)
	var result struct {
		Name    string
		Unit    string
		Batches []float64
	}
	if err := json.NewDecoder(bytes.NewReader([]byte(line))).Decode(&result); err != nil {
		return nil, fmt.Errorf("printed no result: %w (last line: %.100q)", err, line)
	}
	if result.Name != name || result.Unit != "ns" {
		return nil, fmt.Errorf("printed a result of %q in %q; expected %q in ns", result.Name, result.Unit, name)
	}
	if len(result.Batches) == 0 {
		return nil, errors.New("printed a result without batches")
	}
	for _, cost := range result.Batches {
		if !(cost > 0) || math.IsInf(cost, 0) {
			return nil, fmt.Errorf("printed an impossible cost: %v ns", cost)
		}
	}
	return result.Batches, nil
}
