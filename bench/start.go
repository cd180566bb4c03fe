// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// startsPerBatch is how many starts of a small program are averaged into one
// batch.
const startsPerBatch = 4

// starts times d's batches of each lives of a program, from before fork until
// after wait, and returns ns per life. The command is made by fresh each
// time; its streams are /dev/null and a file for errors, so that nothing but
// the program's life is in the time. A batch before only warms up, unless
// that was done on an earlier visit.
func starts(d *Drive, each int, fresh func() *exec.Cmd) ([]float64, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	stderr, err := os.CreateTemp("", "skerry-bench-")
	if err != nil {
		return nil, fmt.Errorf("a file for the program's errors: %w", err)
	}
	defer stderr.Close()
	os.Remove(stderr.Name())

	costs := make([]float64, 0, d.Batches)
	first := -1
	if d.Warm {
		first = 0
	}
	for b := first; b < d.Batches; b++ {
		var total time.Duration
		for range each {
			took, err := life(d.Ctx, fresh(), d.where(), null, stderr, d.Limit)
			if err != nil {
				return nil, err
			}
			total += took
		}
		if b >= 0 {
			costs = append(costs, float64(total.Nanoseconds())/float64(each))
		}
	}
	return costs, nil
}

// life starts cmd at where, waits for its end and returns how long that took.
func life(ctx context.Context, cmd *exec.Cmd, where place, null, stderr *os.File, limit time.Duration) (time.Duration, error) {
	if cmd.Err != nil {
		return 0, fmt.Errorf("could not be started: %w", cmd.Err)
	}
	env := cmd.Environ()
	attr := &os.ProcAttr{Dir: cmd.Dir, Env: env, Files: []*os.File{null, null, stderr}, Sys: cmd.SysProcAttr}
	var p *os.Process
	var begin time.Time
	err := startOn(where.cpus, where.realtime, func() (err error) {
		begin = time.Now()
		p, err = os.StartProcess(cmd.Path, cmd.Args, attr)
		return err
	})
	if err != nil {
		if p != nil {
			p.Kill()
			p.Wait()
		}
		return 0, fmt.Errorf("could not be started: %w", err)
	}
	end := watch(ctx, p, limit)
	state, err := p.Wait()
	took := time.Since(begin)
	late := end()
	switch {
	case err != nil:
		return 0, err
	case !state.Success() && late != nil:
		return 0, late
	case !state.Success():
		said := make([]byte, maxOutput)
		n, err := stderr.ReadAt(said, 0)
		if err != nil && err != io.EOF {
			n = 0
		}
		return 0, failure(&exec.ExitError{ProcessState: state}, state, said[:n])
	}
	return took, nil
}
