package diff

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestRedis runs a server on skerry and its clients on Linux against it.
func TestRedis(t *testing.T) {
	prefix, err := Prefix()
	if err != nil {
		t.Skip(err)
	}
	for _, n := range []string{"redis-server", "redis-cli", "redis-benchmark"} {
		if why := lacks(n); why != "" {
			t.Skip(why)
		}
	}
	dir := t.TempDir()
	port := freePort(t)
	shm := shmFiles()
	argv := append(append([]string(nil), prefix...), "redis-server", "--port", port, "--bind", "127.0.0.1",
		"--save", "", "--dir", dir, "--daemonize", "no")
	server := exec.Command(argv[0], argv[1:]...)
	var out bytes.Buffer
	server.Stdout, server.Stderr = &out, &out
	server.Dir = dir
	server.Env = (&Case{}).environ(dir)
	server.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	server.WaitDelay = 10 * time.Second
	if err := server.Start(); err != nil {
		t.Fatalf("starting %v: %v", argv, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	giveUp := func(format string, args ...any) {
		t.Helper()
		dump := DumpProcesses(FindProcesses(server.Process.Pid, dir))
		KillAll(server.Process.Pid, dir)
		<-ended
		t.Fatalf(format+"\nserver:\n%s\n%s", append(args, out.String(), dump)...)
	}

	cli := func(args ...string) (string, error) {
		cmd := exec.Command("timeout", append([]string{"60", "redis-cli", "-p", port}, args...)...)
		b, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(b)), err
	}
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if got, err := cli("ping"); err == nil && got == "PONG" {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("the server ended before it answered: %v\n%s", err, out.String())
		default:
		}
		if time.Since(start) > DefaultTimeout {
			giveUp("the server does not answer")
		}
	}
	ask := func(want string, args ...string) {
		t.Helper()
		if got, err := cli(args...); err != nil || got != want {
			giveUp("redis-cli %v: %q (%v), not %q", args, got, err, want)
		}
	}
	ask("OK", "set", "key", "value")
	ask("value", "get", "key")
	ask("3", "rpush", "list", "a", "b", "c")
	ask("a\nb\nc", "lrange", "list", "0", "-1")
	ask("42", "incrby", "n", "42")
	ask("1", "eval", "return redis.call('exists', KEYS[1])", "1", "key")
	big := strings.Repeat("x", 100000)
	ask("OK", "set", "big", big)
	ask(fmt.Sprint(len(big)), "strlen", "big")

	for _, extra := range [][]string{nil, {"-P", "16"}, {"-c", "1"}} {
		args := append([]string{"120", "redis-benchmark", "-p", port, "-n", "2000", "-q", "-t", "ping,set,get,incr,lpush,lrange_100,mset"}, extra...)
		b, err := exec.Command("timeout", args...).CombinedOutput()
		if err != nil || strings.Contains(string(b), "rror") {
			giveUp("redis-benchmark %v: %v\n%s", args, err, b)
		}
	}
	ask("2000", "eval", "redis.call('del','c'); for i=1,2000 do redis.call('incr','c') end return tonumber(redis.call('get','c'))", "0")
	if got, err := cli("shutdown", "nosave"); err != nil || got != "" {
		giveUp("shutdown: %q, %v", got, err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("the server's end: %v\n%s", err, out.String())
		}
	case <-time.After(DefaultTimeout):
		giveUp("the server does not end")
	}
	if !strings.Contains(out.String(), "bye bye") {
		t.Errorf("the server's last words are missing:\n%s", out.String())
	}
	if left := Leftovers(server.Process.Pid, dir, shm); len(left) > 0 {
		KillAll(server.Process.Pid, dir)
		t.Errorf("left behind: %v", left)
	}
	if dumps, _ := filepath.Glob(filepath.Join(dir, "*.rdb")); len(dumps) > 0 {
		t.Errorf("saved in spite of --save '': %v", dumps)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("no loopback network: ", err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
