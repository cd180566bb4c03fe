// SPDX-License-Identifier: Apache-2.0

// Package isolate takes CPUs from the rest of the machine for as long as a
// process lives, as far as this kernel and user allow it, and gives them back:
//
//   - a cpuset partition (control groups, version 2): Linux moves every other
//     task off the CPUs, and balances nothing onto them;
//   - where there is none, the real-time class for the enclave's threads: other
//     tasks may be there, but wait;
//   - interrupts and unbound kernel work are kept to the other CPUs.
//
// What it changed is written down (State) before it is changed, under
// /run/skerry/isolate, so that it is undone even if everything was killed: a
// keeper process waits for the program's end, and every Take first gives back
// what dead ones left.
//
// What remains on the CPUs, whatever one does from here: Linux's tick while
// a task runs, threads of the kernel that belong to a CPU, calls between CPUs
// (for unmapped memory), interrupts that the kernel itself placed, and, in a
// virtual machine, the host.
package isolate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/procfs"
)

// FS is where everything is; the zero value is this machine. Tests point it
// elsewhere.
type FS struct{ Root string }

func (f FS) path(p string) string { return f.Root + p }

// A Wish is what is to be isolated.
type Wish struct {
	CPUs  []int // taken from everybody else
	Whole bool  // the whole process runs on CPUs, and not some of its threads
	PID   int   // the process for which it is done; 0 is the caller
	FS    FS
}

// Held is what was got.
type Held struct {
	Got     []string // in words, for people
	Missing []string // what was not, and why
	state   State
	fs      FS
	group   *os.File
}

// Can says of each means whether this kernel and user have it: nil, or why not.
type Can struct{ Partition, RealTime, Interrupts error }

// Missing lists what cannot be had.
func (c Can) Missing() []string {
	var list []string
	for _, m := range []struct {
		name string
		err  error
	}{{"a cpuset partition", c.Partition}, {"the real-time class", c.RealTime}, {"interrupts moved away", c.Interrupts}} {
		if m.err != nil {
			list = append(list, m.name+": "+m.err.Error())
		}
	}
	return list
}

// Probe looks what could be had. It changes nothing but the class of a thread
// that ends.
func Probe() Can { return FS{}.probe() }

func (f FS) probe() Can {
	return Can{Partition: f.canPartition(), RealTime: canRealTime(), Interrupts: f.canInterrupts()}
}

// Take isolates w.CPUs for the process w.PID. It is an error only if nothing at
// all could be got, or what is there cannot be believed; what else is missing
// is in Held.Missing. It blocks on another Take that is going on, and on files
// of /proc and /sys.
func Take(w Wish) (*Held, error) {
	if w.PID == 0 {
		w.PID = os.Getpid()
	}
	h := &Held{fs: w.FS, state: State{PID: w.PID, Start: startTime(w.PID), Boot: bootID(w.FS), CPUs: w.CPUs}}
	can := w.FS.probe()
	if can.Partition != nil && can.Interrupts != nil {
		// Nothing that outlives the process: there is nothing to write down.
		h.Missing = can.Missing()
		if can.RealTime != nil {
			return nil, errors.New(strings.Join(h.Missing, "; "))
		}
		return h, h.realTime(w)
	}
	unlock, err := w.FS.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := w.FS.sweep(); err != nil {
		h.Missing = append(h.Missing, "giving back what an earlier run left: "+err.Error())
	}
	got := false
	if err := h.partition(w, can.Partition); err != nil {
		h.Missing = append(h.Missing, "a cpuset partition: "+err.Error())
		if err := h.realTime(w); err != nil {
			h.Missing = append(h.Missing, "the real-time class: "+err.Error())
		} else {
			got = true
		}
	} else {
		got = true
	}
	moved, err := h.interrupts(w)
	if err != nil {
		h.Missing = append(h.Missing, "interrupts moved away: "+err.Error())
	}
	if !got && !moved {
		h.give()
		return nil, errors.New(strings.Join(h.Missing, "; "))
	}
	return h, nil
}

