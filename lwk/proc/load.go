// Package proc starts programs: it finds out what an executable file is, maps it and its interpreter
// into an address space, and makes the first stack. ELF itself is package image, signals are package
// signal.
package proc

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/mem"
	"github.com/skerry-os/skerry/lwk/proc/image"
)

// Program is what to start.
type Program struct {
	Path      string // of the executable or script; what Linux would resolve
	Args, Env []string
	Aux       image.HostAux
	Random    [16]byte
	Checked   bool   // Check has been asked, by the program before
	Stack     uint64 // RLIMIT_STACK, bytes; 0 or unlimited: 8 MiB
}

// Loaded is a program in memory, ready to run.
type Loaded struct {
	Entry, SP uint64
	Exe       string // absolute path of the ELF file (of a script: its interpreter)
	Dynamic   bool
	Layout    image.Layout
}

const (
	mapPrivate   = 0x02
	mapFixed     = 0x10
	mapAnon      = 0x20
	mapNoReserve = 0x4000
	mapStack     = 0x20000
	mapNoReplace = 0x100000

	pieBase     = 0x555555554000 // where Linux puts them without randomization
	maxScripts  = 5
	stackAlways = 8 << 20
	stackGap    = 1 << 20 // below the stack: Linux's stack_guard_gap
)

// Load maps the program. Errors wrap the errno that execve(2) would give, and say what is wrong with
// which file. It allocates; on failure the address space may hold parts of the program.
func Load(linux hal.Caller, space *mem.Space, user hal.User, p Program) (*Loaded, error) {
	path, args, f, img, err := resolve(linux, p.Path, p.Args, p.Checked)
	if err != nil {
		return nil, err
	}
	defer f.close()
	exe, err := absolute(linux, path)
	if err != nil {
		return nil, err
	}
	bias, err := mapImage(space, user, f, img, pieBase)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	l := &Loaded{Entry: bias + img.Entry, Exe: exe}
	interpBase := uint64(0)
	if img.Interp != "" {
		l.Dynamic = true
		if l.Entry, interpBase, err = loadInterp(linux, space, user, img.Interp, path, p.Checked); err != nil {
			return nil, err
		}
	}
	e := space.SetBrk(uintptr(brkStart(img, bias)))
	if e == syscall.EEXIST {
		e = space.SetBrk(0) // something of this process is there already
	}
	if e != 0 {
		return nil, fmt.Errorf("%s: no room for the heap: %w", path, e)
	}
	size := p.Stack
	if size == 0 || size > 1<<30 {
		size = stackAlways
	}
	size = (max(size, 256<<10) + 4095) &^ 4095
	prot := int32(3)
	if img.ExecStack {
		prot = 7
	}
	base, e := space.Mmap(0, uintptr(stackGap+size), prot, mapPrivate|mapAnon|mapNoReserve|mapStack, -1, 0)
	if e == 0 {
		e = space.Munmap(base, stackGap)
	}
	if e != 0 {
		return nil, fmt.Errorf("%s: stack of %d KiB: %w", path, size>>10, e)
	}
	space.Guard(base, base+stackGap)
	top := uint64(base) + stackGap + size
	bytes, sp, err := image.Stack(image.StackConfig{Top: top, Limit: size, Args: args, Env: p.Env,
		ExecFn: path, Aux: image.Aux(img, bias, interpBase, p.Aux), Random: p.Random})
	if err != nil {
		return nil, err
	}
	if e := user.CopyOut(uintptr(sp), bytes); e != 0 {
		return nil, fmt.Errorf("%s: stack: %w", path, e)
	}
	l.SP = sp
	l.Layout = image.Describe(img, bias, uint64(base)+stackGap, top, sp, bytes)
	return l, nil
}

// Check reports what execve(2) would find wrong with a file, without loading it.
func Check(linux hal.Caller, path string) error {
	_, _, f, img, err := resolve(linux, path, nil, false)
	if err != nil {
		return err
	}
	f.close()
	if img.Interp == "" {
		return nil
	}
	g, err := openExecutable(linux, img.Interp, false)
	if err != nil {
		return err
	}
	defer g.close()
	_, err = image.ParseInterp(img.Interp, &g.first, g, g.size)
	return err
}

