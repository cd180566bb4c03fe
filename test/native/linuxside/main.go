// What the Go runtime would open for itself, the program would find open.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Command linuxside is the Linux side of an enclave that runs in QEMU alone: it fills the enclave's memory,
// which is a file, and then is the program's process (fwk/proxy). The kernel tests of the native platform
// start it, wait until it says that the machine may start, and get the program's output and status from it.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/proxy"
	"github.com/skerry-os/skerry/platform/native/load"
)

// lowest is the physical address of the enclave's memory, for a machine whose memory below is its own.
const lowest = 16 << 20

func init() { runtime.LockOSThread() }

func main() {
	if heir, ok := strings.CutPrefix(first(os.Environ()), memberVariable); ok {
		if err := join(heir); err != nil {
			syscall.Write(2, []byte("linuxside: "+err.Error()+"\n"))
			os.Exit(125)
		}
	}
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
	raw, err := readFile(image)
	if err != nil {
		return err
	}
	img, err := load.Open(bytes.NewReader(raw))
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
	aux, err := readFile("/proc/self/auxv")
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return fmt.Errorf("no program is named")
	}
	p, err := proxy.New(proxy.Config{FD: memoryFD, Boot: b, Verbose: verbose, Member: member})
	if err != nil {
		return err
	}
	b.Reserved = p.Reserved()
	physical := make([]uint64, b.Memory/abi.Granule)
	for i := range physical {
		physical[i] = lowest + uint64(i)*abi.Granule
		if hole != 0 && physical[i] >= hole {
			physical[i] += 1<<32 - hole
		}
	}
	if err := img.Load(mem, b, physical); err != nil {
		return err
	}
	path := args[0]
	if found, err := exec.LookPath(path); err == nil {
		path = found
	}
	prog := enclave.Program{Path: path, Args: args, Env: os.Environ(), PID: uint32(os.Getpid()), Verbose: verbose,
		Stack: 8 << 20, Aux: aux}
	if _, _, e := syscall.Syscall(318, uintptr(unsafe.Pointer(&prog.Random)), uintptr(len(prog.Random)), 0); e != 0 { // getrandom
		return e
	}
	copy(mem[b.Program.Off:b.Program.Off+b.Program.Len], prog.Append(nil))
	elf, err := load.PVH(mem, b)
	if err != nil {
		return err
	}
	fd, err := syscall.Open(pvh, syscall.O_CREAT|syscall.O_WRONLY|syscall.O_TRUNC|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	if _, err := syscall.Write(fd, elf); err != nil {
		return err
	}
	syscall.Close(fd)
	syscall.Munmap(mem)
	syscall.Write(readyFD, []byte{1})
	syscall.Close(readyFD)
	p.Serve()
	return nil
}

// readFile is os.ReadFile without the runtime's poller, whose descriptors the program would see.
func readFile(path string) ([]byte, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer syscall.Close(fd)
	var all []byte
	buf := make([]byte, 1<<20)
	for {
		n, err := syscall.Read(fd, buf)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if n == 0 {
			return all, nil
		}
		all = append(all, buf[:n]...)
	}
}
