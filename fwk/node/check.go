package node

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/fwk/cpus"
)

// Request is what is to be taken.
type Request struct {
	CPUs   cpus.Set
	Memory uint64 // bytes; made whole granules
}

// MinMemory is the least memory that is worth reserving: a small enclave.
const MinMemory = 64 << 20

// margin is what stays free for Linux beside a reservation, in bytes.
const margin = 64 << 20

const (
	cpuDir   = "/sys/devices/system/cpu/"
	hugeDir  = "/sys/kernel/mm/hugepages/hugepages-2048kB/"
	pagesNow = hugeDir + "nr_hugepages"
)

// Usable answers nil when this machine and this user could make a reservation, or why not.
func (n *Node) Usable() (mode string, err error) {
	if uid := n.sys.UID(); uid != 0 {
		return "", fail("taking processors and memory from Linux needs root", "this is user "+strconv.Itoa(uid), "try sudo")
	}
	if text, err := n.sys.Read("/sys/kernel/security/lockdown"); err == nil && !strings.Contains(text, "[none]") {
		return "", fail("the kernel is locked down", text,
			"switch Secure Boot off, or leave lockdown= out of the kernel's command line")
	}
	if why := n.guest(); why != "" {
		return "", fail("processors cannot be started by hand here", why, "use a machine, or a virtual machine without it")
	}
	if _, err := n.sys.Read(pagesNow); err != nil {
		return "", fail("this kernel has no huge pages of 2 MiB", err.Error(), "use a kernel with CONFIG_HUGETLBFS")
	}
	if text, err := n.sys.Read("/proc/sys/kernel/io_uring_disabled"); err == nil && text == "2" {
		return "", fail("io_uring is switched off, and with it the way to keep memory in its place",
			"kernel.io_uring_disabled is 2", "sysctl kernel.io_uring_disabled=1")
	}
	return n.sys.Controllers()
}

// guest names the kind of virtual machine that does not let processors be started, or "".
func (n *Node) guest() string {
	text, err := n.sys.Read("/proc/cpuinfo")
	if err != nil {
		return "/proc/cpuinfo: " + err.Error()
	}
	for line := range strings.Lines(text) {
		if name, flags, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "flags" {
			for flag := range strings.FieldsSeq(flags) {
				switch flag {
				case "tdx_guest":
					return "this is a confidential guest (Intel TDX)"
				case "sev_es_guest", "sev_snp_guest":
					return "this is a confidential guest (AMD SEV)"
				}
			}
			break
		}
	}
	if kind, err := n.sys.Read("/sys/hypervisor/type"); err == nil && kind == "xen" {
		if guest, _ := n.sys.Read("/sys/hypervisor/guest_type"); guest == "PV" {
			return "this is a paravirtual guest of Xen"
		}
	}
	return ""
}

// Check finds out whether r can be had, and returns the state that reserving it begins with, and what
// the user should know. It changes nothing but for the module msr.
func (n *Node) Check(r Request) (*State, []string, error) {
	if n.sys.UID() == 0 {
		_ = n.sys.Load("msr") // where it fails, Usable finds out what is missing
	}
	mode, err := n.Usable()
	if err != nil {
		return nil, nil, err
	}
	s := &State{Version: version, Phase: Reserving, Mode: mode}
	if s.BootID, err = n.sys.Read("/proc/sys/kernel/random/boot_id"); err != nil {
		return nil, nil, fail("cannot read the boot's id", err.Error(), "mount /proc")
	}
	warnings, err := n.checkCPUs(r.CPUs, s)
	if err != nil {
		return nil, nil, err
	}
	if err := n.checkMemory(r.Memory, s); err != nil {
		return nil, nil, err
	}
	return s, warnings, nil
}

func (n *Node) checkCPUs(want cpus.Set, s *State) (warnings []string, err error) {
	if want.Count() == 0 {
		return nil, fail("no CPU to reserve", "", "give --cpus LIST")
	}
	if want.Count() > abi.MaxCores {
		return nil, fail("too many CPUs", want.String(), fmt.Sprintf("an enclave has at most %d cores", abi.MaxCores))
	}
	present, err := n.set("present")
	if err != nil {
		return nil, err
	}
	online, err := n.set("online")
	if err != nil {
		return nil, err
	}
	if missing := want.Minus(&present); missing.Count() != 0 {
		return nil, fail("no such CPU", missing.String(), "the machine has "+present.String())
	}
	if off := want.Minus(&online); off.Count() != 0 {
		return nil, fail("CPU is offline already", off.String(),
			"somebody else has taken it; echo 1 > "+cpuDir+"cpu"+strconv.Itoa(off.List()[0])+"/online gives it back to Linux")
	}
	if rest := online.Minus(&want); rest.Count() == 0 {
		return nil, fail("Linux needs a CPU for itself", "--cpus "+want.String(), "leave one out")
	}
	ids, err := n.apicIDs()
	if err != nil {
		return nil, err
	}
	for _, c := range want.List() {
		if _, err := n.sys.Read(onlineFile(c)); errors.Is(err, os.ErrNotExist) {
			return nil, fail("CPU cannot be put offline", strconv.Itoa(c), "choose others: Linux keeps the first one")
		} else if err != nil {
			return nil, fail("cannot read a CPU's state", err.Error(), "mount /sys")
		}
		id, ok := ids[c]
		if !ok {
			return nil, fail("the id of a CPU's interrupt controller is not known", strconv.Itoa(c), "is /proc/cpuinfo complete?")
		}
		if s.Mode == XAPIC && id > 254 {
			return nil, fail("CPU cannot be reached", fmt.Sprintf("CPU %d has id %d, and xAPIC ends at 254", c, id), "choose another")
		}
		s.CPUs = append(s.CPUs, CPU{Number: c, APIC: id})
	}
	return n.siblings(want, online), nil
}

