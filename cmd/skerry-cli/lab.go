package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/install"
	"github.com/skerry-os/skerry/fwk/lab"
	"github.com/skerry-os/skerry/fwk/plan"
)

func newLab() *cobra.Command {
	o := &lab.Options{}
	var mem string
	var add []string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "lab [flags] [-- COMMAND [ARG...]]",
		Short: "Run a command as root of an emulated machine with a stock kernel",
		Long: `Start QEMU with one of Debian's stock kernels and a small file system in memory, run COMMAND there as
root, and end with its exit status: the place to try the native platform without a machine to spare,
and without root. Without COMMAND it is a shell (which needs busybox-static here); Ctrl-] ends it.

In the machine are skerry, the kernel's image when it lies beside skerry, busybox, COMMAND when it is a
file here, and what --add names, with the libraries that ELF files need. There is no network and no disk.

QEMU and kernel are fetched by apt the first time, into $XDG_CACHE_HOME/skerry, and not installed.
Everything is emulated, with no virtualization needed: some ten to a hundred times slower than the
machine underneath.

125 is a failure of the lab; 130 an interrupt.`,
		Example: `  skerry lab
  skerry lab -- skerry check
  skerry lab --kernel 6.12 --smp 2 -- sh -c 'uname -r; skerry node reserve --cpus 1 --mem 64M'
  skerry lab --add ./prog:/bin/prog -- prog 1 2 3`,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Argv = args
			size, err := plan.ParseSize(mem, 0)
			if err != nil {
				return plan.Failure("bad --mem", err.Error(), "give a size such as 512M or 2G")
			}
			o.Mem = size
			for _, a := range add {
				f, err := addition(a)
				if err != nil {
					return err
				}
				o.Files = append(o.Files, f)
			}
			return inLab(cmd, o, verbose)
		},
	}
	kernel := choiceFlag(cmd, "kernel", "which of Debian's kernels", lab.Kernels()...)
	apic := choiceFlag(cmd, "apic", "how processors are addressed; x2apic needs QEMU 9", "xapic", "x2apic")
	accel := choiceFlag(cmd, "accel", "what runs the machine's code; with tcg-single its processors take turns, with tcg-count its clock counts instructions as well", "tcg", "tcg-single", "tcg-count", "kvm")
	fs := cmd.Flags()
	fs.SetInterspersed(false)
	fs.IntVar(&o.Smp, "smp", 4, "processors: `N`")
	fs.StringVar(&mem, "mem", "1G", "memory: `SIZE` such as 512M or 2G")
	fs.StringArrayVar(&add, "add", nil, "put a file or directory into the machine: `FILE[:PATH]`; may be repeated")
	fs.StringSliceVar(&o.Modules, "module", []string{"msr"}, "kernel modules to load: `NAME,...`")
	fs.StringVar(&o.Append, "append", "", "more words for the kernel's command line: `WORDS`")
	fs.DurationVar(&o.Timeout, "timeout", 0, "end the machine after `TIME` such as 30s (default: never)")
	fs.BoolVarP(&verbose, "verbose", "v", false, "print the kernel's messages on standard error")
	cmd.PreRun = func(*cobra.Command, []string) {
		o.Kernel, o.APIC, o.Accel = kernel.value, apic.value, accel.value
	}
	return cmd
}

// addition reads FILE[:PATH]; without PATH the file keeps its place.
func addition(s string) (lab.File, error) {
	host, guest, ok := strings.Cut(s, ":")
	if !ok {
		abs, err := absolute(host)
		if err != nil {
			return lab.File{}, err
		}
		guest = abs
	}
	if host == "" || !strings.HasPrefix(guest, "/") {
		return lab.File{}, plan.Failure("bad --add", s, "write it as FILE or FILE:/ABSOLUTE/PATH")
	}
	return lab.File{Host: host, Guest: guest}, nil
}

func absolute(path string) (string, error) {
	if strings.HasPrefix(path, "/") {
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", plan.Failure("cannot find the current directory", err.Error(), "")
	}
	return dir + "/" + path, nil
}

// inLab runs the lab with the command's streams, as a terminal when it is a shell for one.
func inLab(cmd *cobra.Command, o *lab.Options, verbose bool) error {
	exe, err := install.Find(install.Skerry)
	if err != nil {
		return plan.Failure("cannot find the rest of skerry", err.Error(), "")
	}
	o.Skerry = exe
	o.Stdin, o.Stdout, o.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	if verbose {
		o.Log = o.Stderr
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if len(o.Argv) == 0 && isTerminal(o.Stdin) && isTerminal(o.Stdout) {
		restore, err := raw(os.Stdin)
		if err != nil {
			return plan.Failure("cannot set up the terminal", err.Error(), "give a COMMAND")
		}
		defer restore()
		var end context.CancelFunc
		ctx, end = context.WithCancel(ctx)
		defer end()
		o.TTY, o.Stdin = true, &escape{os.Stdin, end}
	}
	status, err := lab.Run(ctx, o)
	var f *lab.Failure
	switch {
	case errors.Is(err, context.Canceled):
		return exit(plan.StatusSignalled + int(syscall.SIGINT))
	case errors.As(err, &f):
		return plan.Failure(f.What, f.On, f.Do)
	case err != nil:
		return plan.Failure("the lab failed", err.Error(), "")
	case status != 0:
		return exit(status)
	}
	return nil
}

func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// raw gives every key to the machine.
func raw(f *os.File) (restore func(), err error) {
	old, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return nil, err
	}
	t := *old
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, &t); err != nil {
		return nil, err
	}
	return func() {
		// Output that is still on its way was written for the raw terminal.
		time.Sleep(10 * time.Millisecond)
		_ = unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, old)
	}, nil
}

// escape ends the lab when Ctrl-] is typed.
type escape struct {
	*os.File
	end func()
}

func (e *escape) Read(b []byte) (int, error) {
	n, err := e.File.Read(b)
	for _, c := range b[:n] {
		if c == 0x1d {
			e.end()
		}
	}
	return n, err
}
