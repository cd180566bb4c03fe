// Command osexec starts other programs in the ways that Go programs do.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

func check(ok bool, what ...any) {
	if !ok {
		fmt.Fprintln(os.Stderr, append([]any{"FAIL"}, what...)...)
		os.Exit(99)
	}
}

func main() {
	out, err := exec.Command("echo", "from", "echo").Output()
	check(err == nil && string(out) == "from echo\n", err)
	err = exec.Command("sh", "-c", "exit 9").Run()
	var ee *exec.ExitError
	check(errors.As(err, &ee) && ee.ExitCode() == 9, err)
	err = exec.Command("sh", "-c", "kill -TERM $$").Run()
	check(errors.As(err, &ee) && ee.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM, err)
	_, err = exec.Command("/does/not/exist").Output()
	check(errors.Is(err, os.ErrNotExist), err)
	fmt.Println("ok statuses")

	cmd := exec.Command("tr", "a-z", "A-Z")
	cmd.Stdin = strings.NewReader(strings.Repeat("line of text\n", 20000))
	var b bytes.Buffer
	cmd.Stdout = &b
	check(cmd.Run() == nil && b.String() == strings.Repeat("LINE OF TEXT\n", 20000), "tr")
	fmt.Println("ok pipes")

	a, c := exec.Command("seq", "1000"), exec.Command("wc", "-l")
	c.Stdin, _ = a.StdoutPipe()
	r, _ := c.StdoutPipe()
	check(c.Start() == nil && a.Run() == nil, "start")
	got, _ := io.ReadAll(r)
	check(c.Wait() == nil && strings.TrimSpace(string(got)) == "1000", string(got))
	fmt.Println("ok pipeline")

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err = exec.CommandContext(ctx, "sleep", "1000").Run()
	check(errors.As(err, &ee) && ee.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL, err)
	fmt.Println("ok killed")

	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			out, err := exec.Command("sh", "-c", fmt.Sprintf("echo $((%d * %d))", i, i)).Output()
			check(err == nil && string(out) == fmt.Sprintln(i*i), err, string(out))
		})
	}
	wg.Wait()
	fmt.Println("ok ten at once")

	cmd = exec.Command("sh", "-c", "pwd -P | sed 's/.*[/]//'; echo $GREETING; cat <&3")
	check(os.Mkdir("sub", 0o755) == nil && os.WriteFile("three", []byte("descriptor three\n"), 0o644) == nil, "files")
	f, err := os.Open("three")
	check(err == nil, err)
	cmd.Dir, cmd.Env, cmd.ExtraFiles, cmd.Stdout = "sub", append(os.Environ(), "GREETING=hi"), []*os.File{f}, os.Stdout
	check(cmd.Run() == nil, "dir, env, files")
}
