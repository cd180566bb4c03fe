package plan

import (
	"strconv"
	"strings"

	"github.com/skerry-os/skerry/fwk/cpus"
)

// A program in an enclave that executes another one stays in its enclave: skerry executes itself, and
// finds what it has to know in the first variable of the environment, which the new program does not
// get to see. The entry point of the image (platform/process) looks for the name's beginning.

const variable = "SKERRY_ENCLAVE="

// Inherited is what is handed on from one program of an enclave to the next.
type Inherited struct {
	Plan
	Mask, Ignored uint64 // signals blocked and ignored, bit n-1
	Board         string // the enclave's entry in the registry; "" is none
	Kin           bool   // the process was forked in its enclave
	Persona       uint32 // what the LWK keeps of personality(2)
	StraceFD      int    // where every system call is written, if Strace is set
}

// Variable encodes it: fields separated by ";", last the entry's path and the trace's, whose lengths come
// before, and the program's, which may hold anything.
func (i *Inherited) Variable() string {
	if i.Native != nil {
		return i.nativeVariable()
	}
	opts := ""
	if i.Verbose {
		opts = "v"
	}
	if i.Stats {
		opts += "s"
	}
	if i.Isolate {
		opts += "i"
	}
	if i.Kin {
		opts += "k"
	}
	if i.Persona != 0 {
		opts += "p" + strconv.FormatUint(uint64(i.Persona), 16)
	}
	if i.RewriteAfter != RewriteDefault {
		opts += "r" + strconv.Itoa(i.RewriteAfter)
	}
	strace := ""
	if i.Strace != "" {
		strace = strconv.Itoa(i.StraceFD)
		if i.Strace != "-" {
			strace = "f" + strace
		}
	}
	return variable + strings.Join([]string{cpus.Format(i.CPUs), cpus.Format(i.ProxyCPUs), strconv.FormatUint(i.Mem, 16),
		strconv.FormatUint(i.Mask, 16), strconv.FormatUint(i.Ignored, 16), opts,
		strace, strconv.Itoa(len(i.Board)), strconv.Itoa(len(i.Trace)), i.Board + i.Trace + i.Path}, ";")
}

// Inherit decodes the environment of a process that an enclave's program executed; ok is false for any
// other process. Args is left to the caller.
func Inherit(env []string) (i *Inherited, ok bool) {
	if len(env) == 0 || !strings.HasPrefix(env[0], variable) {
		return nil, false
	}
	if rest, ok := strings.CutPrefix(env[0][len(variable):], nativeMark); ok {
		return inheritNative(rest, env[1:])
	}
	f := strings.SplitN(env[0][len(variable):], ";", 10)
	if len(f) != 10 {
		return nil, false
	}
	i = &Inherited{}
	var errs [8]error
	var own, linux cpus.Set
	own, errs[0] = cpus.Parse(f[0])
	linux, errs[1] = cpus.Parse(f[1])
	i.Mem, errs[2] = strconv.ParseUint(f[2], 16, 64)
	i.Mask, errs[3] = strconv.ParseUint(f[3], 16, 64)
	i.Ignored, errs[4] = strconv.ParseUint(f[4], 16, 64)
	var board, trace int
	board, errs[5] = strconv.Atoi(f[7])
	trace, errs[6] = strconv.Atoi(f[8])
	if board < 0 || trace < 0 || board > len(f[9]) || trace > len(f[9])-board {
		return nil, false
	}
	if s := f[6]; s != "" {
		i.Strace = "-"
		if s[0] == 'f' {
			i.Strace, s = "file", s[1:]
		}
		i.StraceFD, errs[7] = strconv.Atoi(s)
	}
	for _, err := range errs {
		if err != nil {
			return nil, false
		}
	}
	i.CPUs, i.ProxyCPUs = own.List(), linux.List()
	i.Verbose, i.Stats = strings.Contains(f[5], "v"), strings.Contains(f[5], "s")
	i.Isolate, i.Kin = strings.Contains(f[5], "i"), strings.Contains(f[5], "k")
	if _, n, ok := strings.Cut(f[5], "p"); ok {
		n, _, _ = strings.Cut(n, "r")
		persona, err := strconv.ParseUint(n, 16, 32)
		if err != nil {
			return nil, false
		}
		i.Persona = uint32(persona)
	}
	i.RewriteAfter = RewriteDefault
	if _, n, ok := strings.Cut(f[5], "r"); ok {
		var err error
		if i.RewriteAfter, err = strconv.Atoi(n); err != nil {
			return nil, false
		}
	}
	i.Board, i.Trace, i.Path = f[9][:board], f[9][board:board+trace], f[9][board+trace:]
	i.Env, i.Platform = env[1:], "process"
	return i, true
}
