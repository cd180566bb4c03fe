package diff

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Missing says what a case needs and this machine has not, "" when it can run.
func (c *Case) Missing() string {
	needs := append([]string(nil), c.Needs...)
	if c.Build != nil {
		needs = append(needs, c.Build.needs()...)
	} else if len(c.Args) > 0 && !strings.HasPrefix(c.Args[0], "./") { // ./x is one of the case's files
		needs = append(needs, c.Args[0])
	}
	for _, n := range needs {
		if why := lacks(n); why != "" {
			return why
		}
	}
	return ""
}

func lacks(need string) string {
	if n, ok := strings.CutPrefix(need, "cpus="); ok {
		want, err := strconv.Atoi(n)
		if err != nil {
			return fmt.Sprintf("bad need %q", need)
		}
		if have := allowedCPUs(); have < want {
			return fmt.Sprintf("needs %d CPUs, %d allowed", want, have)
		}
		return ""
	}
	if strings.HasPrefix(need, "/") {
		if _, err := os.Stat(need); err != nil {
			return need + " is not installed (test/setup.sh)"
		}
		return ""
	}
	if _, err := exec.LookPath(need); err != nil {
		return need + " is not installed (test/setup.sh)"
	}
	return ""
}

// goCommand is the go tool's absolute path: programs run with a small PATH that need not have it.
func goCommand() string {
	path, err := exec.LookPath("go")
	if err != nil {
		return "go"
	}
	return path
}
