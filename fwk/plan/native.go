package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/skerry-os/skerry/fwk/cpus"
)

// Native is what a native enclave wants of the CPUs that are reserved.
type Native struct {
	Name  string   // of an enclave whose program executes this one; else
	Asked string   // --name; "" makes one up, which no other enclave has
	CPUs  cpus.Set // these, when there are any
	Cores int      // else that many; 0: all that are free

	// Member is what a process is told that belongs to an enclave which runs already (fwk/proxy.Heir); "" for
	// one that begins a new one.
	Member string
}

// native decides what to ask the node for. Whether it is to be had is the node's to say, who hands it out.
func (p *Plan) native(o Options, h *Host) error {
	p.Native = &Native{Asked: o.Name}
	ask := strings.TrimSpace(o.CPUs)
	switch {
	case ask == "":
	case isDigits(ask):
		n, err := strconv.Atoi(ask)
		if err != nil || n < 1 || n > cpus.Limit {
			return Failure("bad --cpus", ask, fmt.Sprintf("give a number of reserved CPUs; CPU %[1]s alone is written --cpus %[1]s-%[1]s", ask))
		}
		p.Native.Cores = n
	default:
		set, err := cpus.Parse(ask)
		if err != nil {
			return Failure("bad --cpus", err.Error(), "give a number of CPUs, or a list such as 1,3-5")
		}
		p.Native.CPUs = set
	}
	allowed, err := h.Allowed()
	if err != nil {
		return Failure("cannot ask Linux for the allowed CPUs", err.Error(), "")
	}
	p.ProxyCPUs = allowed.List()
	if o.Mem == "" {
		return nil
	}
	m, err := h.Memory()
	if err != nil {
		return Failure("cannot ask Linux for the memory's size", err.Error(), "mount /proc")
	}
	if p.Mem, err = ParseSize(o.Mem, m.Total); err != nil {
		return Failure("bad --mem", err.Error(), "give a size such as 512M or 2G, or a share such as 50%")
	}
	if p.Mem = p.Mem &^ (Granule - 1); p.Mem < MinMem {
		return Failure("too little memory for an enclave", "--mem "+o.Mem, "give at least "+FormatSize(MinMem))
	}
	return nil
}

const nativeMark = "native;"

// nativeVariable is Variable for a native enclave: name, CPUs, memory, signals, v for verbose, what a member
// is told, path.
func (i *Inherited) nativeVariable() string {
	opts := ""
	if i.Verbose {
		opts = "v"
	}
	hex := func(v uint64) string { return strconv.FormatUint(v, 16) }
	return variable + nativeMark + strings.Join([]string{i.Native.Name, i.Native.CPUs.String(), cpus.Format(i.ProxyCPUs), hex(i.Mem),
		hex(i.Mask), hex(i.Ignored), opts, i.Native.Member, i.Path}, ";")
}

func inheritNative(text string, env []string) (*Inherited, bool) {
	f := strings.SplitN(text, ";", 9)
	if len(f) != 9 || f[0] == "" {
		return nil, false
	}
	i := &Inherited{Plan: Plan{Platform: "native", Native: &Native{Name: f[0], Member: f[7]}, Env: env, Path: f[8], Verbose: f[6] == "v",
		RewriteAfter: RewriteDefault}}
	var errs [5]error
	var linux cpus.Set
	i.Native.CPUs, errs[0] = cpus.Parse(f[1])
	linux, errs[1] = cpus.Parse(f[2])
	i.Mem, errs[2] = strconv.ParseUint(f[3], 16, 64)
	i.Mask, errs[3] = strconv.ParseUint(f[4], 16, 64)
	i.Ignored, errs[4] = strconv.ParseUint(f[5], 16, 64)
	for _, err := range errs {
		if err != nil {
			return nil, false
		}
	}
	i.ProxyCPUs = linux.List()
	return i, true
}
