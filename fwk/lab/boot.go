package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/tsc"
)

// fast are words of the kernel's command line that shorten the boot of an emulated machine: no memory
// layout at random, no code against processor leaks that an emulated one does not have, no self-tests,
// and the time stamp counter taken as it is.
const fast = "quiet panic=-1 tsc=reliable nokaslr mitigations=off cryptomgr.notests no_timer_check"

// arguments is QEMU's command line.
func arguments(o *Options, q *QEMU, k *Kernel, rd string) []string {
	words := []string{"console=ttyS0", fast, inside + "=1", "TERM=" + term()}
	if o.APIC == "xapic" && versions[o.Kernel].xapic != "" {
		words = append(words, versions[o.Kernel].xapic)
	}
	if o.Accel == Counting {
		words = append(words, "tsc_early_khz=1000000")
	} else if khz, err := tsc.KHz(); err == nil {
		// The machine counts as this one does, but on a busy host Linux there measures nonsense.
		words = append(words, "tsc_early_khz="+strconv.FormatUint(khz, 10))
	}
	if o.Append != "" {
		words = append(words, o.Append)
	}
	accel, cpu, more := o.Accel, "max", []string(nil)
	switch accel {
	case "tcg":
		accel = "tcg,thread=multi"
	case "tcg-single":
		accel = "tcg,thread=single"
	case Counting:
		accel = "tcg,thread=single"
		more = []string{"-icount", fmt.Sprintf("shift=%d,sleep=off", instructionShift)}
		// A repeated store counts once for each element: let all kernels use large ones. With five levels of
		// page tables Linux 6.1 does not get through its start when QEMU counts.
		cpu = "max,-erms,-la57"
	}
	args := append(append([]string{}, q.Args...),
		"-machine", "q35,kernel-irqchip=split", "-cpu", cpu, "-accel", accel,
		"-smp", strconv.Itoa(o.Smp), "-m", strconv.FormatUint(o.Mem>>20, 10)+"M",
		"-display", "none", "-nodefaults", "-no-user-config", "-no-reboot",
		"-chardev", "file,id=log,path=/dev/fd/3", "-serial", "chardev:log",
		"-chardev", "stdio,id=lab,signal=off", "-serial", "chardev:lab",
		"-kernel", k.Image, "-initrd", rd, "-append", strings.Join(words, " "))
	args = append(args, more...)
	if o.APIC == "x2apic" {
		// Linux takes x2APIC only where interrupts are remapped.
		args = append(args, "-device", "intel-iommu,intremap=on,eim=on")
	}
	return args
}

// Counting is the accelerator whose clock counts instructions: each one that any of the processors
// executes is InstructionTime, and while all of them halt, time jumps to the next timer. Its processors take
// turns, so a run is much the same each time, and times are a matter of code, not of the host.
const Counting = "tcg-count"

// InstructionTime is what an instruction takes when Counting, in nanoseconds: a power of two. A smaller one
// makes every wait of Linux's start cost the emulator more work.
const InstructionTime = 1 << instructionShift

const instructionShift = 2

func term() string {
	if t := os.Getenv("TERM"); t != "" && !strings.ContainsAny(t, " \t\"") {
		return t
	}
	return "linux"
}

// boot starts QEMU and stays with it until the command has ended.
func boot(ctx context.Context, o *Options, q *QEMU, k *Kernel, rd string) (int, error) {
	// A child is killed when the thread that made it ends (PR_SET_PDEATHSIG), so this goroutine keeps
	// its thread until QEMU is gone. Its end is then every end of ours, SIGKILL included.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	logR, logW, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer logR.Close()
	cmd := exec.Command(q.Path, arguments(o, q, k, rd)...)
	cmd.Env = append(os.Environ(), q.Env...)
	cmd.ExtraFiles = []*os.File{logW}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	var said tail
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	err = cmd.Start()
	logW.Close()
	if err != nil {
		return 0, fail("cannot start QEMU", err.Error(), "remove the lab's cache, and try again")
	}
	kill := func() { _ = cmd.Process.Kill() } // it may have ended by itself
	stop := context.AfterFunc(ctx, kill)
	defer stop()
	var console tail
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		var w io.Writer = &console
		if o.Log != nil {
			w = io.MultiWriter(&console, o.Log)
		}
		_, _ = io.Copy(w, logR) // ends when QEMU does
	}()
	status, err := (&session{wire: wire{r: out, w: in}, o: o}).run()
	kill()
	_ = cmd.Wait() // killed: its status says nothing
	<-logged
	switch {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return 0, fail("the lab's command took longer than allowed", o.Timeout.String(), "the machine's last words:\n"+console.last(lastWords))
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case errors.Is(err, ErrNoCommand):
		return 0, fmt.Errorf("%w: QEMU said: %q; the machine's last words:\n%s", err, said.last(3), console.last(lastWords))
	}
	return status, err
}

// lastWords is how many lines of the kernel's log an error shows: those of a panic.
const lastWords = 60

// session is the lab's end of the line.
type session struct {
	wire
	o     *Options
	allow chan int
}

func (s *session) run() (int, error) {
	s.allow = make(chan int, 64)
	for {
		f, err := s.receive()
		if err != nil {
			if errors.Is(err, errWire) {
				return 0, err
			}
			return 0, ErrNoCommand
		}
		switch f.kind {
		case frameHello:
			go s.input()
			if s.o.TTY {
				go s.sizes()
			}
		case frameOut:
			write(s.o.Stdout, f.body)
		case frameErr:
			write(s.o.Stderr, f.body)
		case frameMore:
			s.allow <- int(f.uint())
		case frameExit:
			return int(f.uint()), nil
		case frameFailed:
			return 0, fail("the lab cannot run the command", string(f.body), "see --add, --module")
		default:
			return 0, errWire
		}
	}
}

func write(w io.Writer, b []byte) {
	if w != nil {
		_, _ = w.Write(b) // nobody reads any more: the command's affair
	}
}

// input sends standard input as far as the machine takes it.
func (s *session) input() {
	if s.o.Stdin == nil {
		s.send(frameIn, nil)
		return
	}
	left := window
	buf := make([]byte, window)
	for {
		n, err := s.o.Stdin.Read(buf)
		for b := buf[:n]; len(b) > 0; {
			for left == 0 {
				left += <-s.allow
			}
			part := b[:min(len(b), left)]
			b, left = b[len(part):], left-len(part)
			if s.send(frameIn, part) != nil {
				return
			}
		drain:
			for {
				select {
				case more := <-s.allow:
					left += more
				default:
					break drain
				}
			}
		}
		if err != nil {
			s.send(frameIn, nil)
			return
		}
	}
}

// sizes tells the machine the terminal's size, now and when it changes.
func (s *session) sizes() {
	f, ok := s.o.Stdin.(*os.File)
	if !ok {
		return
	}
	var last [4]byte
	for {
		if ws, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil {
			now := [4]byte{byte(ws.Row), byte(ws.Row >> 8), byte(ws.Col), byte(ws.Col >> 8)}
			if now != last && s.send(frameSize, now[:]) != nil {
				return
			}
			last = now
		}
		time.Sleep(time.Second)
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if len(t.buf) > 1<<17 {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-1<<16:]...)
	}
	return len(b), nil
}

// last is the last n lines.
func (t *tail) last(n int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(string(t.buf), "\r", ""), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
