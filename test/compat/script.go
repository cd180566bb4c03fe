package compat

import (
	"embed"
	"fmt"
	"os/exec"
	"path"
	"strings"
	"time"

	"github.com/skerry-os/skerry/test/diff"
)

// The scripts: each ends with status 0 if the software works, and prints the same each time. Comments
// in its head say what it wants:
//
//	# shells: sh bash     run it with each of these (default: sh)
//	# needs: gcc make     commands or files; without them it is left out
//	# outside             it runs on Linux and starts programs itself by $RUN, which is skerry's command prefix
//	# long                not in `make test`
//
//go:embed scripts
var scripts embed.FS

type script struct {
	name, text    string
	shells, needs []string
	outside, long bool
}

func allScripts() ([]script, error) {
	entries, err := scripts.ReadDir("scripts")
	if err != nil {
		return nil, err
	}
	var all []script
	for _, e := range entries {
		text, err := scripts.ReadFile(path.Join("scripts", e.Name()))
		if err != nil {
			return nil, err
		}
		s := script{name: strings.TrimSuffix(e.Name(), ".sh"), text: string(text), shells: []string{"sh"}}
		for line := range strings.SplitSeq(s.text, "\n") {
			word, rest, _ := strings.Cut(strings.TrimPrefix(line, "# "), ":")
			switch {
			case !strings.HasPrefix(line, "#"):
			case word == "shells":
				s.shells = strings.Fields(rest)
			case word == "needs":
				s.needs = strings.Fields(rest)
			case line == "# outside":
				s.outside = true
			case line == "# long":
				s.long = true
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// onlyShort leaves long scripts out; the test sets it.
var onlyShort bool

// runScripts runs all scripts. What one prints on Linux, which comes first, it must print on skerry.
func runScripts(s *session, prefix []string) (outcomes, string, error) {
	all, err := allScripts()
	if err != nil {
		return nil, "", err
	}
	o, whys := outcomes{}, ""
	for _, sc := range all {
		if sc.long && onlyShort {
			continue
		}
		for _, shell := range sc.shells {
			name := sc.name + "/" + shell
			c := diff.Case{Args: []string{shell, "./script.sh"}, Files: map[string]string{"script.sh": sc.text}, Needs: append(sc.needs, shell),
				Timeout: 10 * time.Minute, IgnoreFiles: []string{"*"}, Env: goEnvironment()}
			if why := c.Missing(); why != "" {
				o[name] = skip
				whys += name + ": " + why + "\n"
				continue
			}
			before := prefix
			if sc.outside {
				c.Env, before = append(c.Env, "RUN="+strings.Join(prefix, " ")), nil
			}
			r, err := s.do(before, c)
			if err != nil {
				return nil, "", err
			}
			o[name] = fail
			if r.Status == 0 && r.Hang == "" && len(r.Left) == 0 {
				o[name] = s.agree(name, r.Stdout)
			}
			if o[name] != pass {
				whys += fmt.Sprintf("%s (status %d): %s%s%s\n", name, r.Status, trouble(r), tail(r.Stdout, 2000), tail(r.Stderr, 2000))
			}
		}
	}
	return o, whys, nil
}

// goEnvironment lets a script build Go programs without the network.
func goEnvironment() []string {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil
	}
	return []string{"GOROOT=" + strings.TrimSpace(string(root)), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOTOOLCHAIN=local"}
}
