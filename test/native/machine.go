// Package native tests the native platform in QEMU alone: no Linux inside, the test is the Linux side of
// the enclave, over the machine's memory in a file that both have mapped.
package native

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/platform/native/load"
)

// first is where the enclave begins in the machine's memory: what is below is the firmware's.
const first = 16 << 20

// Config is a machine for an enclave.
type Config struct {
	Cores   int
	Memory  uint64 // the enclave's, bytes; at most 1 GiB more than fits below 3 GiB is not supported here
	Program enclave.Program
	Options []string // more of QEMU's
}

// Machine is a running enclave in QEMU.
type Machine struct {
	Mem  []byte // the enclave's
	Boot *abi.Boot
	File *os.File // the machine's memory; the enclave begins at first
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan error
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
		t.Skip("no LWK image: make build makes it: ", err)
	}
}

// Start prepares an enclave and starts its machine.
func Start(t testing.TB, c Config) *Machine {
	t.Helper()
	m, err := start(t, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Stop)
	return m
}

func start(t testing.TB, c Config) (*Machine, error) {
	f, err := os.CreateTemp(sharedMemory(t), "skerry-machine-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	size := first + c.Memory
	if err := f.Truncate(int64(size)); err != nil {
		return nil, err
	}
	mem, err := syscall.Mmap(int(f.Fd()), first, int(c.Memory), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(Image())
	if err != nil {
		return nil, err
	}
	defer file.Close()
	img, err := load.Open(file)
	if err != nil {
		return nil, err
	}
	b, err := enclave.Layout(c.Cores, c.Memory, img.Size())
	if err != nil {
		return nil, err
	}
	b.LAPICkHz = 1000000 // QEMU's
	for i := range c.Cores {
		b.APIC[i], b.CPU[i] = uint32(i), uint32(i)
	}
	physical := make([]uint64, c.Memory/abi.Granule)
	for i := range physical {
		physical[i] = first + uint64(i)*abi.Granule
		if physical[i] >= lowMemory {
			physical[i] += 1<<32 - lowMemory
		}
	}
	if err := img.Load(mem, b, physical); err != nil {
		return nil, err
	}
	copy(mem[b.Program.Off:], c.Program.Append(nil))
	pvh, err := load.PVH(mem, b)
	if err != nil {
		return nil, err
	}
	kernel := filepath.Join(t.TempDir(), "boot.elf")
	if err := os.WriteFile(kernel, pvh, 0o600); err != nil {
		return nil, err
	}
	m := &Machine{Mem: mem, Boot: b, File: f, done: make(chan error, 1)}
	bytesOf := strconv.FormatUint(size>>20, 10) + "M"
	m.cmd = exec.Command("qemu-system-x86_64", append([]string{"-machine", "q35,memory-backend=ram", "-accel", "tcg,thread=multi",
		"-cpu", "max", "-smp", strconv.Itoa(c.Cores), "-m", bytesOf,
		"-object", "memory-backend-file,id=ram,size=" + bytesOf + ",share=on,mem-path=" + f.Name(),
		"-display", "none", "-nodefaults", "-no-reboot", "-kernel", kernel}, append(c.Options, strings.Fields(os.Getenv("SKERRY_QEMU"))...)...)...)
	m.cmd.Stdout, m.cmd.Stderr = &m.out, &m.out
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { m.done <- m.cmd.Wait() }()
	// QEMU has the file open once its memory is there; until then the name must stay.
	for range 500 {
		if fd, _ := os.Readlink(fmt.Sprintf("/proc/%d/maps", m.cmd.Process.Pid)); fd != "" {
			break
		}
		if maps, _ := os.ReadFile(fmt.Sprintf("/proc/%d/maps", m.cmd.Process.Pid)); bytes.Contains(maps, []byte(f.Name())) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return m, nil
}

// lowMemory is where a q35 machine's memory has its hole, with more than 2.75 GiB.
const lowMemory = 2 << 30

// sharedMemory is a directory of memory, if there is one.
func sharedMemory(t testing.TB) string {
	if st, err := os.Stat("/dev/shm"); err == nil && st.IsDir() {
		return "/dev/shm"
	}
	return t.TempDir()
}

// Wait waits until core i is in one of the states, or the machine has ended, or a minute has passed.
func (m *Machine) Wait(i int, states ...uint32) error {
	end := time.Now().Add(time.Minute)
	for {
		s := atomic.LoadUint32(&enclave.Core(m.Mem, m.Boot, i).State)
		for _, want := range states {
			if s == want {
				return nil
			}
		}
		select {
		case err := <-m.done:
			m.done <- err
			return fmt.Errorf("the machine ended (%v) with core %d in state %d:\n%s", err, i, s, m.out.Bytes())
		case <-time.After(2 * time.Millisecond):
		}
		if time.Now().After(end) {
			return fmt.Errorf("core %d stays in state %d:\n%s\n%s", i, s, m.Log(), m.out.Bytes())
		}
	}
}

// Log is the LWK's log.
func (m *Machine) Log() string {
	text, _ := enclave.ReadLog(m.Mem, m.Boot, 0)
	return string(text)
}

// Stop ends the machine.
func (m *Machine) Stop() {
	if m.cmd == nil {
		return
	}
	m.cmd.Process.Kill()
	<-m.done
	m.cmd = nil
	syscall.Munmap(m.Mem)
	m.File.Close()
}
