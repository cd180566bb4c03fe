// Command linuxside is the Linux side of an enclave that runs in QEMU alone: it fills the enclave's memory,
// which is a file, and then is the program's process (fwk/proxy). The kernel tests of the native platform
// start it, wait until it says that the machine may start, and get the program's output and status from it.
package main

import (
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/proxy"
	"github.com/skerry-os/skerry/platform/native/load"
)

// first is the physical address of the enclave's memory, for a machine whose memory below is its own.
const first = 16 << 20

func init() { runtime.LockOSThread() }

func main() {
	image := flag.String("image", "", "the LWK's image")
	pvh := flag.String("pvh", "", "where to write what QEMU is to boot")
	cores := flag.Int("cores", 1, "cores")
	hole := flag.Uint64("hole", 0, "physical address of the end of memory below 4 GiB")
	verbose := flag.Bool("verbose", false, "say what is refused")
	flag.Parse()
	if err := run(*image, *pvh, *cores, *hole, *verbose, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "linuxside:", err)
		os.Exit(125)
	}
}

// Descriptors that the test gives: the enclave's memory, and where to say that the machine may start.
const memoryFD, readyFD = 3, 4

func run(image, pvh string, cores int, hole uint64, verbose bool, args []string) error {
	var st syscall.Stat_t
	if err := syscall.Fstat(memoryFD, &st); err != nil {
		return err
	}
	mem, err := syscall.Mmap(memoryFD, 0, int(st.Size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	f, err := os.Open(image)
	if err != nil {
		return err
	}
	img, err := load.Open(f)
	f.Close()
	if err != nil {
		return err
	}
	b, err := enclave.Layout(cores, uint64(st.Size), img.Size())
	if err != nil {
		return err
	}
	b.LAPICkHz = 1000000 // QEMU's
	for i := range cores {
		b.APIC[i], b.CPU[i] = uint32(i), uint32(i)
	}
	aux, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		return err
	}
	p, err := proxy.New(proxy.Config{FD: memoryFD, Boot: b, Verbose: verbose})
	if err != nil {
		return err
	}
	b.Reserved = p.Reserved()
	physical := make([]uint64, b.Memory/abi.Granule)
	for i := range physical {
		physical[i] = first + uint64(i)*abi.Granule
		if hole != 0 && physical[i] >= hole {
			physical[i] += 1<<32 - hole
		}
	}
	if err := img.Load(mem, b, physical); err != nil {
		return err
	}
	prog := enclave.Program{Path: args[0], Args: args, Env: os.Environ(), PID: uint32(os.Getpid()), Verbose: verbose,
		Stack: 8 << 20, Aux: aux}
	rand.Read(prog.Random[:])
	copy(mem[b.Program.Off:b.Program.Off+b.Program.Len], prog.Append(nil))
	elf, err := load.PVH(mem, b)
	if err != nil {
		return err
	}
	if err := os.WriteFile(pvh, elf, 0o600); err != nil {
		return err
	}
	syscall.Munmap(mem)
	syscall.Write(readyFD, []byte{1})
	syscall.Close(readyFD)
	p.Serve()
	return nil
}
