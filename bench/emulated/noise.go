// SPDX-License-Identifier: Apache-2.0

package emulated

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/fwk/launch"
	"github.com/skerry-os/skerry/fwk/node"
)

// The processors share one clock, which counts what each of them executes. So what a quantum takes longer
// is noise only while the other processor halts; under load it is the other processor's work. What is
// always true is what the core itself took: Linux's own counters, or the LWK's.

// quanta of work without and with load; detour is how much longer a disturbed quantum is.
const (
	quietQuanta  = 300
	loadedQuanta = 100
	detour       = 500
)

// load is what competes: two of them, wherever Linux lets them.
const load = `while :; do dd if=/dev/zero of=/dev/shm/load.$$ bs=64k count=16 2>/dev/null; sync; cat /proc/self/maps >/dev/null; done`

func (g *guest) noise(side string, loaded bool, make command) error {
	rec := &NoiseRecord{Side: side, Loaded: loaded, Quanta: quietQuanta}
	if loaded {
		rec.Quanta = loadedQuanta
		for range 2 {
			cmd := exec.Command("sh", "-c", load)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				return err
			}
			defer func() {
				_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) // its children too; it cannot have ended
				_ = cmd.Wait()
			}()
		}
	}
	list, err := []float64(nil), error(nil)
	if side == Linux {
		list, err = g.linuxQuanta(rec, make)
	} else {
		list, err = g.lwkQuanta(rec, make)
	}
	if err != nil {
		rec.Error = err.Error()
	} else {
		rec.Work = slices.Min(list)
		for _, v := range list {
			if !loaded && v > rec.Work+detour {
				rec.Longer = append(rec.Longer, v-rec.Work)
			}
		}
	}
	return g.out.Encode(&Record{Noise: rec})
}

func quantaArgs(n int) []string { return []string{"--iters", "1", "--batches", strconv.Itoa(n)} }

// linuxQuanta counts what the measured CPU took during the program's life, less that of one with a
// single quantum.
func (g *guest) linuxQuanta(rec *NoiseRecord, make command) ([]float64, error) {
	_, few, err := g.observed(make("fwq", quantaArgs(1)...))
	if err != nil {
		return nil, err
	}
	began := now()
	list, all, err := g.observed(make("fwq", quantaArgs(rec.Quanta)...))
	rec.Over = float64(now() - began)
	rec.Taken = map[string]uint64{}
	for name, n := range all {
		if n > few[name] {
			rec.Taken[name] = n - few[name]
		}
	}
	return list, err
}

func (g *guest) observed(cmd *exec.Cmd) ([]float64, map[string]uint64, error) {
	before, err := interrupts(measuredCPU)
	if err != nil {
		return nil, nil, err
	}
	list, err := result(cmd)
	if err != nil {
		return nil, nil, err
	}
	after, err := interrupts(measuredCPU)
	if err != nil {
		return nil, nil, err
	}
	for name := range after {
		after[name] -= before[name]
	}
	if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		after["page faults"] = uint64(use.Minflt + use.Majflt)
		after["other threads"] = uint64(use.Nivcsw)
	}
	return list, after, nil
}

// lwkQuanta looks at the core's heartbeat while the program works: it grows with each interrupt that the
// core takes. The looks are few, as they are made by the other processor, whose work is in the time.
func (g *guest) lwkQuanta(rec *NoiseRecord, make command) ([]float64, error) {
	cmd := make("fwq", quantaArgs(rec.Quanta)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := startMeasured(cmd); err != nil {
		return nil, err
	}
	looks, err := watch(cmd, lookEvery)
	if e := cmd.Wait(); e != nil {
		return nil, fmt.Errorf("%w: %s", e, bytes.TrimSpace(errs.Bytes()))
	}
	if err != nil {
		return nil, err
	}
	// The first and the last may be of before and after the work.
	if len(looks) < 4 {
		return nil, fmt.Errorf("only %d looks at the core's heartbeat", len(looks))
	}
	first, last := looks[1], looks[len(looks)-2]
	rec.Taken = map[string]uint64{"interrupts": last.Beat - first.Beat}
	rec.Over = float64(last.at - first.at)
	return parseBatches(out.Bytes())
}

const lookEvery = 25 * time.Millisecond

// sight is a look at the core, and when it was.
type sight struct {
	launch.Core
	at int64
}

// watch looks at the core of the one enclave there is from when it runs until the command has ended.
func watch(cmd *exec.Cmd, every time.Duration) (looks []sight, err error) {
	n := node.Here()
	var v *launch.Viewer
	for {
		if ended(cmd.Process.Pid) {
			return looks, nil
		}
		if v == nil {
			claims, err := n.Claims()
			if err != nil {
				return nil, err
			}
			if len(claims) == 1 {
				if v, err = launch.View(n, claims[0].Name); err == nil {
					defer v.Close()
				} // else it is about to come, or to go
			}
		}
		if v != nil {
			if c := v.Core(0); c.State == abi.CoreRunning {
				looks = append(looks, sight{c, now()})
			}
		}
		time.Sleep(every)
	}
}

// ended tells whether a child has ended; it is still there to be waited for.
func ended(pid int) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err == nil && info.Signo != 0
}

func now() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // cannot fail
	return ts.Nano()
}

// start times a start of a program that does nothing, and on the LWK how long its core took from the
// start-up message to the program.
func (g *guest) start(side string, make command) error {
	rec := &StartRecord{Side: side}
	began := now()
	cmd := make("start-static")
	err := startMeasured(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	rec.Whole = float64(now() - began)
	if err == nil && side == LWK {
		rec.Core, err = g.core(make)
	}
	if err != nil {
		rec.Error = err.Error()
	}
	return g.out.Encode(&Record{Start: rec})
}

// core is the time from the start-up message to the program of a core, by its own clock, which here counts
// a tick for each instruction.
func (g *guest) core(make command) (float64, error) {
	cmd := make("fwq", quantaArgs(100)...)
	if err := startMeasured(cmd); err != nil {
		return 0, err
	}
	looks, err := watch(cmd, 5*time.Millisecond)
	if e := cmd.Wait(); e != nil {
		return 0, e
	}
	if err != nil {
		return 0, err
	}
	if len(looks) == 0 || looks[0].Began <= looks[0].Called {
		return 0, errors.New("the core's start was not seen")
	}
	return float64(looks[0].Began - looks[0].Called), nil
}
