package node

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/skerry-os/skerry/fwk/procfs"
)

// Reserve takes what Check has found to be there. When a step fails, those before it are undone, and the
// error says so if that fails, too. Reserving again what is reserved does nothing.
func (n *Node) Reserve(r Request) (warnings []string, err error) {
	unlock, err := n.Lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	old, err := n.State()
	if err != nil {
		return nil, err
	}
	if old != nil {
		return nil, n.again(old, r)
	}
	s, warnings, err := n.Check(r)
	if err != nil {
		return nil, err
	}
	s.Since = time.Now().UTC().Truncate(time.Second)
	if err := n.save(s); err != nil {
		return nil, err
	}
	err = n.take(s)
	if err == nil {
		s.Phase = Reserved
		err = n.save(s)
	}
	if err != nil {
		if undo := n.giveBack(s); undo != nil {
			return nil, fmt.Errorf("%w; giving back what was taken already failed, too: %w", err, undo)
		}
		return nil, err
	}
	return warnings, nil
}

// again answers a request while there is a reservation.
func (n *Node) again(s *State, r Request) error {
	have := s.Set()
	switch {
	case s.Phase != Reserved:
		return fail("an earlier reservation was interrupted", "it is still "+s.Phase, "run `skerry node release` first")
	case have == r.CPUs && s.Memory == uint64(Pages(r.Memory))*pageSize:
		return nil
	}
	return fail("there is a reservation already", fmt.Sprintf("CPUs %s, %d MiB", have.String(), s.Memory>>20),
		"run `skerry node release` first")
}

const pageSize = 2 << 20

// Steps names what Reserve would do, in order.
func (n *Node) Steps(s *State) []string {
	set := s.Set()
	return []string{
		fmt.Sprintf("raise nr_hugepages from %d to %d (pages of 2 MiB)", s.PagesBefore, s.PagesBefore+s.PagesAdded),
		fmt.Sprintf("mount a hugetlbfs of %d MiB on %s", s.Memory>>20, n.Mount()),
		fmt.Sprintf("put CPUs offline: %s", set.String()),
	}
}

// take does the steps. Memory comes first: it is what most often cannot be had, and quick to give back.
func (n *Node) take(s *State) error {
	if err := n.addPages(s); err != nil {
		return err
	}
	if err := n.sys.Mount(n.Mount(), s.Memory); err != nil {
		return fail("cannot mount the memory", n.Mount()+": "+err.Error(), "is hugetlbfs in this kernel?")
	}
	for _, c := range s.CPUs {
		if err := n.sys.Write(onlineFile(c.Number), "0"); err != nil {
			return fail("Linux does not let go of a CPU", strconv.Itoa(c.Number)+": "+err.Error(),
				"is it in use by a virtual machine, or the last one of a cpuset? choose another")
		}
	}
	return nil
}

// addPages makes Linux find the pages. It may have to move others about, for which it gets three tries.
func (n *Node) addPages(s *State) error {
	want := s.PagesBefore + s.PagesAdded
	got := 0
	for range 3 {
		if err := n.sys.Write(pagesNow, strconv.Itoa(want)); err != nil {
			return fail("cannot ask for huge pages", err.Error(), "")
		}
		var err error
		if got, err = n.pages(); err != nil {
			return err
		}
		if got >= want {
			return nil
		}
		// Without this file memory cannot be compacted on demand: the next try is as good as it gets.
		_ = n.sys.Write("/proc/sys/vm/compact_memory", "1")
		n.sys.Settle()
	}
	return fail("Linux does not find enough huge pages", fmt.Sprintf("%d of %d, memory is too fragmented", got-s.PagesBefore, s.PagesAdded),
		"ask for less, do it soon after boot, or boot with hugepages="+strconv.Itoa(want))
}

// Release gives everything back. stop, when not nil, is called first and must stop whatever runs on
// the CPUs. With no reservation it does nothing. What cannot be given back stays in the state, to be
// tried again.
func (n *Node) Release(stop func(*State) error) error {
	unlock, err := n.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	s, err := n.State()
	if err != nil {
		return err
	}
	if s == nil {
		// Of an earlier boot, or none at all.
		if err := os.Remove(n.stateFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fail("cannot remove the state", err.Error(), "be root")
		}
		return nil
	}
	if uid := n.sys.UID(); uid != 0 {
		return fail("giving processors and memory back to Linux needs root", "this is user "+strconv.Itoa(uid), "try sudo")
	}
	if stop != nil {
		if err := stop(s); err != nil {
			return err
		}
	}
	return n.giveBack(s)
}

// giveBack undoes the steps of take, all that were done, in reverse.
func (n *Node) giveBack(s *State) error {
	s.Phase = Releasing
	if err := n.save(s); err != nil {
		return err
	}
	var errs []error
	for i := len(s.CPUs) - 1; i >= 0; i-- {
		if err := n.online(s.CPUs[i].Number); err != nil {
			errs = append(errs, err)
		}
	}
	if err := n.freeMemory(s); err != nil {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := os.Remove(n.stateFile()); err != nil {
		return fail("cannot remove the state", err.Error(), "")
	}
	return nil
}

// online gives a CPU back. Linux sometimes fails to start it from one CPU and succeeds from another; a
// try costs nothing.
func (n *Node) online(cpu int) error {
	var err error
	for range 4 {
		var now string
		if now, err = n.sys.Read(onlineFile(cpu)); err == nil && now == "1" {
			return nil
		}
		if err = n.sys.Write(onlineFile(cpu), "1"); err == nil {
			return nil
		}
		n.sys.Settle()
	}
	return fail("Linux does not take a CPU back", strconv.Itoa(cpu)+": "+err.Error(), "see dmesg; run `skerry node release` again")
}

func (n *Node) freeMemory(s *State) error {
	mounted, err := n.sys.Mounted(n.Mount())
	if err != nil {
		return fail("cannot read the mounts", err.Error(), "mount /proc")
	}
	if mounted {
		files, err := procfs.List(n.Mount())
		if err != nil {
			return fail("cannot read the memory's mount", err.Error(), "")
		}
		for _, f := range files {
			if err := os.Remove(n.Mount() + "/" + f); err != nil {
				return fail("cannot free an enclave's memory", err.Error(), "")
			}
		}
		if err := n.unmount(); err != nil {
			return err
		}
	}
	_ = os.Remove(n.Mount()) // there may be none
	return n.dropPages(s)
}

// unmount waits a little for those who still have the memory mapped to go away.
func (n *Node) unmount() error {
	var err error
	for range 40 {
		if err = n.sys.Unmount(n.Mount()); err == nil {
			return nil
		}
		n.sys.Settle()
	}
	return fail("the memory is still in use", n.Mount()+": "+err.Error(), "end the programs in `fuser -m "+n.Mount()+"`, then release again")
}

// dropPages takes away what was added, and no more, whatever others did to the number meanwhile.
func (n *Node) dropPages(s *State) error {
	now, err := n.pages()
	if err != nil {
		return err
	}
	want := now
	switch {
	case now > s.PagesBefore+s.PagesAdded:
		want = now - s.PagesAdded
	case now > s.PagesBefore:
		want = s.PagesBefore
	}
	if want == now {
		return nil
	}
	if err := n.sys.Write(pagesNow, strconv.Itoa(want)); err != nil {
		return fail("cannot give huge pages back", err.Error(), "")
	}
	// Pages that were pinned come back a little after the process that pinned them is gone.
	for range 100 {
		if all, err := n.number(pagesNow); err != nil || all <= want {
			return err
		}
		n.sys.Settle()
	}
	return nil // they are surplus: Linux takes each as soon as it is free
}
