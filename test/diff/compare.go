package diff

import (
	"fmt"
	"sort"
	"strings"
)

// Check says what is wrong with a Linux run of the case by itself: the case is broken, not skerry. "" when it is fine.
func (c *Case) Check(linux *Result) string {
	switch {
	case linux.Hang != "":
		return "hangs on Linux: " + linux.Hang
	case linux.Status != c.Status:
		return fmt.Sprintf("status %d on Linux, the case says %d\nstdout: %s\nstderr: %s", linux.Status, c.Status,
			tail(linux.Stdout), tail(linux.Stderr))
	case len(linux.Left) > 0:
		return "left behind on Linux: " + strings.Join(linux.Left, "\n")
	}
	return ""
}

// Compare lists how skerry's run differs from Linux's; nothing when they are the same.
func (c *Case) Compare(linux, skerry *Result) []string {
	var diffs []string
	add := func(format string, args ...any) { diffs = append(diffs, fmt.Sprintf(format, args...)) }
	if skerry.Hang != "" {
		add("hang: %s\nstdout so far: %s\nstderr so far: %s", skerry.Hang, tail(skerry.Stdout), tail(skerry.Stderr))
		return diffs
	}
	if linux.Status != skerry.Status {
		add("status: Linux %d, skerry %d\nskerry's stderr: %s", linux.Status, skerry.Status, tail(skerry.Stderr))
	}
	if linux.Stdout != skerry.Stdout {
		add("stdout: %s", firstDifference(linux.Stdout, skerry.Stdout))
	}
	if !c.IgnoreStderr && linux.Stderr != skerry.Stderr {
		add("stderr: %s", firstDifference(linux.Stderr, skerry.Stderr))
	}
	names := map[string]bool{}
	for n := range linux.Files {
		names[n] = true
	}
	for n := range skerry.Files {
		names[n] = true
	}
	sorted := make([]string, 0, len(names))
	for n := range names {
		sorted = append(sorted, n)
	}
	sort.Strings(sorted)
	for _, n := range sorted {
		l, inLinux := linux.Files[n]
		s, inSkerry := skerry.Files[n]
		switch {
		case !inSkerry:
			add("file %s: only on Linux", n)
		case !inLinux:
			add("file %s: only on skerry", n)
		case l != s:
			add("file %s (mode line first): %s", n, firstDifference(l, s))
		}
	}
	for _, l := range skerry.Left {
		add("left behind: %s", l)
	}
	return diffs
}

// firstDifference shows the first line in which two texts differ, with its neighbours.
func firstDifference(linux, skerry string) string {
	l, s := strings.Split(linux, "\n"), strings.Split(skerry, "\n")
	i := 0
	for i < len(l) && i < len(s) && l[i] == s[i] {
		i++
	}
	return fmt.Sprintf("differs at line %d (of %d and %d)\n  linux:  %s\n  skerry: %s", i+1, len(l), len(s),
		around(l, i), around(s, i))
}

func around(lines []string, i int) string {
	if i >= len(lines) {
		return "(ends)"
	}
	end := min(i+3, len(lines))
	text := fmt.Sprintf("%q", lines[i:end])
	if len(text) > 600 {
		text = text[:600] + "..."
	}
	return text
}

// tail is the end of a text, where the reason mostly is.
func tail(s string) string {
	if len(s) > 1500 {
		return "..." + s[len(s)-1500:]
	}
	return s
}
