package compat

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// What suites showed is kept in a file, so that the table can be written anew from several runs, each of
// some suites, or after a reason was added.

type savedRow struct {
	Missing       string `json:",omitempty"`
	Linux, Skerry int
	Differences   map[string]verdict `json:",omitempty"`
}

type savedRows map[string]savedRow

func load(file string) (savedRows, error) {
	rows := savedRows{}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return rows, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it and run all suites again", file, err)
	}
	return rows, nil
}

// save adds a row to the file.
func save(file string, r *row) error {
	rows, err := load(file)
	if err != nil {
		return err
	}
	s := savedRow{Missing: r.missing, Linux: r.linux, Skerry: r.skerry, Differences: map[string]verdict{}}
	for _, d := range r.differences {
		s.Differences[d.test] = d.got
	}
	rows[r.suite.name] = s
	text, err := json.MarshalIndent(rows, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// rows are those of the file in the order of the table.
func (s savedRows) rows() (list []row) {
	for _, suite := range suites() {
		k, ok := s[suite.name]
		if !ok {
			k.Missing = "not yet to its end"
		}
		r := row{suite: suite, missing: k.Missing, linux: k.Linux, skerry: k.Skerry}
		o := outcomes{}
		for test := range k.Differences {
			o[test] = pass
		}
		r.differences = differences(suite.name, o, k.Differences)
		list = append(list, r)
	}
	return list
}
