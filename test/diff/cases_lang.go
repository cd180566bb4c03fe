package diff

import "regexp"

// cxxPrograms are built with the shared and with the static library.
func cxxPrograms() []Case {
	var cs []Case
	add := func(c Case, source string) {
		for _, v := range []struct {
			name  string
			flags []string
		}{{"shared", []string{"-std=c++17"}}, {"static", []string{"-std=c++17", "-static"}}} {
			k := c
			k.Variant = v.name
			k.Build = &Build{Source: "cxx/" + source + ".cc", Tool: "g++", Flags: v.flags}
			cs = append(cs, k)
		}
	}
	add(Case{Name: "cxx-exceptions"}, "exceptions")
	add(Case{Name: "cxx-threads"}, "threads")
	add(Case{Name: "cxx-iostream", Stdin: "the quick brown fox jumps over the lazy dog the end\n"}, "iostream")
	add(Case{Name: "cxx-terminate", Status: 134}, "terminate")
	return cs
}

// goPrograms run with one and with two processors of the Go scheduler.
func goPrograms() []Case {
	var cs []Case
	// A crash of the Go runtime prints addresses and goroutines; only what they are about is compared.
	trace := []*regexp.Regexp{regexp.MustCompile(`(?s)\n\[signal .*`)}
	add := func(c Case, dir string) {
		for _, n := range []string{"1", "2"} {
			k := c
			k.Variant = n
			k.Env = append([]string{"GOMAXPROCS=" + n}, c.Env...)
			k.Build = &Build{Source: "go/" + dir, Tool: "go"}
			cs = append(cs, k)
		}
	}
	add(Case{Name: "go-goroutines"}, "goroutines")
	add(Case{Name: "go-gc"}, "gc")
	add(Case{Name: "go-panics"}, "panics")
	add(Case{Name: "go-crash", Args: []string{"crash"}, Status: 2, Mask: trace}, "panics")
	add(Case{Name: "go-exec"}, "osexec")
	add(Case{Name: "go-signals", Status: 143}, "gosignals")
	add(Case{Name: "go-files"}, "gofiles")
	return cs
}
