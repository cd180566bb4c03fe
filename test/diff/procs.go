package diff

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// FindProcesses lists the live processes of a run: of session sid, with HOME=dir in their environment, or with their
// working directory in dir. Zombies do not count: they hold nothing and wait for their parent.
func FindProcesses(sid int, dir string) []int {
	var pids []int
	entries, _ := os.ReadDir("/proc")
	home := []byte("HOME=" + dir)
	self := os.Getpid()
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == self {
			continue
		}
		state, session := procStat(pid)
		if state == 0 || state == 'Z' || state == 'X' {
			continue
		}
		if session == sid || cwdIn(pid, dir) || hasEnv(pid, home) {
			pids = append(pids, pid)
		}
	}
	sort.Ints(pids)
	return pids
}

// procStat is the state letter and session of a process, 0 when it is gone.
func procStat(pid int) (state byte, session int) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	i := bytes.LastIndexByte(data, ')') // the command's name may hold anything
	f := strings.Fields(string(data[i+1:]))
	if i < 0 || len(f) < 4 {
		return 0, 0
	}
	session, _ = strconv.Atoi(f[3])
	return f[0][0], session
}

func cwdIn(pid int, dir string) bool {
	to, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return err == nil && (to == dir || strings.HasPrefix(to, dir+"/"))
}

func hasEnv(pid int, entry []byte) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return false
	}
	for _, e := range bytes.Split(data, []byte{0}) {
		if bytes.Equal(e, entry) {
			return true
		}
	}
	return false
}

// KillAll ends every process of a run, by id, until none is found.
func KillAll(sid int, dir string) {
	for range 50 {
		pids := FindProcesses(sid, dir)
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone already
		}
	}
}

// DumpProcesses says what each thread of the processes is doing: name, state, where it waits in the kernel, and in
// which system call.
func DumpProcesses(pids []int) string {
	var b strings.Builder
	for _, pid := range pids {
		cmdline, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		fmt.Fprintf(&b, "process %d: %s\n", pid, bytes.ReplaceAll(cmdline, []byte{0}, []byte(" ")))
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		for i, task := range tasks {
			if i == 64 {
				fmt.Fprintf(&b, "  ... %d threads in all\n", len(tasks))
				break
			}
			fmt.Fprintf(&b, "  %s comm=%s wchan=%s syscall=%s\n    stat=%s\n", filepath.Base(task),
				oneLine(task, "comm"), oneLine(task, "wchan"), oneLine(task, "syscall"), oneLine(task, "stat"))
		}
	}
	return b.String()
}

func oneLine(dir, name string) string {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(data))
}

// usedElsewhere says whether a live process outside the run has the file mapped or open: then it is that process's.
func usedElsewhere(path string, sid int, dir string) bool {
	ours := map[int]bool{}
	for _, pid := range FindProcesses(sid, dir) {
		ours[pid] = true
	}
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range procs {
		if pid, _ := strconv.Atoi(filepath.Base(p)); ours[pid] {
			continue
		}
		if maps, err := os.ReadFile(p + "/maps"); err == nil && bytes.Contains(maps, []byte(path)) {
			return true
		}
		fds, _ := filepath.Glob(p + "/fd/*")
		for _, fd := range fds {
			if to, err := os.Readlink(fd); err == nil && to == path {
				return true
			}
		}
	}
	return false
}
