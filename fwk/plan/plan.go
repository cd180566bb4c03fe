// Package plan owns what one `skerry run` is going to do, decided and checked before anything is
// started: which CPUs, how much memory, which program. A platform takes a Plan and boots it; it
// finds nothing left to refuse except what only it can know.
//
// Making a plan is on the path of every start, so it reads only files of a few hundred bytes.
package plan

import (
	"strconv"
	"strings"

	"github.com/skerry-os/skerry/fwk/cpus"
)

// Plan is a checked decision. Nothing changes it after Make.
type Plan struct {
	CPUs      []int  // the enclave's CPUs, rising, at least one, all allowed to the caller
	ProxyCPUs []int  // the CPUs where Linux works for the enclave, rising; the same ones when none is left
	Mem       uint64 // bytes that the enclave may use at most; a multiple of Granule

	Path string   // absolute path of a file that may be executed; symbolic links are not followed
	Args []string // the program's arguments, Args[0] as the user wrote it
	Env  []string // the program's environment, K=V
	Cwd  string   // absolute directory to enter before the program starts; "" is where we are

	Stats    bool   // print statistics at exit
	Trace    string // write a trace to this file; "" is none
	Verbose  bool   // say what was chosen and what was refused
	Isolate  bool   // keep the rest of the machine off CPUs, as far as possible
	Platform string // "process" or "native"

	// Native is what a native enclave asks the node for; then CPUs is empty, and Mem as it was asked for (0:
	// a share of what is free). Which CPUs it gets is known when it has them.
	Native *Native

	// RewriteAfter is how many traps of a call site come before it is rewritten; 0 is never.
	RewriteAfter int

	Name      string // what the registry of enclaves calls this one
	Strace    string // write every system call to this file; "-" is standard error, "" none
	Recording string // an observer's file for records, from the start; "" is none
}

// RewriteDefault is RewriteAfter unless the user says otherwise: about what a rewrite costs, in traps.
const RewriteDefault = 8

const maxRewriteAfter = 60000 // it is counted in 16 bits

// Shared reports whether the enclave and Linux's side have to share CPUs.
func (p *Plan) Shared() bool {
	return len(p.CPUs) > 0 && len(p.ProxyCPUs) > 0 && p.CPUs[0] == p.ProxyCPUs[0]
}

// Options is what a user asks for, as text.
type Options struct {
	CPUs     string   // a number of CPUs, a list of them, or "" for a sensible part
	Mem      string   // a size, a percentage of the machine's memory, or "" for a sensible part
	Platform string   // "auto" (also ""), "native", "process"
	Env      []string // K=V to add to or replace in the caller's environment
	Cwd      string   // directory to enter first
	Stats    bool
	Trace    string
	Verbose  bool
	Isolate  bool
	Argv     []string // program and arguments

	RewriteAfter int // see Plan

	Name, Strace, Recording string
}

// Host is what a plan depends on of the machine and the caller. Here() is the real one.
type Host struct {
	Allowed   func() (cpus.Set, error)
	Online    func() (cpus.Set, error)
	Busy      func() cpus.Set       // CPUs of other enclaves; nil: not known
	Claim     func(list []int) bool // makes them this process's, unless one of them is another's; nil: as if always
	SMT       func() bool
	Siblings  func(cpu int) cpus.Set
	Memory    func() (Memory, error)
	Environ   func() []string
	Getwd     func() (string, error)
	Supported func(platform string) error // nil when the platform works here
	Reserved  func() bool                 // whether CPUs are reserved for native enclaves, and this user may have them
}

