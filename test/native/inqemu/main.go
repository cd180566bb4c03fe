// Command inqemu runs a program on the native platform in QEMU, as skerry run does on this machine:
//
//	inqemu [-cpus N] [-mib N] [-image FILE] [-side FILE] -- PROGRAM [ARGUMENT]...
//
// It becomes the program's process (linuxside), so that pid, terminal, signals and status are the program's.
// A second process starts the machine and ends it when the program has ended; it is nobody's child, so
// that the program sees no child that it did not make. The differential tests run with it:
//
//	SKERRY_RUN="/path/to/inqemu -image ... -side ... --" go test ./test/diff
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
)

// below is what the machine has beside the enclave's memory, in MiB.
const below = 16

func main() {
	cpus := flag.Int("cpus", 1, "cores")
	mib := flag.Int("mib", 512, "the enclave's memory")
	here := filepath.Dir(os.Args[0])
	image := flag.String("image", filepath.Join(here, "skerry-lwk"), "the LWK's image")
	side := flag.String("side", filepath.Join(here, "linuxside"), "the program linuxside")
	minder := flag.Int("minder", 0, "")
	pvh := flag.String("pvh", "", "")
	memory := flag.String("memory", "", "")
	flag.Parse()
	var err error
	if *minder != 0 {
		err = mind(*minder, *cpus, *mib, *pvh, *memory)
	} else {
		err = run(*cpus, *mib, *image, *side, flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "inqemu:", err)
		os.Exit(125)
	}
}

func run(cpus, mib int, image, side string, args []string) error {
	dir := "/dev/shm"
	if _, err := os.Stat(dir); err != nil {
		dir = os.TempDir()
	}
	f, err := os.CreateTemp(dir, "skerry-machine-*")
	if err != nil {
		return err
	}
	if err := f.Truncate(int64(mib) << 20); err != nil {
		return err
	}
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	pvh := f.Name() + ".elf"
	// By way of a shell that ends at once, so that the minder is an orphan.
	sh := exec.Command("sh", "-c", `"$@" </dev/null >/dev/null & exec true`, "sh", self, "-minder", strconv.Itoa(os.Getpid()),
		"-cpus", strconv.Itoa(cpus), "-mib", strconv.Itoa(mib), "-pvh", pvh, "-memory", f.Name())
	sh.ExtraFiles = []*os.File{os.NewFile(uintptr(pipe[0]), "ready")}
	sh.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	sh.Stderr = os.Stderr
	if err := sh.Run(); err != nil {
		return err
	}
	if err := syscall.Dup3(int(f.Fd()), 3, 0); err != nil && int(f.Fd()) != 3 {
		return err
	}
	if err := syscall.Dup3(pipe[1], 4, 0); err != nil && pipe[1] != 4 {
		return err
	}
	for _, fd := range []int{3, 4} {
		if _, _, e := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_SETFD, 0); e != 0 {
			return e
		}
	}
	hole := 0
	if mib+below > 2048 {
		hole = 2048 << 20
	}
	return syscall.Exec(side, append([]string{side, "-image", image, "-pvh", pvh, "-cores", strconv.Itoa(cpus), "-hole", strconv.Itoa(hole), "--"},
		args...), os.Environ())
}

// mind starts the machine when the Linux side is ready, and ends it with the program.
func mind(pid, cpus, mib int, pvh, memory string) error {
	defer os.Remove(memory)
	defer os.Remove(pvh)
	pidfd, _, e := syscall.Syscall(434, uintptr(pid), 0, 0) // pidfd_open
	if e != 0 {
		return e
	}
	var b [1]byte
	if n, _ := syscall.Read(3, b[:]); n != 1 {
		return nil // it has said why
	}
	syscall.Close(3)
	args := []string{"-machine", "q35,max-ram-below-4g=2G", "-accel", accel(), "-cpu", "max",
		"-smp", strconv.Itoa(cpus), "-m", strconv.Itoa(mib+below) + "M",
		"-object", fmt.Sprintf("memory-backend-ram,id=low,size=%dM", below),
		"-object", fmt.Sprintf("memory-backend-file,id=enclave,size=%dM,share=on,mem-path=%s", mib, memory),
		"-numa", "node,memdev=low", "-numa", "node,memdev=enclave,cpus=0-" + strconv.Itoa(cpus-1),
		"-display", "none", "-nodefaults", "-no-reboot", "-kernel", pvh}
	var said bytes.Buffer
	m := exec.Command("qemu-system-x86_64", append(args, strings.Fields(os.Getenv("SKERRY_QEMU"))...)...)
	m.Stdout, m.Stderr = &said, &said
	if err := m.Start(); err != nil {
		syscall.Kill(pid, syscall.SIGKILL)
		return err
	}
	f, err := os.Open(memory)
	if err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() { m.Wait(); close(gone) }()
	set := [1]struct {
		fd            int32
		events, found int16
	}{{int32(pidfd), 1, 0}}
	for alive := true; alive; {
		select {
		case <-gone:
			fmt.Fprintf(os.Stderr, "inqemu: the machine ended: %s\n", said.Bytes())
			syscall.Kill(pid, syscall.SIGKILL)
			alive = false
		default:
			n, _, _ := syscall.Syscall(syscall.SYS_POLL, uintptr(unsafe.Pointer(&set)), 1, 50)
			if n == 1 {
				// Processes that it made may go on; the LWK parks with the last.
				alive = running(f)
				time.Sleep(20 * time.Millisecond)
			}
			if died(f, cpus) {
				syscall.Kill(pid, syscall.SIGKILL)
				alive = false
			}
		}
	}
	tellDeaths(f, cpus)
	m.Process.Kill()
	<-gone
	return nil
}

func view(f *os.File) []byte {
	st, err := f.Stat()
	if err != nil {
		return nil
	}
	mem, err := syscall.Mmap(int(f.Fd()), 0, int(st.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil
	}
	return mem
}

// running reports whether the LWK runs.
func running(f *os.File) bool {
	mem := view(f)
	if mem == nil {
		return false
	}
	defer syscall.Munmap(mem)
	return enclave.Core(mem, enclave.Boot(mem), 0).State == abi.CoreRunning
}

func died(f *os.File, cpus int) bool {
	mem := view(f)
	if mem == nil {
		return false
	}
	defer syscall.Munmap(mem)
	for i := range cpus {
		if enclave.Core(mem, enclave.Boot(mem), i).State == abi.CoreDead {
			return true
		}
	}
	return false
}

// tellDeaths says what cores died of.
func tellDeaths(f *os.File, cpus int) {
	mem := view(f)
	if mem == nil {
		return
	}
	defer syscall.Munmap(mem)
	b := enclave.Boot(mem)
	for i := range cpus {
		if e, ok := enclave.Epitaph(mem, b, i); ok {
			log, _ := enclave.ReadLog(mem, b, 0)
			fmt.Fprintf(os.Stderr, "inqemu: core %d: %s: vector %d, error %#x, rip %#x, cr2 %#x, rsp %#x\nregisters %#x\nstack %#x\n%s\n", e.Core, enclave.Line(&e),
				e.Vector, e.Error, e.RIP, e.CR2, e.RSP, e.Regs, e.Stack, log)
		}
	}
}

// accel is how QEMU emulates: processors at once, unless it counts instructions.
func accel() string {
	if strings.Contains(os.Getenv("SKERRY_QEMU"), "-icount") {
		return "tcg,thread=single"
	}
	return "tcg,thread=multi"
}
