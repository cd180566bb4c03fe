package diff

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A Started is a program under way, for tests that disturb it.
type Started struct {
	Cmd      *exec.Cmd
	Out, Err io.Reader
	dir      string
	shm      map[string]bool
}

// Start starts argv in a fresh directory dir, in a session of its own. Standard output and error are pipes that the
// caller reads.
func Start(argv []string, dir string) (*Started, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	s := &Started{Cmd: exec.Command(argv[0], argv[1:]...), dir: dir, shm: shmFiles()}
	s.Cmd.Dir = dir
	s.Cmd.Env = (&Case{}).environ(dir)
	s.Cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var err error
	if s.Out, err = s.Cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if s.Err, err = s.Cmd.StderrPipe(); err != nil {
		return nil, err
	}
	if err := s.Cmd.Start(); err != nil {
		return nil, fmt.Errorf("diff: starting %s: %w", argv[0], err)
	}
	return s, nil
}

// Wait waits for the end and is the exit status, 128+n after signal n. What does not end within the timeout is killed,
// and the status is -1.
func (s *Started) Wait() int {
	done := make(chan struct{})
	go func() {
		_ = s.Cmd.Wait() // the state says it all
		close(done)
	}()
	select {
	case <-done:
		return Status(s.Cmd.ProcessState)
	case <-time.After(DefaultTimeout):
		s.KillAll()
		<-done
		return -1
	}
}

// Leftovers is what the run has left: see the function of that name.
func (s *Started) Leftovers() []string { return Leftovers(s.Cmd.Process.Pid, s.dir, s.shm) }

// KillAll ends what is left of the run.
func (s *Started) KillAll() { KillAll(s.Cmd.Process.Pid, s.dir) }