// resolve follows #! lines to an ELF file, which it leaves open.
func resolve(linux hal.Caller, path string, args []string, asked bool) (string, []string, *file, *image.Image, error) {
	for range maxScripts {
		f, err := openExecutable(linux, path, asked)
		if err != nil {
			return "", nil, nil, nil, err
		}
		var head [256]byte
		n, err := f.ReadAt(head[:], 0)
		if err != nil && n == 0 && !errors.Is(err, io.EOF) {
			f.close()
			return "", nil, nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		interp, arg, script, err := image.Script(head[:n])
		if err == nil && !script {
			img, err := image.ParseIn(&f.first, f, f.size)
			if err != nil {
				f.close()
				return "", nil, nil, nil, image.AtPath(err, path)
			}
			return path, args, f, img, nil
		}
		f.close()
		if err != nil {
			return "", nil, nil, nil, image.AtPath(err, path)
		}
		next := []string{interp}
		if arg != "" {
			next = append(next, arg)
		}
		next = append(next, path)
		if len(args) > 1 {
			next = append(next, args[1:]...)
		}
		path, args = interp, next
	}
	return "", nil, nil, nil, &image.Error{Errno: syscall.ELOOP, Path: path, Reason: "too many interpreters of interpreters"}
}

func loadInterp(linux hal.Caller, space *mem.Space, user hal.User, interp, program string, asked bool) (entry, base uint64, err error) {
	f, err := openExecutable(linux, interp, asked)
	if err != nil {
		return 0, 0, fmt.Errorf("interpreter of %s: %w; install the package that has it", program, err)
	}
	defer f.close()
	img, err := image.ParseInterp(interp, &f.first, f, f.size)
	if err != nil {
		return 0, 0, err
	}
	bias, err := mapImage(space, user, f, img, 0)
	if err != nil {
		return 0, 0, fmt.Errorf("interpreter %s of %s: %w", interp, program, err)
	}
	return bias + img.Entry, bias, nil
}

// mapImage maps an image's segments and returns what to add to its addresses. prefer is where a
// position-independent one goes if it is free there.
func mapImage(space *mem.Space, user hal.User, f *file, img *image.Image, prefer uint64) (uint64, error) {
	span := uintptr(img.High - img.Low)
	want, flags := uintptr(prefer), int32(mapPrivate|mapAnon|mapNoReserve)
	if !img.PIE {
		want, flags = uintptr(img.Low), flags|mapNoReplace
	}
	extra := uintptr(0)
	if img.PIE && img.Align > 4096 {
		extra = uintptr(img.Align)
	}
	at, e := space.Mmap(want, span+extra, 0, flags, -1, 0)
	if e != 0 {
		return 0, fmt.Errorf("no room for its image of %d KiB at %#x (the LWK itself is at 0x70000000): %w", span>>10, want, e)
	}
	if extra != 0 {
		aligned := (at + extra - 1) &^ (extra - 1)
		if aligned > at {
			space.Munmap(at, aligned-at)
		}
		if end := at + span + extra; end > aligned+span {
			space.Munmap(aligned+span, end-aligned-span)
		}
		at = aligned
	}
	bias := uint64(at) - img.Low
	for i := range img.Segments {
		if err := mapSegment(space, user, f, &img.Segments[i], bias); err != nil {
			return 0, err
		}
	}
	return bias, nil
}

func mapSegment(space *mem.Space, user hal.User, f *file, g *image.Segment, bias uint64) error {
	if g.MapLen != 0 {
		a := uintptr(bias + g.MapAddr)
		if _, e := space.Mmap(a, uintptr(g.MapLen), g.Prot, mapPrivate|mapFixed, int32(f.fd), int64(g.MapOff)); e != 0 {
			return fmt.Errorf("mapping %d KiB at %#x: %w", g.MapLen>>10, a, e)
		}
		space.Identify(a, f.dev, f.ino, space.Intern(f.path))
	}
	if g.AnonLen != 0 {
		a := uintptr(bias + g.AnonAddr)
		if _, e := space.Mmap(a, uintptr(g.AnonLen), g.AnonProt(), mapPrivate|mapAnon|mapFixed, -1, 0); e != 0 {
			return fmt.Errorf("mapping %d KiB of zeros at %#x: %w", g.AnonLen>>10, a, e)
		}
	}
	if g.ZeroLen != 0 {
		if e := user.Zero(uintptr(bias+g.ZeroAddr), uintptr(g.ZeroLen)); e != 0 {
			return fmt.Errorf("clearing %d bytes at %#x: %w", g.ZeroLen, bias+g.ZeroAddr, e)
		}
	}
	return nil
}

// brkStart is where the heap would begin: after the image, or, as for Linux with a loader run by
// hand, anywhere.
func brkStart(img *image.Image, bias uint64) uint64 {
	if img.PIE {
		return 0
	}
	return (bias + img.High + 4095) &^ 4095
}