// partition makes a group for the process and in it one for its threads on
// w.CPUs, which Linux makes an isolated partition.
func (h *Held) partition(w Wish, cannot error) error {
	if cannot != nil {
		return cannot
	}
	f, root := w.FS, cgroupRoot
	name := root + "/skerry-" + strconv.Itoa(w.PID)
	if w.Whole {
		name += "-" + cpus.Format(w.CPUs)
	}
	list := cpus.Format(w.CPUs)
	h.state.Groups = []string{name}
	if !w.Whole {
		h.state.Groups = append(h.state.Groups, name+Cores)
	}
	if err := h.save(); err != nil {
		return err
	}
	write := func(file, text string) error {
		if err := os.WriteFile(f.path(file), []byte(text), 0o644); err != nil {
			return fmt.Errorf("writing %q: %w", text, err)
		}
		return nil
	}
	var steps []func() error
	step := func(file, text string) {
		steps = append(steps, func() error { return write(file, text) })
	}
	mkdir := func(dir string) {
		steps = append(steps, func() error { return os.Mkdir(f.path(dir), 0o755) })
	}
	step(root+"/cgroup.subtree_control", "+cpuset")
	mkdir(name)
	cores := name
	if !w.Whole {
		// Threads of one process can be in different groups of one threaded
		// tree. A partition below a group that is none takes its CPUs from the
		// root by name: exclusive, all the way down.
		cores = name + Cores
		mkdir(cores)
		step(cores+"/cgroup.type", "threaded")
		step(name+"/cgroup.subtree_control", "+cpuset")
		step(name+"/cpuset.cpus.exclusive", list)
		step(cores+"/cpuset.cpus", list)
		step(cores+"/cpuset.cpus.exclusive", list)
	} else {
		step(cores+"/cpuset.cpus", list)
	}
	step(cores+"/cpuset.cpus.partition", "isolated")
	for _, do := range steps {
		if err := do(); err != nil {
			h.removeGroups()
			return err
		}
	}
	// The write is accepted where the partition is not; the file says so.
	if is, err := procfs.Read(f.path(cores + "/cpuset.cpus.partition")); err != nil || is != "isolated" {
		h.removeGroups()
		return fmt.Errorf("the kernel says %q (%v)", is, err)
	}
	if w.Whole {
		dir, err := os.Open(f.path(name))
		if err != nil {
			h.removeGroups()
			return err
		}
		h.group = dir
	} else if err := write(name+"/cgroup.procs", strconv.Itoa(w.PID)); err != nil {
		h.removeGroups()
		return err
	}
	h.Got = append(h.Got, "CPUs "+list+" are a partition of their own: Linux runs nothing else there")
	return nil
}

// realTime puts the calling thread into the real-time class; what it starts is
// not in it. The platform gives the class to the enclave's other cores. Without
// Whole the caller's thread is the enclave's first core.
func (h *Held) realTime(w Wish) error {
	if w.Whole {
		return nil // whoever starts the program gives it the class
	}
	if err := setRealTime(); err != nil {
		return err
	}
	h.Got = append(h.Got, "the enclave's cores are in the real-time class: others wait, but for what Linux reserves for them")
	return nil
}

// Group returns the group to start a whole process in, if there is one.
func (h *Held) Group() (*os.File, bool) { return h.group, h.group != nil }

// Persistent reports whether something was changed that does not end with the
// process: then a keeper is needed.
func (h *Held) Persistent() bool { return len(h.state.Groups)+len(h.state.Files) > 0 }

// StateFile is where what is held for a process is written down.
func StateFile(pid int) string { return stateDir + "/" + strconv.Itoa(pid) + ".json" }

// Give gives everything back.
func (h *Held) Give() error {
	if h.group != nil {
		h.group.Close()
	}
	if !h.Persistent() {
		return nil
	}
	unlock, err := h.fs.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return h.give()
}

func (h *Held) give() error { return h.fs.give(&h.state) }

func (h *Held) removeGroups() {
	h.fs.removeGroups(&h.state)
	h.state.Groups = nil
}

// cgroupRoot is where version 2 is mounted on a machine that has only it.
const cgroupRoot = "/sys/fs/cgroup"

// Cores is the group of an enclave's core threads below its process's.
const Cores = "/cores"

func (f FS) canPartition() error {
	text, err := procfs.Read(f.path(cgroupRoot + "/cgroup.controllers"))
	if err != nil {
		return errors.New("control groups of version 2 are not mounted at " + cgroupRoot)
	}
	if !strings.Contains(" "+text+" ", " cpuset ") {
		return errors.New("the cpuset controller is not in version 2 here (cgroup.controllers: " + text + ")")
	}
	if err := unix.Access(f.path(cgroupRoot+"/cgroup.subtree_control"), unix.W_OK); err != nil {
		return errors.New("only root may change " + cgroupRoot)
	}
	own, _ := procfs.Read(f.path("/proc/self/cgroup")) // "" is as good as the root
	for line := range strings.SplitSeq(own, "\n") {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			if limit := f.limited(path); limit != "" {
				return errors.New("the caller's control group has limits that the program would leave behind (" + limit + "); start it outside of that group")
			}
		}
	}
	return nil
}

// limited returns a file of the group, or of one above it, that limits it.
func (f FS) limited(group string) string {
	for group != "/" && group != "." && group != "" {
		for _, name := range []string{"memory.max", "memory.high", "cpu.max", "pids.max"} {
			file := cgroupRoot + group + "/" + name
			text, err := procfs.Read(f.path(file))
			if err == nil && !strings.HasPrefix(text, "max") && !(name == "pids.max") {
				return file
			}
		}
		group = filepath.Dir(group)
	}
	return ""
}
