// Package lab runs a command inside a machine of its own: QEMU with one of Debian's stock kernels, an
// initramfs made on the spot, and skerry as its first process. It is where the native platform can be
// tried and tested without a machine to spare, and without root.
//
// What it needs is fetched once, by apt, into a cache directory, and nothing is installed. Rules:
//   - a lab never outlives the process that started it, however that ends;
//   - what the command writes is what the caller gets; the kernel's own messages are kept apart;
//   - no network, no disk: what the command needs is put into the initramfs.
package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Options is what a lab is made of. Kernels, Smp and Mem must be set.
type Options struct {
	Kernel  string   // "6.1" or "6.12": which of Debian's kernels
	Smp     int      // processors, at least 1
	Mem     uint64   // bytes of memory
	APIC    string   // "xapic" or "x2apic": how processors are addressed
	Accel   string   // "tcg", "tcg-single" (its processors take turns), "tcg-count" (and its clock counts instructions) or "kvm"
	Append  string   // more words for the kernel's command line
	Modules []string // kernel modules to load, with what they depend on
	Files   []File   // what to put into the machine
	Argv    []string // the command; nil is a shell
	TTY     bool     // give the command a terminal
	Skerry  string   // the skerry binary that becomes the first process

	Stdin          io.Reader // nil: nothing to read
	Stdout, Stderr io.Writer
	Log            io.Writer     // the kernel's messages as they come; nil: only kept for errors
	Timeout        time.Duration // 0: none
}

// File is a file, directory or link to put into the machine.
type File struct {
	Host  string // path here; "" for a link or for Data
	Guest string // absolute path there
	Link  string // target of a symbolic link
	Data  []byte // content, when Host and Link are ""
	Mode  uint32 // permission bits; 0: those of Host, or 0o644 for Data
}

// ErrNoCommand says that the machine ended before the command did.
var ErrNoCommand = errors.New("the lab's machine ended before its command")

// Failure is why a lab could not run its command: what failed, on what, and what the user can do.
type Failure struct{ What, On, Do string }

func (e *Failure) Error() string {
	s := e.What
	for _, more := range []string{e.On, e.Do} {
		if more != "" {
			s += ": " + more
		}
	}
	return s
}

func fail(what, on, do string) error { return &Failure{what, on, do} }

// Run starts a machine, runs the command there and returns its exit status, 128+n after signal n.
// It blocks until then, and leaves no process behind when it returns or when ctx ends.
func Run(ctx context.Context, o *Options) (status int, err error) {
	if err := o.check(); err != nil {
		return 0, err
	}
	c, err := Open()
	if err != nil {
		return 0, err
	}
	say := func(s string) {
		if o.Stderr != nil {
			fmt.Fprintf(o.Stderr, "skerry: lab: %s\n", s)
		}
	}
	q, err := c.QEMU(ctx, o.Recent(), say)
	if err != nil {
		return 0, err
	}
	k, err := c.Kernel(ctx, o.Kernel, say)
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "skerry-lab-")
	if err != nil {
		return 0, fail("cannot make a temporary directory", err.Error(), "set TMPDIR")
	}
	defer os.RemoveAll(dir)
	rd := dir + "/initramfs"
	if err := writeInitramfs(rd, o, k); err != nil {
		return 0, err
	}
	if o.Timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, o.Timeout)
		defer stop()
	}
	return boot(ctx, o, q, k, rd)
}

// Recent tells that the machine needs a QEMU of version 9 or later: for x2APIC, and for counting, because
// an older one that counts gives processors no turn after one that waits for them.
func (o *Options) Recent() bool { return o.APIC == "x2apic" || o.Accel == Counting }

func (o *Options) check() error {
	switch {
	case versions[o.Kernel] == nil:
		return fail("no such kernel", o.Kernel, "give one of "+strings.Join(Kernels(), ", "))
	case o.Smp < 1 || o.Smp > 64:
		return fail("bad number of processors", fmt.Sprint(o.Smp), "give 1 to 64; more than 8 are slow")
	case o.Mem < 128<<20 || o.Mem > 64<<30:
		return fail("bad memory size", fmt.Sprint(o.Mem>>20)+" MiB", "give 128M to 64G")
	case o.APIC != "xapic" && o.APIC != "x2apic":
		return fail("bad APIC mode", o.APIC, "give xapic or x2apic")
	case o.Accel != "tcg" && o.Accel != "tcg-single" && o.Accel != Counting && o.Accel != "kvm":
		return fail("bad accelerator", o.Accel, "give tcg, tcg-single, tcg-count or kvm")
	}
	return nil
}
