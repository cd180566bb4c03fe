package diff

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"
)

// A Result is what one side showed.
type Result struct {
	Status int // exit status, 128+n after death by signal n
	Stdout string
	Stderr string
	Files  map[string]string // relative path -> mode and content
	Hang   string            // not empty: the side did not end; what its threads were doing
	Left   []string          // processes and shared-memory files that it left behind
}

// Run runs the case behind prefix (nil: on Linux itself) in a fresh directory dir, which must not exist yet. An error
// is the runner's own failure; everything that the program does wrong is in the Result.
func (c *Case) Run(prefix []string, dir string) (*Result, error) {
	if err := c.prepare(dir); err != nil {
		return nil, err
	}
	argv := append([]string(nil), c.Args...)
	if c.Build != nil {
		prog, err := c.Build.Path()
		if err != nil {
			return nil, err
		}
		argv = append([]string{prog}, argv...)
	}
	argv = append(append([]string(nil), prefix...), argv...)
	timeout := c.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	shmBefore := shmFiles()

	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = c.environ(dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.WaitDelay = 10 * time.Second // a process left behind that holds the pipes open must not hold us
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Stdin = strings.NewReader(c.Stdin)
	if c.Stdin == "" {
		cmd.Stdin = nil
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("diff: starting %s: %w", argv[0], err)
	}
	r := new(Result)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var err error
	select {
	case err = <-done:
	case <-time.After(timeout):
		r.Hang = fmt.Sprintf("no end after %v\n%s", timeout, DumpProcesses(FindProcesses(cmd.Process.Pid, dir)))
		KillAll(cmd.Process.Pid, dir)
		err = <-done
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return nil, fmt.Errorf("diff: waiting for %s: %w", argv[0], err)
	}
	r.Status = Status(cmd.ProcessState)
	r.Stdout, r.Stderr = c.mask(out.String(), dir), c.mask(errs.String(), dir)
	if r.Hang == "" {
		r.Left = Leftovers(cmd.Process.Pid, dir, shmBefore)
		KillAll(cmd.Process.Pid, dir)
	}
	r.Files, err = c.readTree(dir)
	return r, err
}

// Status is an ended process's exit status as a shell shows it.
func Status(s *os.ProcessState) int {
	if ws, ok := s.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return s.ExitCode()
}

func (c *Case) prepare(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for name, content := range c.Files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(content, "#!") {
			mode = 0o755
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			return err
		}
	}
	return nil
}

// environ is the whole environment of a program: the same on both sides, but for the working directory.
func (c *Case) environ(dir string) []string {
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + dir,
		"LANG=C", "LC_ALL=C", "TZ=UTC", "TMPDIR=" + dir}
	return append(env, c.Env...)
}

func (c *Case) mask(s, dir string) string {
	s = strings.ReplaceAll(s, dir, "$DIR")
	for _, m := range c.Mask {
		s = m.ReplaceAllString(s, "#")
	}
	return s
}

// readTree reads what the program left in its directory.
func (c *Case) readTree(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		for _, ig := range c.IgnoreFiles {
			top, _, _ := strings.Cut(rel, "/")
			if ok, _ := filepath.Match(ig, top); ok {
				return nil
			}
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		desc := info.Mode().String() + "\n"
		switch {
		case info.Mode().IsRegular():
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			data, err := io.ReadAll(io.LimitReader(f, 64<<20))
			f.Close()
			if err != nil {
				return err
			}
			desc += c.mask(string(data), dir)
		case info.Mode()&os.ModeSymlink != 0:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			desc += c.mask(to, dir)
		}
		files[rel] = desc
		return nil
	})
	return files, err
}

// shmFiles lists /dev/shm.
func shmFiles() map[string]bool {
	names := map[string]bool{}
	entries, _ := os.ReadDir("/dev/shm")
	for _, e := range entries {
		if !e.IsDir() { // skerry's registry of enclaves may be one, and stays
			names[e.Name()] = true
		}
	}
	return names
}

// Leftovers waits a while for a run's processes to vanish and says what does not: processes of session sid or of
// directory dir, and files in /dev/shm that are not in before and are not another running process's. Other
// programs may make files there at the same time: one that was not there when the last process was gone is theirs.
func Leftovers(sid int, dir string, before map[string]bool) []string {
	var files map[string]bool
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var left []string
		for _, pid := range FindProcesses(sid, dir) {
			left = append(left, fmt.Sprintf("process %d: %s", pid, DumpProcesses([]int{pid})))
		}
		now := map[string]bool{}
		for name := range shmFiles() {
			if !before[name] && (files == nil || files[name]) && !usedElsewhere("/dev/shm/"+name, sid, dir) {
				now[name] = true
			}
		}
		if len(left) == 0 {
			files = now
		}
		for name := range now {
			left = append(left, "/dev/shm/"+name)
		}
		sort.Strings(left)
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
	}
}
