package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// inside is the variable by which the first process of a lab's machine knows where it is. Linux gives
// its first process those words of the command line that it does not know.
const inside = "SKERRY_LAB"

// Inside reports whether this process is the first one of a lab's machine, which must call Init.
func Inside() bool { return os.Getpid() == 1 && os.Getenv(inside) != "" }

// InMachine reports whether this process runs in a lab's machine, as root of it.
func InMachine() bool {
	line, err := os.ReadFile("/proc/cmdline")
	return err == nil && strings.Contains(string(line), inside+"=1") && os.Getuid() == 0
}

// Init is the first process of the machine: it mounts, loads modules, runs the command, and tells the
// lab how that ended. It does not return.
func Init() {
	os.Unsetenv(inside)
	status, err := initialize()
	if err != nil {
		fmt.Fprintln(os.Stderr, "skerry: lab:", err)
	}
	_ = status
	// The lab ends the machine when it has heard the status; this is for a lab that cannot.
	time.Sleep(5 * time.Second)
	unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	select {}
}

func initialize() (int, error) {
	for _, m := range []struct{ what, kind, where string }{
		{"devtmpfs", "devtmpfs", "/dev"}, {"proc", "proc", "/proc"}, {"sysfs", "sysfs", "/sys"},
		{"tmpfs", "tmpfs", "/run"}, {"devpts", "devpts", "/dev/pts"}, {"tmpfs", "tmpfs", "/dev/shm"},
		{"tracefs", "tracefs", "/sys/kernel/tracing"}, {"securityfs", "securityfs", "/sys/kernel/security"},
	} {
		os.MkdirAll(m.where, 0o755)
		if err := unix.Mount(m.what, m.where, m.kind, 0, ""); err != nil && !errors.Is(err, unix.EBUSY) {
			return 0, fmt.Errorf("cannot mount %s: %w", m.where, err)
		}
	}
	for link, to := range map[string]string{"/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0",
		"/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2"} {
		_ = os.Symlink(to, link) // a convenience
	}
	w, err := serial("/dev/ttyS1")
	if err != nil {
		return 0, err
	}
	status, err := command(w)
	if err != nil {
		w.send(frameFailed, []byte(err.Error()))
		return 0, err
	}
	return status, w.sendUint(frameExit, uint32(status))
}

// serial opens the line to the lab, raw.
func serial(path string) (*wire, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", path, err)
	}
	t := unix.Termios{Cflag: unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200, Ispeed: 115200, Ospeed: 115200}
	t.Cc[unix.VMIN] = 1
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &t); err != nil {
		return nil, fmt.Errorf("cannot set up %s: %w", path, err)
	}
	f := os.NewFile(uintptr(fd), path)
	return &wire{r: f, w: f}, nil
}

// command runs the command of the settings file and returns its status.
func command(w *wire) (int, error) {
	text, err := os.ReadFile(settingsFile)
	if err != nil {
		return 0, err
	}
	os.Remove(settingsFile)
	var s settings
	if err := json.Unmarshal(text, &s); err != nil {
		return 0, err
	}
	env := []string{"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/root", "TERM=" + os.Getenv("TERM"), "USER=root"}
	for _, kv := range env {
		k, v, _ := strings.Cut(kv, "=")
		os.Setenv(k, v)
	}
	unix.Sethostname([]byte("lab"))
	loopback()
	for _, m := range s.Modules {
		if err := insert(m); err != nil {
			return 0, fmt.Errorf("cannot load %s: %w", m, err)
		}
	}
	path, err := exec.LookPath(s.Argv[0])
	if err != nil {
		return 0, err
	}
	if err := w.send(frameHello, strconv.AppendInt(nil, uptime(), 10)); err != nil {
		return 0, err
	}
	streams, err := connect(w, s.TTY)
	if err != nil {
		return 0, err
	}
	pid, err := syscall.ForkExec(path, s.Argv, &syscall.ProcAttr{Dir: s.Dir, Env: env, Files: streams.child,
		Sys: &syscall.SysProcAttr{Setsid: true, Setctty: s.TTY}})
	if err != nil {
		return 0, fmt.Errorf("cannot start %s: %w", path, err)
	}
	for _, fd := range streams.child {
		unix.Close(int(fd))
	}
	status := reap(pid)
	streams.drain()
	return status, nil
}