// Make checks o against h and decides. The error is always an *Error.
func Make(o Options, h *Host) (*Plan, error) {
	p := &Plan{Args: o.Argv, Stats: o.Stats, Trace: o.Trace, Verbose: o.Verbose, Isolate: o.Isolate, RewriteAfter: o.RewriteAfter,
		Name: o.Name, Strace: o.Strace, Recording: o.Recording}
	// What the user wrote wrong comes first, what the machine lacks second, and the program last:
	// only then do 126 and 127 say that everything else was in order.
	if err := p.options(o, h); err != nil {
		return nil, err
	}
	if p.Platform == "native" {
		if err := p.native(o, h); err != nil {
			return nil, err
		}
	} else {
		if err := p.cores(o.CPUs, h); err != nil {
			return nil, err
		}
		if err := p.memory(o.Mem, h); err != nil {
			return nil, err
		}
	}
	if h.Supported != nil {
		if err := h.Supported(p.Platform); err != nil {
			return nil, Failure("cannot run programs here", err.Error(), "see `skerry check`")
		}
	}
	if err := p.program(o.Argv[0], h); err != nil {
		return nil, err
	}
	if p.Name == "" {
		p.Name = p.Path[strings.LastIndexByte(p.Path, '/')+1:]
	}
	return p, nil
}

func (p *Plan) options(o Options, h *Host) error {
	if len(o.Argv) == 0 {
		return Failure("no program given", "", "usage: skerry run [FLAGS] -- PROGRAM [ARG...]")
	}
	switch o.Platform {
	case "", "auto":
		p.Platform = "process"
		if h.Reserved != nil && h.Reserved() {
			p.Platform = "native"
		}
	case "process", "native":
		p.Platform = o.Platform
	case "kvm":
		return Failure("platform is not built yet", o.Platform, "use --platform process")
	default:
		return Failure("unknown platform", quote(o.Platform), "use auto, native or process")
	}
	if o.RewriteAfter < 0 || o.RewriteAfter > maxRewriteAfter {
		return Failure("bad --rewrite-after", strconv.Itoa(o.RewriteAfter), "give a number of traps from 1 to "+strconv.Itoa(maxRewriteAfter)+", or 0 for never")
	}
	for _, kv := range o.Env {
		if i := strings.IndexByte(kv, '='); i <= 0 {
			return Failure("bad --env", quote(kv), "write it as NAME=VALUE")
		}
		if strings.IndexByte(kv, 0) >= 0 {
			return Failure("bad --env", quote(kv), "a value cannot hold a NUL byte")
		}
	}
	p.Env = merge(h.Environ(), o.Env)
	if err := p.directory(o.Cwd, h); err != nil {
		return err
	}
	if err := p.named(); err != nil {
		return err
	}
	if err := outputFile("--trace", &p.Trace, h); err != nil || p.Strace == "-" {
		return err
	}
	return outputFile("--strace", &p.Strace, h)
}

// named checks the name: it must not be taken for a process's number or a path.
func (p *Plan) named() error {
	const most = 63
	if len(p.Name) > most || strings.ContainsAny(p.Name, "/ \t\n\x00") || p.Name != "" && strings.Trim(p.Name, "0123456789") == "" {
		return Failure("bad --name", quote(p.Name), "give at most "+strconv.Itoa(most)+" letters, not only digits, without spaces and slashes")
	}
	return nil
}

// merge returns base with the variables of add replaced or appended; the last one of a name wins.
func merge(base, add []string) []string {
	if len(add) == 0 {
		return base
	}
	env := make([]string, 0, len(base)+len(add))
	named := func(list []string, kv string) int {
		name := kv[:strings.IndexByte(kv, '=')+1]
		for i, have := range list {
			if strings.HasPrefix(have, name) {
				return i
			}
		}
		return -1
	}
	env = append(env, base...)
	for _, kv := range add {
		if i := named(env, kv); i >= 0 {
			env[i] = kv
		} else {
			env = append(env, kv)
		}
	}
	return env
}

// lookup finds a variable in an environment; the first one counts, as in getenv(3).
func lookup(env []string, name string) (string, bool) {
	for _, kv := range env {
		if len(kv) > len(name) && kv[len(name)] == '=' && kv[:len(name)] == name {
			return kv[len(name)+1:], true
		}
	}
	return "", false
}
