package plan

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	base := Options{Platform: "auto", RewriteAfter: RewriteDefault}
	for _, c := range []struct {
		args []string
		want func(o *Options)
	}{
		{[]string{"prog", "--cpus", "1"}, func(o *Options) { o.Argv = []string{"prog", "--cpus", "1"} }},
		{[]string{"--", "--prog", "-v"}, func(o *Options) { o.Argv = []string{"--prog", "-v"} }},
		{[]string{"--cpus=1-2", "--mem", "1G", "-v", "p"}, func(o *Options) { o.CPUs, o.Mem, o.Verbose, o.Argv = "1-2", "1G", true, []string{"p"} }},
		{[]string{"--verbose", "--env", "A=1", "--env=B=-x", "p"}, func(o *Options) { o.Verbose, o.Env, o.Argv = true, []string{"A=1", "B=-x"}, []string{"p"} }},
		{[]string{"--strace", "p"}, func(o *Options) { o.Strace, o.Argv = "-", []string{"p"} }},
		{[]string{"--strace=f", "--cwd", "-odd", "p"}, func(o *Options) { o.Strace, o.Cwd, o.Argv = "f", "-odd", []string{"p"} }},
		{[]string{"--rewrite-after", "0", "p", "-x"}, func(o *Options) { o.RewriteAfter, o.Argv = 0, []string{"p", "-x"} }},
		{nil, func(o *Options) { o.Argv = []string{} }},
	} {
		want := base
		c.want(&want)
		if got, err := Parse(c.args); err != nil || !reflect.DeepEqual(got, want) && !(len(got.Argv) == 0 && len(want.Argv) == 0) {
			t.Errorf("%q: %+v, %v; want %+v", c.args, got, err, want)
		}
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--nothing", "p"}, "nothing"},
		{[]string{"-cpus", "1", "p"}, "unknown flag: -cpus"},
		{[]string{"--cpus", "1", "-env", "A=1", "p"}, "unknown flag: -env"},
		{[]string{"--cpus", "", "p"}, "empty"},
		{[]string{"--mem=", "p"}, "empty"},
		{[]string{"--cpus"}, "cpus"},
		{[]string{"--rewrite-after", "x", "p"}, "rewrite-after"},
	} {
		var e *Error
		if _, err := Parse(c.args); !errors.As(err, &e) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want something about %q", c.args, err, c.says)
		}
	}
	for _, args := range [][]string{{"--help"}, {"-h"}, {"-v", "--help", "p"}} {
		if _, err := Parse(args); !errors.Is(err, ErrHelp) {
			t.Errorf("%q: %v", args, err)
		}
	}
}
