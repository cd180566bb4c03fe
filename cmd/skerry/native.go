package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi/enclave"
	registry "github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/fwk/launch"
	"github.com/skerry-os/skerry/fwk/node"
	"github.com/skerry-os/skerry/fwk/plan"
	"github.com/skerry-os/skerry/fwk/proxy"
	"github.com/skerry-os/skerry/platform/process"
)

// reserved reports whether there are CPUs for native enclaves that this user may have. It is asked at
// every start without --platform, so it is a look at one file.
func reserved() bool {
	if os.Geteuid() != 0 {
		return false
	}
	s, err := node.Here().State()
	return err == nil && s != nil && s.Phase == node.Reserved
}

// bootNative makes this process a native enclave's program, as far as Linux knows. It returns only when
// it could not. Until the program runs, nothing may stay open that New of the proxy is not told of.
func bootNative(p *plan.Plan, given *process.Initial) error {
	process.Ordinary()
	if p.Stats || p.Trace != "" || p.Strace != "" {
		return plan.Failure("not available on the native platform yet", "--stats, --trace and --strace", "leave them out, or use --platform process")
	}
	if p.Cwd != "" {
		if err := os.Chdir(p.Cwd); err != nil {
			return plan.Failure("cannot enter the directory", p.Cwd, err.Error())
		}
	}
	image, err := launch.FindImage()
	if err != nil {
		return plan.Failure(err.Error(), "", "")
	}
	e, err := launch.Take(launch.Config{Node: node.Here(), Image: image, LinuxCPUs: p.ProxyCPUs,
		PollLWK: poll("lwk"), PollLinux: poll("linux"),
		Ask: node.Ask{Name: enclaveName(p), Program: strings.Join(p.Args, " "), CPUs: p.Native.CPUs, Cores: p.Native.Cores,
			Memory: p.Mem, Runner: node.ProcessOf(os.Getpid())}})
	if err != nil {
		return plan.Failure(err.Error(), "", "")
	}
	if p.Verbose {
		set := e.Claim.Set()
		fmt.Fprintf(os.Stderr, "skerry: enclave %s on CPUs %s (%s), %s of memory\n", e.Claim.Name, set.String(), e.Claim.Mode, plan.FormatSize(e.Claim.Memory))
	}
	board, err := registry.Register(&registry.Entry{Name: e.Claim.Name, Platform: "native", Program: p.Path, PID: os.Getpid(),
		CPUs: setList(e), Linux: p.ProxyCPUs, Mem: e.Claim.Memory})
	if err != nil && p.Verbose {
		fmt.Fprintf(os.Stderr, "skerry: `skerry ps` will not show this enclave: %v\n", err)
	}
	if err := serve(p, given, e, board); err != nil {
		if board != nil {
			board.Leave(uint32(os.Getpid()))
		}
		if undo := e.Drop(); undo != nil {
			err = fmt.Errorf("%w; and the enclave could not be ended: %w", err, undo)
		}
		return plan.Failure(err.Error(), "", "")
	}
	return nil
}

// serve starts the cores and becomes the program's proxy.
func serve(p *plan.Plan, given *process.Initial, e *launch.Enclave, board *registry.Board) error {
	c := proxy.Config{FD: e.FD, Boot: e.Boot, Private: e.Descriptors(), Ring: e.Ring, Verbose: p.Verbose,
		Member: func(h *proxy.Heir, next *enclave.Program) (string, []string, []string) {
			return heir(p, e, given, h, next)
		},
		Exec: func(next *enclave.Program) error { return executeNative(p, e, next) },
		// The keeper would do it, too, a little later: whoever starts an enclave next need not wait.
		Ended: func() {
			if board != nil {
				board.Leave(uint32(os.Getpid()))
			}
			_ = e.End()
		},
	}
	if e.Waits() {
		c.Wait = e.Wait
	}
	px, err := proxy.New(c)
	if err != nil {
		return err
	}
	e.Boot.Reserved = px.Reserved()
	program := &enclave.Program{Path: p.Path, Args: p.Args, Env: p.Env, PID: uint32(os.Getpid()), Verbose: p.Verbose, Limit: p.Mem,
		Ignored: given.Ignored, Mask: given.Mask, Stack: stackLimit(), Aux: given.Aux}
	if len(p.Args) > 0 && strings.ContainsRune(p.Args[0], '/') {
		program.Path = p.Args[0] // as it was typed: what a script, and AT_EXECFN, get to see
	}
	program.Random = (&process.Platform{}).Random() // package crypto/rand starts a timer, and that the runtime's poller
	if err := e.Load(program); err != nil {
		return err
	}
	if err := e.Start(); err != nil {
		return err
	}
	e.Enter(0)
	(&process.Platform{}).Restore() // limits and descriptors as they were given to us
	go func() { px.Fail(e.Lost()) }()
	px.Serve()
	return nil
}

func setList(e *launch.Enclave) []int {
	set := e.Claim.Set()
	return set.List()
}

// poll reports whether SKERRY_POLL names a side whose doorbell is not to be used: "lwk", "linux", or
// both. It is for measuring.
func poll(side string) bool {
	v, _ := syscall.Getenv("SKERRY_POLL")
	return strings.Contains(v, side)
}

// enclaveName makes a name from the program's and the process's number.
func enclaveName(p *plan.Plan) string {
	switch {
	case p.Native.Name != "":
		return p.Native.Name
	case p.Native.Asked != "":
		return p.Native.Asked
	}
	base := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, filepath.Base(p.Path))
	return fmt.Sprintf("e%.40s-%d", strings.TrimLeft(base, "-_"), os.Getpid())[1:]
}

// executeNative replaces the program: this process executes skerry again, which claims the enclave anew.
// It returns only on failure.
func executeNative(p *plan.Plan, e *launch.Enclave, next *enclave.Program) error {
	in := plan.Inherited{Plan: *p, Mask: next.Mask, Ignored: next.Ignored}
	in.Path = next.Path
	in.Native = &plan.Native{Name: e.Claim.Name, CPUs: e.Claim.Set()}
	in.Mem = e.Claim.Memory
	return unix.Exec("/proc/self/exe", next.Args, append([]string{in.Variable()}, next.Env...))
}
