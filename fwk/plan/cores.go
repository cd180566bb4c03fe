package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/skerry-os/skerry/fwk/cpus"
)

// cores decides CPUs and ProxyCPUs from --cpus: a bare number is how many, anything else a list.
func (p *Plan) cores(ask string, h *Host) error {
	allowed, err := h.Allowed()
	if err != nil {
		return Failure("cannot ask Linux for the allowed CPUs", err.Error(), "")
	}
	have := allowed.Count()
	if have == 0 {
		return Failure("no CPU is allowed to this process", "", "see taskset(1) and your cpuset")
	}
	ask = strings.TrimSpace(ask)
	switch {
	case ask == "":
		p.CPUs = take(&allowed, cpus.Default(have), h)
	case isDigits(ask):
		n, err := strconv.Atoi(ask)
		if err != nil || n > have {
			return Failure("not enough CPUs", "--cpus "+ask,
				fmt.Sprintf("%s; CPU %[2]s alone is written --cpus %[2]s-%[2]s", which(&allowed, h), ask))
		}
		if n == 0 {
			return Failure("an enclave needs a CPU", "--cpus 0", "give at least 1; CPU 0 alone is written --cpus 0-0")
		}
		p.CPUs = take(&allowed, n, h)
	default:
		want, err := cpus.Parse(ask)
		if err != nil {
			return Failure("bad --cpus", err.Error(), "give a number of CPUs, or a list such as 1,3-5")
		}
		if missing := want.Minus(&allowed); missing.Count() != 0 {
			return Failure(absent(&missing, h), "--cpus "+ask, which(&allowed, h))
		}
		p.CPUs = want.List()
		if h.Claim != nil {
			h.Claim(p.CPUs)
		}
	}
	enclave := cpus.Of(p.CPUs...)
	rest := allowed.Minus(&enclave)
	if busy := h.busy(); busy.Count() != 0 {
		// Linux's side leaves other enclaves' CPUs alone, if there is any else.
		if quiet := rest.Minus(&busy); quiet.Count() != 0 {
			rest = quiet
		}
	}
	if p.ProxyCPUs = rest.List(); len(p.ProxyCPUs) == 0 {
		p.ProxyCPUs = p.CPUs
	}
	return nil
}

// take chooses CPUs that no other enclave has, if there are enough, and claims them.
func take(allowed *cpus.Set, n int, h *Host) []int {
	const attempts = 16 // another may claim the same in between
	for range attempts {
		busy := h.busy()
		free := allowed.Minus(&busy)
		if free.Count() < n {
			break
		}
		if list := choose(&free, n, h); h.Claim == nil || h.Claim(list) {
			return list
		}
	}
	return choose(allowed, n, h)
}

func (h *Host) busy() (s cpus.Set) {
	if h.Busy != nil {
		s = h.Busy()
	}
	return s
}

// choose asks for siblings only on a machine that has them: the question costs a file per core.
func choose(allowed *cpus.Set, n int, h *Host) []int {
	if n < allowed.Count() && n > 1 && h.SMT() {
		return cpus.Choose(allowed, n, h.Siblings)
	}
	return cpus.Choose(allowed, n, nil)
}

// absent says what is wrong with CPUs that the caller may not use.
func absent(missing *cpus.Set, h *Host) string {
	if online, err := h.Online(); err == nil {
		if unknown := missing.Minus(&online); unknown.Count() == 1 {
			return "there is no CPU " + unknown.String() + " online"
		} else if unknown.Count() > 1 {
			return "there are no CPUs " + unknown.String() + " online"
		}
	}
	if missing.Count() == 1 {
		return "CPU " + missing.String() + " not allowed to this process"
	}
	return "CPUs " + missing.String() + " not allowed to this process"
}

// which says what the user can choose from.
func which(allowed *cpus.Set, h *Host) string {
	s := "allowed " + are(allowed) + " " + allowed.String()
	if online, err := h.Online(); err == nil {
		s = "the machine has " + online.String() + ", " + s
	}
	return s
}

func are(s *cpus.Set) string {
	if s.Count() == 1 {
		return "is"
	}
	return "are"
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