// reap waits for pid, and for every orphan on the way, as the first process must.
func reap(pid int) int {
	for {
		var ws syscall.WaitStatus
		got, err := syscall.Wait4(-1, &ws, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 255
		case got == pid && ws.Signaled():
			return 128 + int(ws.Signal())
		case got == pid && ws.Exited():
			return ws.ExitStatus()
		}
	}
}

// streams are the command's and our ends of its standard streams.
type streams struct {
	child []uintptr
	busy  sync.WaitGroup
}

// connect makes the streams, and copies what comes out of them to the lab and what comes from the lab
// into them.
func connect(w *wire, tty bool) (*streams, error) {
	s := &streams{}
	var in *os.File
	var outs []*os.File
	if tty {
		master, slave, err := terminal()
		if err != nil {
			return nil, err
		}
		in, outs = master, []*os.File{master}
		s.child = []uintptr{slave, slave, slave}
	} else {
		for i := range 3 {
			var p [2]int
			if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
				return nil, err
			}
			if i == 0 {
				in = os.NewFile(uintptr(p[1]), "stdin")
				s.child = append(s.child, uintptr(p[0]))
			} else {
				outs = append(outs, os.NewFile(uintptr(p[0]), "out"))
				s.child = append(s.child, uintptr(p[1]))
			}
		}
	}
	for i, f := range outs {
		s.busy.Add(1)
		go func() {
			defer s.busy.Done()
			buf := make([]byte, frameMax)
			for {
				n, err := f.Read(buf)
				if n > 0 && w.send([]kind{frameOut, frameErr}[i], buf[:n]) != nil || err != nil {
					return
				}
			}
		}()
	}
	go input(w, in, tty)
	return s, nil
}

// input takes frames from the lab for the command. A command that does not read must not stop us.
func input(w *wire, in *os.File, tty bool) {
	queue := make(chan []byte, 2*window) // the lab keeps within its window: never full
	go func() {
		for b := range queue {
			_, _ = in.Write(b) // a command that has closed its input
			w.sendUint(frameMore, uint32(len(b)))
		}
		if tty {
			_, _ = in.Write([]byte{4}) // ^D
		} else {
			in.Close()
		}
	}()
	for {
		f, err := w.receive()
		switch {
		case err != nil:
			fmt.Fprintln(os.Stderr, "skerry: lab:", err)
			return
		case f.kind == frameIn && len(f.body) == 0:
			close(queue)
		case f.kind == frameIn:
			queue <- f.body
		case f.kind == frameSize && tty && len(f.body) == 4:
			unix.IoctlSetWinsize(int(in.Fd()), unix.TIOCSWINSZ, &unix.Winsize{
				Row: uint16(f.body[0]) | uint16(f.body[1])<<8, Col: uint16(f.body[2]) | uint16(f.body[3])<<8})
		}
	}
}

// drain waits until all output was sent, but not for children that live on and hold the streams.
func (s *streams) drain() {
	done := make(chan struct{})
	go func() { s.busy.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(500 * time.Millisecond):
	}
}

// terminal makes a pseudo-terminal.
func terminal() (master *os.File, slave uintptr, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, 0, err
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, 0, err
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, 0, err
	}
	s, err := unix.Open("/dev/pts/"+strconv.Itoa(n), unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, 0, err
	}
	return os.NewFile(uintptr(fd), "pty"), uintptr(s), nil
}

// insert loads a kernel module; a compressed one is left to the kernel to unpack (Linux 5.17).
func insert(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	flags, params := 0, ""
	if !strings.HasSuffix(path, ".ko") {
		flags = 4 // MODULE_INIT_COMPRESSED_FILE
	}
	if strings.HasPrefix(path[strings.LastIndexByte(path, '/')+1:], "msr.") {
		params = "allow_writes=on" // else each first write is a line in the log
	}
	err = unix.FinitModule(int(f.Fd()), params, flags)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	return err
}

// loopback brings the interface lo up, for programs that talk to themselves.
func loopback() {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("lo")
	if err != nil {
		return
	}
	req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	_ = unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req) // a machine without it is fine too
}

// uptime is the time since boot in milliseconds.
func uptime() int64 {
	var ts unix.Timespec
	unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts)
	return ts.Nano() / 1e6
}
