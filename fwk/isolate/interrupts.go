// SPDX-License-Identifier: Apache-2.0

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

const (
	defaultAffinity = "/proc/irq/default_smp_affinity"
	unboundWork     = "/sys/devices/virtual/workqueue/cpumask"
)

func (f FS) canInterrupts() error {
	if err := unix.Access(f.path(defaultAffinity), unix.W_OK); err != nil {
		return errors.New("only root may change /proc/irq")
	}
	return nil
}

// interrupts takes the CPUs out of the lists of where interrupts go, and where
// unbound kernel work runs. Some that the kernel placed itself cannot be moved;
// it is an error if nothing could be. done: something was changed.
func (h *Held) interrupts(w Wish) (done bool, err error) {
	if err := w.FS.canInterrupts(); err != nil {
		return false, err
	}
	lists, err := filepath.Glob(w.FS.path("/proc/irq/*/smp_affinity_list"))
	if err != nil {
		return false, err
	}
	var changes []Change
	var fixed []string
	moved := 0
	own := cpus.Of(w.CPUs...)
	plan := func(path string, mask bool) {
		now, err := w.FS.readCPUs(path, mask)
		if err != nil {
			return
		}
		took, rest := now.And(&own), now.Minus(&own)
		if took.Count() == 0 {
			return
		}
		if rest.Count() == 0 { // nowhere else: it goes to the others, for now
			if rest, err = w.others(); err != nil {
				return
			}
		}
		changes = append(changes, Change{Path: path, Took: took.String(), Old: now.String(), New: rest.String(), Mask: mask})
	}
	for _, path := range lists {
		plan(strings.TrimPrefix(path, w.FS.Root), false)
	}
	plan(defaultAffinity, true)
	plan(unboundWork, true)
	if len(changes) == 0 {
		return true, nil // none comes here
	}
	h.state.Files = changes
	if err := h.save(); err != nil {
		h.state.Files = nil
		return false, err
	}
	var kept []Change
	for _, c := range changes {
		to, err := cpus.Parse(c.New)
		if err == nil {
			err = w.FS.writeCPUs(c.Path, to, c.Mask)
		}
		if err != nil {
			fixed = append(fixed, name(c.Path))
			continue
		}
		moved++
		kept = append(kept, c)
	}
	h.state.Files = kept
	if err := h.save(); err != nil {
		return true, err
	}
	if moved > 0 {
		h.Got = append(h.Got, fmt.Sprintf("%d lists of interrupts and kernel work leave CPUs %s out", moved, cpus.Format(w.CPUs)))
	}
	if len(fixed) > 0 {
		return moved > 0, fmt.Errorf("the kernel keeps %s where it is", strings.Join(fixed, ", "))
	}
	return true, nil
}

// others are the CPUs online that are not to be isolated.
func (w Wish) others() (cpus.Set, error) {
	text, err := procfs.Read(w.FS.path("/sys/devices/system/cpu/online"))
	if err != nil {
		return cpus.Set{}, err
	}
	online, err := cpus.Parse(text)
	if err != nil {
		return cpus.Set{}, err
	}
	own := cpus.Of(w.CPUs...)
	rest := online.Minus(&own)
	if rest.Count() == 0 {
		return rest, errors.New("no CPU is left for Linux")
	}
	return rest, nil
}

// name is how an interrupt's file is called in a message.
func name(path string) string {
	dir, file := filepath.Split(path)
	if file == "smp_affinity_list" {
		return "interrupt " + filepath.Base(dir)
	}
	return path
}

func (f FS) readCPUs(path string, mask bool) (cpus.Set, error) {
	text, err := procfs.Read(f.path(path))
	if err != nil {
		return cpus.Set{}, err
	}
	if mask {
		return parseMask(text)
	}
	if text == "" {
		return cpus.Set{}, nil
	}
	return cpus.Parse(text)
}

func (f FS) writeCPUs(path string, s cpus.Set, mask bool) error {
	text := s.String()
	if mask {
		text = formatMask(&s)
	}
	return os.WriteFile(f.path(path), []byte(text), 0o644)
}

// parseMask reads words of 32 bits in hexadecimal, the highest first, with
// commas between them.
func parseMask(text string) (cpus.Set, error) {
	var s cpus.Set
	words := strings.Split(text, ",")
	for i, word := range words {
		v, err := strconv.ParseUint(word, 16, 32)
		if err != nil {
			return s, fmt.Errorf("a mask of CPUs: %q", text)
		}
		base := 32 * (len(words) - 1 - i)
		for bit := range 32 {
			if v>>bit&1 != 0 {
				if base+bit >= cpus.Limit {
					return s, fmt.Errorf("a mask of CPUs beyond the highest: %q", text)
				}
				s.Add(base + bit)
			}
		}
	}
	return s, nil
}

// formatMask is the reverse of parseMask.
func formatMask(s *cpus.Set) string {
	list := s.List()
	if len(list) == 0 {
		return "0"
	}
	words := make([]uint32, list[len(list)-1]/32+1)
	for _, cpu := range list {
		words[cpu/32] |= 1 << (cpu % 32)
	}
	text := make([]string, len(words))
	for i, w := range words {
		text[len(words)-1-i] = fmt.Sprintf("%08x", w)
	}
	return strings.Join(text, ",")
}
