package isolate

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// KeepVerb is the hidden verb of the command that calls Keep.
const KeepVerb = "keep-isolation"

// StartKeeper starts the process that gives back what is taken for this one. It is started before
// anything is taken, so that nothing is when it cannot be, and outside of what is going to be this
// process's control group. It must not be the program's child, which would meet it in wait(2): its
// parent ends at once. done lets it begin; so does the end of this process.
func StartKeeper() (done func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if err := runKeeper(r, strconv.Itoa(os.Getpid())); err != nil {
		w.Close()
		return nil, err
	}
	return func() { w.Close() }, nil
}

// runKeeper runs the verb, which starts itself once more, and waits for it.
func runKeeper(stdin *os.File, args ...string) error {
	p, err := SpawnKeeper(stdin, args...)
	if err != nil {
		return err
	}
	state, err := p.Wait()
	if err == nil && !state.Success() {
		err = fmt.Errorf("%s: %v", KeepVerb, state)
	}
	return err
}

// SpawnKeeper starts the running command with the verb, in a session of its own.
func SpawnKeeper(stdin *os.File, args ...string) (*os.Process, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	return os.StartProcess("/proc/self/exe", append([]string{"skerry", KeepVerb}, args...), &os.ProcAttr{
		Files: []*os.File{stdin, null, null}, Dir: "/",
		Env: []string{"GOMAXPROCS=1"}, Sys: &syscall.SysProcAttr{Setsid: true},
	})
}
