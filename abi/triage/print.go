package triage

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Print writes the calls named (by name or number; all of them when names is empty) to w, in the order
// asked for, as format says:
//
//	table  columns number, name, where, arguments, flags, note
//	json   a list of {nr, name, where, args: [{name, kind, size, len, optional}], returns, flags, errno, note};
//	       len is the index of the argument with the length, or -1; errno is a name, empty unless refused
//
// An unknown name or format is an error that says what there is, and nothing is written. Print
// allocates freely: it is for the command, not for a system-call path.
func Print(w io.Writer, names []string, format string) error {
	calls := All()
	if len(names) > 0 {
		calls = calls[:0:0]
		for _, name := range names {
			c, err := find(name)
			if err != nil {
				return err
			}
			calls = append(calls, c)
		}
	}
	switch format {
	case "table":
		return printTable(w, calls)
	case "json":
		return printJSON(w, calls)
	}
	return fmt.Errorf("format %q: there are table and json", format)
}

func find(name string) (*Call, error) {
	if nr, err := strconv.Atoi(name); err == nil {
		if c := Lookup(nr); c != nil {
			return c, nil
		}
		return nil, fmt.Errorf("system call %d: x86-64 Linux has no such number (the highest is %d)", nr, Limit-1)
	}
	if c := ByName(name); c != nil {
		return c, nil
	}
	near := Near(name)
	if len(near) == 0 {
		return nil, fmt.Errorf("system call %q: no such name; without a name all are shown", name)
	}
	return nil, fmt.Errorf("system call %q: no such name; near it are %s", name, strings.Join(near, ", "))
}

// Near returns at most 6 names of calls like name, the likeliest first: few letters apart, or one within
// the other.
func Near(name string) []string {
	type match struct {
		name string
		cost int
	}
	name = strings.ToLower(name)
	var found []match
	for _, c := range All() {
		cost := distance(name, c.Name)
		within := len(name) > 2 && (strings.Contains(c.Name, name) || len(c.Name) > 2 && strings.Contains(name, c.Name))
		if cost <= 1+len(name)/4 || within {
			found = append(found, match{c.Name, cost})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return a.cost - b.cost })
	var near []string
	for _, m := range found[:min(len(found), 6)] {
		near = append(near, m.name)
	}
	return near
}

// distance is the number of letters to insert, delete or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = min(diagonal, row[j], row[j+1]) + 1
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

func printTable(w io.Writer, calls []*Call) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tw, "NR\tNAME\tWHERE\tARGUMENTS\tFLAGS\tNOTE")
	for _, c := range calls {
		fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%s\t%s\n", c.Nr, c.Name, c.Place(), dash(c.Arguments()), dash(strings.Join(c.Flags.Names(), ",")), dash(c.Note))
	}
	return tw.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Place returns where the call runs and, for a refused one, the error's name: "refuse ENOSYS".
func (c *Call) Place() string {
	if c.Where == Refuse {
		return c.Where.String() + " " + errnoName(c.Errno)
	}
	return c.Where.String()
}

// Arguments returns all arguments as Describe does, with spaces between.
func (c *Call) Arguments() string {
	words := make([]string, len(c.Args))
	for i := range c.Args {
		words[i] = c.Describe(i)
	}
	return strings.Join(words, " ")
}

type jsonArg struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Size     uint32 `json:"size"`
	Len      int8   `json:"len"`
	Optional bool   `json:"optional"`
}

type jsonCall struct {
	Nr      uint16    `json:"nr"`
	Name    string    `json:"name"`
	Where   string    `json:"where"`
	Args    []jsonArg `json:"args"`
	Returns string    `json:"returns"`
	Flags   []string  `json:"flags"`
	Errno   string    `json:"errno"`
	Note    string    `json:"note"`
}

func printJSON(w io.Writer, calls []*Call) error {
	list := make([]jsonCall, 0, len(calls))
	for _, c := range calls {
		args := make([]jsonArg, 0, len(c.Args))
		for _, a := range c.Args {
			args = append(args, jsonArg{a.Name, a.Kind.String(), a.Size, a.Len, a.Opt})
		}
		list = append(list, jsonCall{c.Nr, c.Name, c.Where.String(), args, c.Ret.String(), c.Flags.Names(), errnoName(c.Errno), c.Note})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}
