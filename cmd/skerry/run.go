package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/fwk/probe"
	"github.com/skerry-os/skerry/platform/process"
)

// errHelp says that the user asked `skerry run` for help.
var errHelp = pflag.ErrHelp

// boot starts a checked plan. It returns only when it could not: otherwise this process becomes the
// program's, and ends with it.
var boot = bootProcess

// here is the machine that plans are made for; tests replace it.
var here = func() *plan.Host {
	h := plan.Here(probe.Supported)
	h.Reserved = reserved
	if g := process.Given(); len(g.Args) > 0 {
		// Not the runtime's, which has our own settings of the Go runtime in front.
		h.Environ = func() []string { return g.Env }
	}
	return h
}

// runFlags declares the flags of `skerry run`, the only place that does. They end at the first
// argument that is none: what follows belongs to the program.
func runFlags(fs *pflag.FlagSet, o *plan.Options) {
	fs.SetInterspersed(false)
	fs.SortFlags = false
	fs.StringVar(&o.CPUs, "cpus", "", "enclave's CPUs: a number of them (`LIST|N`), or a list such as 1,3-5 (default: half of the allowed)")
	fs.StringVar(&o.Mem, "mem", "", "most memory that the enclave may use: `SIZE` such as 512M, 2G or 50% (default: three quarters of what is available)")
	fs.StringVar(&o.Platform, "platform", "auto", "what carries the enclave: `auto|native|process` (auto is native when CPUs are reserved)")
	fs.StringArrayVar(&o.Env, "env", nil, "set a variable of the program's environment: `K=V`; may be repeated")
	fs.BoolVar(&o.Isolate, "isolate", false, "keep the rest of the machine off the enclave's CPUs, as far as kernel and user allow; says what is missing")
	fs.StringVar(&o.Cwd, "cwd", "", "enter `DIR` before the program starts")
	fs.BoolVar(&o.Stats, "stats", false, "print statistics when the program ends")
	fs.StringVar(&o.Trace, "trace", "", "write a trace for Perfetto or chrome://tracing to `FILE`")
	fs.StringVar(&o.Strace, "strace", "", "write every system call, as strace -f does, to standard error or `FILE`")
	fs.Lookup("strace").NoOptDefVal = "-"
	fs.StringVar(&o.Name, "name", "", "call the enclave `NAME` in ps, stats and top (default: the program's name)")
	fs.StringVar(&o.Recording, "recording", "", "an observer's file")
	_ = fs.MarkHidden("recording") // for skerry itself
	fs.IntVar(&o.RewriteAfter, "rewrite-after", plan.RewriteDefault, "let a call site trap `N` times before it is rewritten to a jump; 0: never rewrite")
	fs.BoolVarP(&o.Verbose, "verbose", "v", false, "say what was chosen, and which system calls are refused")
}

// newRun is the verb as help, completion and manual pages see it. When it is asked to run, run has
// already gone around it unless flags of the root came first.
func newRun() *cobra.Command {
	var o plan.Options
	cmd := &cobra.Command{
		Use:   "run [flags] [--] PROGRAM [ARG...]",
		Short: "Run a program in an enclave",
		Long: `Run a program in an enclave. Standard streams, terminal, current directory and environment are the
caller's; so is the exit status the program's, or 128+n after signal n. 125 is a failure of skerry
itself, 126 a program that was found but cannot be run, 127 one that was not found.

Flags end at the first argument that is none, so that "--" is needed only before a program whose name
begins with a dash.

--cpus takes a number of CPUs, which skerry then chooses (whole physical cores first, CPU 0 last), or a
list, which it takes as it is: --cpus 3 is three CPUs, --cpus 3-3 is CPU 3. What the list leaves of the
allowed CPUs works for Linux; when it leaves none, both share.`,
		Example: `  skerry run -- ls -l
  skerry run --cpus 2-5 --mem 4G -- ./solver input.dat
  skerry run --stats --env OMP_NUM_THREADS=2 ./a.out
  skerry run --trace t.json -v python3 script.py
  skerry run --strace=calls.txt -- make`,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Argv = args
			return start(cmd.ErrOrStderr(), o)
		},
	}
	runFlags(cmd.Flags(), &o)
	// The errors are those of flags that do not exist.
	_ = cmd.RegisterFlagCompletionFunc("platform", cobra.FixedCompletions([]string{"auto", "native", "process"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("cwd", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	return cmd
}

// startProgram is `skerry run` with args, without the tree of commands.
func startProgram(stderr io.Writer, args []string) error {
	var o plan.Options
	var fs pflag.FlagSet
	fs.Init("run", pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	runFlags(&fs, &o)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return errHelp
		}
		return plan.Failure(err.Error(), "", "see `skerry run --help`")
	}
	// An empty value is not a choice but, most likely, a variable that was not set.
	for _, name := range [...]string{"cpus", "mem"} {
		if f := fs.Lookup(name); f.Changed && f.Value.String() == "" {
			return plan.Failure("bad --"+name, "it is empty", "leave it out to have skerry choose")
		}
	}
	o.Argv = fs.Args()
	return start(stderr, o)
}

// start makes the plan and boots it.
func start(stderr io.Writer, o plan.Options) error {
	p, err := plan.Make(o, here())
	if err != nil {
		return err
	}
	if p.Verbose {
		tell(stderr, p)
	}
	if p.Isolate && p.Native == nil { // a native enclave's processors are no longer Linux's
		if err := isolateFor(stderr, p); err != nil {
			return err
		}
	}
	return boot(p)
}

// tell says what was chosen.
func tell(w io.Writer, p *plan.Plan) {
	if p.Native != nil {
		fmt.Fprintf(w, "skerry: platform native: Linux's side on CPUs %s\nskerry: program %s\n", cpus.Format(p.ProxyCPUs), p.Path)
		return
	}
	shared := ""
	if p.Shared() {
		shared = " (the same: no other is allowed)"
	}
	fmt.Fprintf(w, "skerry: platform %s: the best that is built and usable here\n", p.Platform)
	fmt.Fprintf(w, "skerry: enclave on CPUs %s, Linux on %s%s, at most %s of memory\n",
		cpus.Format(p.CPUs), cpus.Format(p.ProxyCPUs), shared, plan.FormatSize(p.Mem))
	fmt.Fprintf(w, "skerry: program %s\n", p.Path)
}
