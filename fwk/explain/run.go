// Package explain owns `skerry explain`: it runs a program on Linux and in an enclave, alternating, and
// says what it gains or loses there and from what. It measures nothing that it does not show, and says
// so when the runs differ too much to tell.
package explain

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/fwk/observe"
	"github.com/skerry-os/skerry/fwk/procfs"
)

// side is one way to run the program.
type side struct {
	name string
	argv []string
}

// result is one run.
type result struct {
	wall, user, system float64 // seconds
	minor, major       int64   // page faults
	yielded, preempted int64   // context switches: given up, taken away
	resident           uint64  // bytes, the most
	status             int
	output             [sha256.Size]byte
	large              uint64            // bytes in large pages, the most that was seen; counted runs only
	threads            int               // the most that was seen; counted runs only
	counters           *observe.Snapshot // of an enclave; counted runs only
	stderr             string
}

// runner starts programs with the same input.
type runner struct {
	input string // path of a file with what standard input held; /dev/null
}

// newRunner keeps what in holds, if it is no terminal, for every run to read.
func newRunner(in *os.File) (*runner, error) {
	r := &runner{input: os.DevNull}
	if in == nil {
		return r, nil
	}
	if _, err := unix.IoctlGetTermios(int(in.Fd()), unix.TCGETS); err == nil {
		return r, nil
	}
	f, err := os.CreateTemp("", "skerry-explain-")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r.input = f.Name()
	const most = 1 << 30
	n, err := io.Copy(f, io.LimitReader(in, most+1))
	if err == nil && n > most {
		err = errors.New("standard input holds more than 1 GiB")
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *runner) close() {
	if r.input != os.DevNull {
		_ = os.Remove(r.input) // at worst it stays in the directory for such files
	}
}

// run runs the program once. counted: its memory is looked at meanwhile, and an enclave's counters are
// kept, which disturbs it a little.
func (r *runner) run(s side, counted bool) (*result, error) {
	in, err := os.Open(r.input)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := scratch()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	errs, err := scratch()
	if err != nil {
		return nil, err
	}
	defer errs.Close()
	c := exec.Command(s.argv[0], s.argv[1:]...)
	c.Stdin, c.Stdout, c.Stderr = in, out, errs
	began := time.Now()
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", s.argv[0], err)
	}
	res := &result{}
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if counted {
			res.look(c.Process.Pid, done)
		}
	}()
	err = c.Wait()
	res.wall = time.Since(began).Seconds()
	close(done)
	<-watched
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	if u, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		res.user, res.system = c.ProcessState.UserTime().Seconds(), c.ProcessState.SystemTime().Seconds()
		res.minor, res.major, res.yielded, res.preempted = u.Minflt, u.Majflt, u.Nvcsw, u.Nivcsw
		res.resident = uint64(u.Maxrss) << 10
	}
	res.status = c.ProcessState.ExitCode()
	if w, ok := c.ProcessState.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		res.status = 128 + int(w.Signal())
	}
	h := sha256.New()
	_, _ = out.Seek(0, io.SeekStart) // a file in memory
	if _, err := io.Copy(h, out); err != nil {
		return nil, err
	}
	h.Sum(res.output[:0])
	_, _ = errs.Seek(0, io.SeekStart)
	text, _ := io.ReadAll(io.LimitReader(errs, 4096)) // for an error's text
	res.stderr = string(text)
	return res, nil
}

// look watches a run until done: memory, threads, and the entry of an enclave, whose counters outlive it
// as long as they are mapped.
func (res *result) look(pid int, done <-chan struct{}) {
	var b *enclave.Board
	dir, _ := enclave.Dir() // without, there are no counters
	path := dir + "/" + strconv.Itoa(pid) + ".enclave"
	tick := time.NewTicker(300 * time.Microsecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		if b == nil {
			b, _ = enclave.Open(path) // not there yet
		}
		if n%64 == 32 {
			res.large = max(res.large, largePages(pid))
			if b != nil {
				res.threads = max(res.threads, int(b.Gauges().Threads))
			}
		}
		select {
		case <-done:
			if b != nil {
				res.counters, _ = observe.From(b) // of memory that is mapped
				b.Close()
			}
			return
		case <-tick.C:
		}
	}
}

// largePages is how much of a process's memory lies in large pages, in bytes.
func largePages(pid int) uint64 {
	text, err := procfs.Read("/proc/" + strconv.Itoa(pid) + "/smaps_rollup")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "AnonHugePages:"); ok {
			n, _ := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64) // 0 if it is none
			return n << 10
		}
	}
	return 0
}

// scratch is a file in memory.
func scratch() (*os.File, error) {
	fd, err := unix.MemfdCreate("skerry-explain", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "output"), nil
}