// siblings warns of cores that would be shared with Linux.
func (n *Node) siblings(want, online cpus.Set) (warnings []string) {
	for _, c := range want.List() {
		text, err := n.sys.Read(cpuDir + "cpu" + strconv.Itoa(c) + "/topology/thread_siblings_list")
		if err != nil {
			continue
		}
		core, err := cpus.Parse(text)
		if err != nil {
			continue
		}
		with := core.And(&online)
		if with = with.Minus(&want); with.Count() != 0 {
			warnings = append(warnings, fmt.Sprintf("CPU %d shares its physical core with CPU %s, which stays Linux's: each slows the other, and can observe it", c, with.String()))
		}
	}
	return warnings
}

func (n *Node) checkMemory(want uint64, s *State) error {
	if want < MinMemory {
		return fail("too little memory", fmt.Sprintf("%d MiB", want>>20), fmt.Sprintf("give at least %d MiB", MinMemory>>20))
	}
	if want > math.MaxInt64/2 {
		return fail("absurdly much memory", fmt.Sprintf("%d GiB", want>>30), "")
	}
	s.Memory = uint64(Pages(want)) * abi.Granule
	before, err := n.pages()
	if err != nil {
		return err
	}
	s.PagesBefore, s.PagesAdded = before, Pages(want)
	available, err := n.meminfo("MemAvailable")
	if err != nil {
		return err
	}
	if s.Memory+margin > available {
		return fail("more memory than Linux can give", fmt.Sprintf("%d MiB", s.Memory>>20),
			fmt.Sprintf("%d MiB are available, of which %d MiB stay Linux's", available>>20, margin>>20))
	}
	return nil
}

func (n *Node) meminfo(name string) (uint64, error) {
	text, err := n.sys.Read("/proc/meminfo")
	if err != nil {
		return 0, fail("cannot read the memory's size", err.Error(), "mount /proc")
	}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && key == name {
			kib, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 54)
			if err == nil {
				return kib << 10, nil
			}
		}
	}
	return 0, fail("cannot read the memory's size", "no "+name+" in /proc/meminfo", "")
}

// pages is how many huge pages there are for good: without the surplus, which is on its way out.
func (n *Node) pages() (int, error) {
	all, err := n.number(pagesNow)
	if err != nil {
		return 0, err
	}
	surplus, err := n.number(hugeDir + "surplus_hugepages")
	return all - surplus, err
}

// set reads a list of CPUs of sysfs.
func (n *Node) set(name string) (cpus.Set, error) {
	text, err := n.sys.Read(cpuDir + name)
	if err != nil {
		return cpus.Set{}, fail("cannot read the machine's CPUs", err.Error(), "mount /sys")
	}
	s, err := cpus.Parse(text)
	if err != nil {
		return s, fail("cannot read the machine's CPUs", cpuDir+name+": "+err.Error(), "")
	}
	return s, nil
}

func (n *Node) number(path string) (int, error) {
	text, err := n.sys.Read(path)
	if err != nil {
		return 0, fail("cannot read "+path, err.Error(), "")
	}
	v, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0, fail("cannot read "+path, strconv.Quote(text), "")
	}
	return v, nil
}

// apicIDs reads the ids of all online CPUs' interrupt controllers.
func (n *Node) apicIDs() (map[int]uint32, error) {
	text, err := n.sys.Read("/proc/cpuinfo")
	if err != nil {
		return nil, fail("cannot read the machine's CPUs", err.Error(), "mount /proc")
	}
	ids := map[int]uint32{}
	cpu := -1
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(name) {
		case "processor":
			if cpu, err = strconv.Atoi(value); err != nil {
				cpu = -1
			}
		case "apicid":
			if id, err := strconv.ParseUint(value, 10, 32); err == nil && cpu >= 0 {
				ids[cpu] = uint32(id)
			}
		}
	}
	return ids, nil
}

func onlineFile(cpu int) string { return cpuDir + "cpu" + strconv.Itoa(cpu) + "/online" }

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }
