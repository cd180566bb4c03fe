// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A result that is read again says the same in every form.
func TestLoadedResultIsTheSame(t *testing.T) {
	rep := full(t)
	var first bytes.Buffer
	if err := rep.WriteJSON(&first); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "result.json")
	if err := os.WriteFile(path, first.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(*Report) (string, error){
		"json":  func(r *Report) (string, error) { var b bytes.Buffer; err := r.WriteJSON(&b); return b.String(), err },
		"csv":   func(r *Report) (string, error) { var b bytes.Buffer; err := r.WriteCSV(&b); return b.String(), err },
		"table": func(r *Report) (string, error) { var b bytes.Buffer; err := r.WriteTable(&b); return b.String(), err },
		"html":  func(r *Report) (string, error) { var b bytes.Buffer; err := r.WriteHTML(&b); return b.String(), err },
	} {
		a, err := write(rep)
		if err != nil {
			t.Fatal(err)
		}
		b, err := write(again)
		if err != nil {
			t.Fatal(err)
		}
		if a != b {
			la, lb := strings.Split(a, "\n"), strings.Split(b, "\n")
			for i := range min(len(la), len(lb)) {
				if la[i] != lb[i] {
					t.Errorf("%s, line %d:\n%s\n%s", name, i, la[i], lb[i])
				}
			}
		}
	}
	var out bytes.Buffer
	if err := Command(t.Context(), Request{Against: "linux", Format: "table", From: path}, &out, &out); err != nil {
		t.Error(err)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"nothing":   ``,
		"no list":   `{}`,
		"empty":     `[]`,
		"no run":    `[{"name":"getpid"}]`,
		"unknown":   `[{"name":"what","sides":[]},{"name":"run","base":"linux","other":"skerry"}]`,
		"side":      `[{"name":"getpid","sides":[{"side":"vms"}]},{"name":"run","base":"linux","other":"skerry"}]`,
		"quantiles": `[{"name":"getpid","sides":[{"side":"linux","rounds":[[1]],"latency":{"n":1,"ns":[1]}}]},{"name":"run","base":"linux","other":"skerry"}]`,
	} {
		path := filepath.Join(dir, "x.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(filepath.Join(dir, "none")); err == nil {
		t.Error("a file that is not there")
	}
}

func TestCSV(t *testing.T) {
	var out bytes.Buffer
	if err := full(t).WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err) // also where lines have different lengths
	}
	found := false
	for _, l := range lines {
		if l[1] == "getpid" && l[2] == "skerry" {
			found = l[3] == "3" && l[9] == "0.03" && l[14] == "true"
		}
	}
	if !found {
		t.Errorf("getpid is missing or wrong:\n%v", lines)
	}
}

func TestRedisCost(t *testing.T) {
	good := "\"test\",\"rps\"\n\"SET\",\"100000.00\",\"0.1\"\n\"GET\",\"50000.00\",\"0.2\"\n"
	if got, err := redisCost([]byte(good)); err != nil || got != 15000 {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "\"SET\",\"1\"\n", "\"SET\",\"x\"\n\"GET\",\"1\"\n", "\"SET\",\"0\"\n\"GET\",\"1\"\n", "a\"b\n"} {
		if got, err := redisCost([]byte(bad)); err == nil {
			t.Errorf("%q gave %v", bad, got)
		}
	}
}
