// Package native tests the native platform in QEMU alone: the machine has no Linux inside. The Linux side
// of the enclave is a process of this machine (linuxside), over the machine's memory in a file that both
// have mapped.
package native

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
)

// below is what the machine has beside the enclave's memory, below it, in MiB: the firmware's.
const below = 16

// Config is a machine for an enclave, and what runs there.
type Config struct {
	Cores   int // 0: one
	MiB     int // of the enclave's memory; 0: 256
	Args    []string
	Env     []string // beside the test's own
	Stdin   io.Reader
	Options []string // more of QEMU's
	Verbose bool
	Dies    bool     // a core is meant to die
	Monitor []string // commands for QEMU's monitor, once core 0 runs the program
}

// Result is what came of it.
type Result struct {
	Out, Err []byte
	Status   syscall.WaitStatus
	Log      string        // the LWK's
	Epitaphs []abi.Epitaph // of cores that died
	States   []uint32      // of all cores at the end
	Machine  string        // what QEMU said
}

// Image is the path of the LWK's image: SKERRY_LWK, or bin/skerry-lwk of this tree.
func Image() string {
	if p := os.Getenv("SKERRY_LWK"); p != "" {
		return p
	}
	return filepath.Join("..", "..", "bin", "skerry-lwk")
}

// Need skips the test where there is no QEMU, or no image.
func Need(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		t.Skip("no qemu-system-x86_64 here: the kernel tests of the native platform are left out (Debian: qemu-system-x86)")
	}
	if _, err := os.Stat(Image()); err != nil {
		t.Skip("no LWK image here (make build makes it): ", err)
	}
}

// patience is how long a machine may run: far more than any test needs.
const patience = 2 * time.Minute

