package compat

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/skerry-os/skerry/test/diff"
)

// stressClasses are those that run, in this order.
var stressClasses = []string{"scheduler", "signal", "pipe", "vm", "memory", "os"}

// stressors are stress-ng's stressors of a class, each for a second, checking their own results.
func stressors(class string) suite {
	return suite{name: "stress-ng " + class, what: "stress-ng's class " + class + ", a second each, with --verify", long: true, needs: []string{"stress-ng"},
		run: func(s *session, prefix []string) (outcomes, string, error) {
			list, err := stressorsOf(class)
			if err != nil {
				return nil, "", err
			}
			o, whys := outcomes{}, ""
			for _, name := range list {
				if why := unfit[name]; why != "" {
					continue
				}
				r, err := s.do(prefix, diff.Case{Args: []string{"stress-ng", "--" + name, "1", "--timeout", "1s", "--verify", "--oom-avoid", "--temp-path", "."},
					IgnoreFiles: []string{"*"}, Timeout: 60 * time.Second})
				if err != nil {
					return nil, "", err
				}
				switch {
				case r.Hang != "":
					o[name] = none
				case r.Status == 0:
					o[name] = pass
				case r.Status == 3 || r.Status == 4: // no resources, not implemented here
					o[name] = skip
				default:
					o[name] = fail
				}
				if why := trouble(r); why != "" || o[name] == fail {
					whys += fmt.Sprintf("%s (status %d): %s%s\n", name, r.Status, why, tail(r.Stdout+r.Stderr, 1500))
				}
			}
			return o, whys, nil
		}}
}

// stressorsOf lists a class. Signals are none of stress-ng's own classes: here they are one, and left out
// of the others; so is what an earlier class has already.
func stressorsOf(class string) ([]string, error) {
	if class == "signal" {
		text, err := exec.Command("stress-ng", "--stressors").Output()
		if err != nil {
			return nil, fmt.Errorf("stress-ng --stressors: %w", err)
		}
		return slices.DeleteFunc(strings.Fields(string(text)), func(name string) bool { return !aboutSignals(name) }), nil
	}
	text, err := exec.Command("stress-ng", "--class", class+"?").Output()
	_, names, ok := strings.Cut(string(text), "stressors:")
	if !ok {
		return nil, fmt.Errorf("stress-ng --class %s?: %v: %q", class, err, text)
	}
	list := slices.DeleteFunc(strings.Fields(names), aboutSignals)
	for _, earlier := range stressClasses {
		if earlier == class {
			break
		}
		if earlier == "signal" {
			continue
		}
		other, err := stressorsOf(earlier)
		if err != nil {
			return nil, err
		}
		list = slices.DeleteFunc(list, func(name string) bool { return slices.Contains(other, name) })
	}
	return list, nil
}

func aboutSignals(name string) bool { return strings.HasPrefix(name, "sig") || name == "kill" }

// unfit are stressors that say nothing about a kernel beside Linux, or that harm the machine.
var unfit = map[string]string{
	"apparmor": "loads profiles", "binderfs": "mounts", "bind-mount": "mounts", "cgroup": "changes the machine's groups", "cpu-online": "takes CPUs away",
	"ramfs": "mounts", "reboot": "reboots", "swap": "changes the machine's swap", "sysinval": "wild calls, with whatever they do to the machine",
	"module": "loads modules", "quota": "changes quotas", "softlockup": "real-time priority: locks the machine up", "tun": "changes the network", "netdev": "changes the network",
	"umount": "mounts", "oom-pipe": "fills memory on purpose", "bigheap": "fills memory on purpose", "brk": "fills memory on purpose", "stack": "fills memory on purpose",
	"watchdog": "resets the machine", "dev": "opens every device", "sysfs": "reads every file of /sys", "procfs": "reads every file of /proc",
	"cyclic": "real-time priority",
}
