package triage

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestPrintTable(t *testing.T) {
	var b bytes.Buffer
	if err := Print(&b, []string{"read", "39", "uselib"}, "table"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines:\n%s", len(lines), &b)
	}
	for i, want := range [][]string{
		{"NR", "NAME", "WHERE", "ARGUMENTS", "FLAGS", "NOTE"},
		{"0", "read", "ship", "fd:FD", "buf:BufOut[count]", "count:Size", "MayBlock,Restart,TimeoutEINTR", "-"},
		{"39", "getpid", "local", "-", "-", "Known"},
		{"134", "uselib", "refuse", "ENOSYS", "library:Path(4096)"},
	} {
		if words := strings.Fields(lines[i]); len(words) < len(want) || !slices.Equal(words[:len(want)], want) {
			t.Errorf("line %d is %q, want it to begin with %q", i, words, want)
		}
	}
}

func TestPrintJSON(t *testing.T) {
	var b bytes.Buffer
	if err := Print(&b, nil, "json"); err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	if err := json.Unmarshal(b.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != len(All()) {
		t.Fatalf("%d objects for %d calls", len(list), len(All()))
	}
	for _, o := range list {
		for _, key := range []string{"nr", "name", "where", "args", "returns", "flags", "errno", "note"} {
			if v, ok := o[key]; !ok || v == nil {
				t.Fatalf("%v: no %s", o["name"], key)
			}
		}
	}
	arg := list[1]["args"].([]any)[1].(map[string]any)
	if list[1]["name"] != "write" || arg["name"] != "buf" || arg["kind"] != "BufIn" || arg["len"] != 2.0 || arg["size"] != 1.0 || arg["optional"] != false {
		t.Errorf("write is %v", list[1])
	}
}

func TestPrintErrors(t *testing.T) {
	for _, x := range []struct{ name, want string }{
		{"raed", "read"}, {"gettimofday", "gettimeofday"}, {"epoll", "epoll_ctl"}, {"MMAP", "mmap"}, {"qqqqqqqqqqqq", "no such name"},
		{"100000", "no such number"}, {"-3", "no such number"}, {"", "no such name"},
	} {
		var b bytes.Buffer
		err := Print(&b, []string{"read", x.name}, "table")
		if err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), x.name) {
			t.Errorf("%q: %v, want %q in it", x.name, err, x.want)
		}
		if b.Len() != 0 {
			t.Errorf("%q: output with an error", x.name)
		}
	}
	if err := Print(io.Discard, nil, "yaml"); err == nil || !strings.Contains(err.Error(), "json") {
		t.Errorf("format yaml: %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestPrintReportsWriteErrors(t *testing.T) {
	for _, format := range []string{"table", "json"} {
		if err := Print(brokenWriter{}, nil, format); err == nil {
			t.Errorf("%s: no error from a writer that fails", format)
		}
	}
}