// Run runs a program on a new machine until it ends.
func Run(t testing.TB, c Config) *Result {
	t.Helper()
	r, err := run(t, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func run(t testing.TB, c Config) (*Result, error) {
	c.Cores, c.MiB = max(c.Cores, 1), max(c.MiB, 2*below)
	if c.MiB == 2*below {
		c.MiB = 256
	}
	f, err := os.CreateTemp(sharedMemory(t), "skerry-machine-*")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	defer os.Remove(f.Name())
	if err := f.Truncate(int64(c.MiB) << 20); err != nil {
		return nil, err
	}
	pvh := filepath.Join(t.TempDir(), "boot.elf")
	total := c.MiB + below
	hole := 0
	if total > 2048 {
		hole = 2048 << 20 // where a q35 machine's memory goes on at 4 GiB
	}
	ready, tell, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer ready.Close()
	image, err := filepath.Abs(Image())
	if err != nil {
		return nil, err
	}
	side := exec.Command(linuxside(t), append([]string{"-image", image, "-pvh", pvh, "-cores", strconv.Itoa(c.Cores),
		"-hole", strconv.Itoa(hole), "-verbose=" + strconv.FormatBool(c.Verbose), "--"}, c.Args...)...)
	var out, errs, said bytes.Buffer
	side.Stdin, side.Stdout, side.Stderr = c.Stdin, &out, &errs
	side.Env = append(os.Environ(), c.Env...)
	side.ExtraFiles = []*os.File{f, tell}
	side.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	side.WaitDelay = time.Second
	err = side.Start()
	tell.Close()
	if err != nil {
		return nil, err
	}
	var b [1]byte
	if _, err := ready.Read(b[:]); err != nil {
		side.Wait()
		return nil, fmt.Errorf("the Linux side ended (%v): %s", side.ProcessState, errs.Bytes())
	}
	args := []string{"-machine", "q35,max-ram-below-4g=2G", "-accel", accel(), "-cpu", "max",
		"-smp", strconv.Itoa(c.Cores), "-m", strconv.Itoa(total) + "M",
		"-object", fmt.Sprintf("memory-backend-ram,id=low,size=%dM", below),
		"-object", fmt.Sprintf("memory-backend-file,id=enclave,size=%dM,share=on,mem-path=%s", c.MiB, f.Name()),
		"-numa", "node,memdev=low", "-numa", "node,memdev=enclave,cpus=0-" + strconv.Itoa(c.Cores-1),
		"-display", "none", "-nodefaults", "-no-reboot", "-monitor", "stdio", "-kernel", pvh}
	args = append(args, c.Options...)
	machine := exec.Command("qemu-system-x86_64", append(args, strings.Fields(os.Getenv("SKERRY_QEMU"))...)...)
	machine.Stdout, machine.Stderr = &said, &said
	monitor, err := machine.StdinPipe()
	if err != nil {
		return nil, err
	}
	machine.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := machine.Start(); err != nil {
		side.Process.Kill()
		side.Wait()
		return nil, err
	}
	if len(c.Monitor) > 0 {
		go func() {
			waitRunning(f)
			for _, line := range c.Monitor {
				fmt.Fprintln(monitor, line)
				time.Sleep(20 * time.Millisecond)
			}
		}()
	}
	ended := make(chan struct{}, 2)
	go func() { side.Wait(); ended <- struct{}{} }()
	gone := make(chan struct{})
	go func() { machine.Wait(); close(gone) }()
	failure := ""
	select {
	case <-ended:
		waitParked(f) // processes that the first one made may go on
	case <-gone:
		failure = "the machine ended before the program"
		select { // its last words may still be on their way
		case <-ended:
			failure = ""
		case <-time.After(3 * time.Second):
		}
	case <-time.After(patience):
		failure = "the program did not end"
	case <-dead(f, c.Cores):
		failure = "a core died"
	}
	machine.Process.Kill()
	<-gone
	if failure != "" {
		side.Process.Kill()
		<-ended
	}
	r := &Result{Out: out.Bytes(), Err: errs.Bytes(), Machine: said.String()}
	r.Status, _ = side.ProcessState.Sys().(syscall.WaitStatus)
	if err := r.look(f, c); err != nil {
		return nil, err
	}
	if failure != "" && !(c.Dies && len(r.Epitaphs) > 0) {
		return nil, fmt.Errorf("%s: states %v\nlog: %s\nstandard error: %s\noutput: %s\nQEMU: %s\n%s", failure, r.States, r.Log, r.Err, r.Out, r.Machine, r.describe())
	}
	return r, nil
}

// describe tells of cores that died.
func (r *Result) describe() string {
	s := ""
	for i := range r.Epitaphs {
		e := &r.Epitaphs[i]
		s += fmt.Sprintf("core %d: %s: vector %d, error %#x, rip %#x, cr2 %#x, rsp %#x\nregisters %#x\nstack %#x\n", e.Core, enclave.Line(e), e.Vector, e.Error,
			e.RIP, e.CR2, e.RSP, e.Regs, e.Stack)
	}
	return s
}

// look reads what the enclave's memory says in the end.
func (r *Result) look(f *os.File, c Config) error {
	mem, err := syscall.Mmap(int(f.Fd()), 0, c.MiB<<20, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	defer syscall.Munmap(mem)
	b := enclave.Boot(mem)
	if err := enclave.Check(b, uint64(len(mem))); err != nil {
		return err
	}
	log, _ := enclave.ReadLog(mem, b, 0)
	r.Log = string(log)
	for i := range c.Cores {
		r.States = append(r.States, enclave.Core(mem, b, i).State)
		if e, ok := enclave.Epitaph(mem, b, i); ok {
			r.Epitaphs = append(r.Epitaphs, e)
		}
	}
	return nil
}

// view maps the enclave's memory; nil if that is not possible.
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

// waitRunning waits, for a while, until core 0 runs the program.
func waitRunning(f *os.File) {
	mem := view(f)
	if mem == nil {
		return
	}
	defer syscall.Munmap(mem)
	for range patience / (5 * time.Millisecond) {
		if enclave.Core(mem, enclave.Boot(mem), 0).State == abi.CoreRunning {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// waitParked waits, for a while, until the LWK has nothing left to run.
func waitParked(f *os.File) {
	mem := view(f)
	if mem == nil {
		return
	}
	defer syscall.Munmap(mem)
	for range patience / (5 * time.Millisecond) {
		if enclave.Core(mem, enclave.Boot(mem), 0).State != abi.CoreRunning {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// dead tells when a core has died.
func dead(f *os.File, cores int) <-chan struct{} {
	c := make(chan struct{})
	mem := view(f)
	if mem == nil {
		return c
	}
	go func() {
		defer syscall.Munmap(mem)
		for range patience / (10 * time.Millisecond) {
			b := enclave.Boot(mem)
			for i := range cores {
				if b.Cores.Off != 0 && enclave.Core(mem, b, i).State == abi.CoreDead {
					close(c)
					return
				}
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return c
}

var sidePath string

// linuxside builds the Linux side once.
func linuxside(t testing.TB) string {
	if sidePath != "" {
		return sidePath
	}
	dir, err := os.MkdirTemp("", "skerry-native-*")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "linuxside")
	cmd := exec.Command("go", "build", "-ldflags=-T 0x70000000", "-o", path, "./linuxside")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sidePath = path
	return path
}

// sharedMemory is a directory of memory, if there is one.
func sharedMemory(t testing.TB) string {
	if st, err := os.Stat("/dev/shm"); err == nil && st.IsDir() {
		return "/dev/shm"
	}
	return t.TempDir()
}

// accel is how QEMU emulates: processors at once, unless it counts instructions.
func accel() string {
	if strings.Contains(os.Getenv("SKERRY_QEMU"), "-icount") {
		return "tcg,thread=single"
	}
	return "tcg,thread=multi"
}
