package plan

import (
	"errors"
	"flag"
	"io"
	"strings"
)

// ErrHelp says that the user asked `skerry run` for help.
var ErrHelp = flag.ErrHelp

// Flags declares the flags of `skerry run`, the only place that does: what parses them here, help,
// completion and manual pages all come from it. The standard library's package, which is light: this
// is on the path of every start.
func Flags(o *Options) *flag.FlagSet {
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.Func("cpus", "enclave's CPUs: a number of them (`LIST|N`), or a list such as 1,3-5 (default: half of the allowed)", o.chosen(&o.CPUs))
	fs.Func("mem", "most memory that the enclave may use: `SIZE` such as 512M, 2G or 50% (default: three quarters of what is available)", o.chosen(&o.Mem))
	fs.StringVar(&o.Platform, "platform", "auto", "what carries the enclave: `auto|native|process` (auto is native when CPUs are reserved)")
	fs.Func("env", "set a variable of the program's environment: `K=V`; may be repeated", func(kv string) error {
		o.Env = append(o.Env, kv)
		return nil
	})
	fs.BoolVar(&o.Isolate, "isolate", false, "keep the rest of the machine off the enclave's CPUs, as far as kernel and user allow; says what is missing")
	fs.StringVar(&o.Cwd, "cwd", "", "enter `DIR` before the program starts")
	fs.BoolVar(&o.Stats, "stats", false, "print statistics when the program ends")
	fs.StringVar(&o.Trace, "trace", "", "write a trace for Perfetto or chrome://tracing to `FILE`")
	fs.BoolFunc("strace", "write every system call, as strace -f does, to standard error or `FILE`", func(file string) error {
		if o.Strace = file; file == "true" { // the word for no value at all
			o.Strace = "-"
		}
		return nil
	})
	fs.StringVar(&o.Name, "name", "", "call the enclave `NAME` in ps, stats and top (default: the program's name)")
	fs.StringVar(&o.Recording, HiddenFlag, "", "an observer's file")
	fs.IntVar(&o.RewriteAfter, "rewrite-after", RewriteDefault, "let a call site trap `N` times before it is rewritten to a jump; 0: never rewrite")
	for _, name := range [...]string{"verbose", "v"} {
		fs.BoolVar(&o.Verbose, name, false, "say what was chosen, and which system calls are refused")
	}
	return fs
}

// FlagOrder is the order of the flags for help; "v" is short for verbose.
var FlagOrder = []string{"cpus", "mem", "platform", "env", "isolate", "cwd", "stats", "trace", "strace", "name", HiddenFlag, "rewrite-after", "verbose"}

// HiddenFlag is for skerry's own observers.
const HiddenFlag = "recording"

var errEmpty = errors.New("it is empty")

// chosen refuses an empty value: it is not a choice but, most likely, a variable that was not set.
func (o *Options) chosen(to *string) func(string) error {
	return func(s string) error {
		if s == "" {
			return errEmpty
		}
		*to = s
		return nil
	}
}

// Parse reads the arguments of `skerry run`: flags up to the first argument that is none, then the
// program. The error is an *Error or ErrHelp.
func Parse(args []string) (Options, error) {
	var o Options
	fs := Flags(&o)
	// The standard library's package takes one dash for two. We do not: -cpus is -c -p -u -s elsewhere.
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" || len(a) < 2 || a[0] != '-' {
			break
		}
		if a[1] != '-' && a != "-v" && a != "-h" {
			return o, Failure("unknown flag: "+a, "", "see `skerry run --help`")
		}
		if name, _, has := strings.Cut(strings.TrimLeft(a, "-"), "="); !has && takesValue(fs, name) {
			i++
		}
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, ErrHelp
		}
		// It names flags with one dash.
		text := strings.NewReplacer(": -", ": --", "flag -", "flag --").Replace(err.Error())
		return o, Failure(text, "", "see `skerry run --help`")
	}
	o.Argv = fs.Args()
	return o, nil
}

func takesValue(fs *flag.FlagSet, name string) bool {
	f := fs.Lookup(name)
	if f == nil {
		return false
	}
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !ok || !b.IsBoolFlag()
}
