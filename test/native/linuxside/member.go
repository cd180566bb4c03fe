package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/proxy"
)

// Processes of the program beyond the first, and what becomes of one by an execve: this program again, which
// finds what it has to know in the first variable of its environment.
const memberVariable = "SKERRY_MEMBER="

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func member(h *proxy.Heir, next *enclave.Program) (string, []string, []string) {
	argv, env := os.Args, os.Environ()
	value := h.String() + ";"
	if next != nil {
		argv, env = next.Args, next.Env
		value += fmt.Sprintf("%d %d %s", next.Mask, next.Ignored, next.Path)
	} else if strings.HasPrefix(first(env), memberVariable) {
		env = env[1:]
	}
	return "/proc/self/exe", argv, append([]string{memberVariable + value}, env...)
}

// join makes this process one of a running enclave. It returns only on failure.
func join(value string) error {
	heir, program, _ := strings.Cut(value, ";")
	h, err := proxy.ParseHeir(heir)
	if err != nil {
		return err
	}
	whole, err := enclave.Layout(int(h.CoresOf), h.MemoryOf, h.ImageOf)
	if err != nil {
		return err
	}
	b := enclave.Member(whole, h.Instance, h.Home)
	p, err := proxy.New(proxy.Config{FD: h.FD, Boot: &b, Heir: h, Member: member})
	if err != nil {
		return err
	}
	if h.Exec {
		next := enclave.Program{Args: os.Args, Env: os.Environ()[1:], PID: uint32(os.Getpid()), Stack: 8 << 20}
		mask, rest, _ := strings.Cut(program, " ")
		ignored, path, _ := strings.Cut(rest, " ")
		fmt.Sscan(mask, &next.Mask)
		fmt.Sscan(ignored, &next.Ignored)
		next.Path = path
		if next.Aux, err = readFile("/proc/self/auxv"); err != nil {
			return err
		}
		if _, _, e := syscall.Syscall(318, uintptr(unsafe.Pointer(&next.Random)), uintptr(len(next.Random)), 0); e != 0 { // getrandom
			return e
		}
		if err := p.Give(&next); err != nil {
			return err
		}
	}
	p.Serve()
	return nil
}
