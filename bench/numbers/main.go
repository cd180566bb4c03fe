// SPDX-License-Identifier: Apache-2.0

// Command numbers puts a result of `skerry bench --format json` into the marked
// places of documents:
//
//	go run ./bench/numbers docs/numbers.json docs/performance.md README.md
//
// A document is written only if something in it changed.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/skerry-os/skerry/bench"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	if len(args) < 2 {
		fmt.Fprintln(stderr, "usage: numbers RESULT.json DOCUMENT...")
		return 2
	}
	report, err := bench.Load(args[0])
	for _, path := range args[1:] {
		if err == nil {
			err = fill(report, path)
		}
	}
	if err != nil {
		fmt.Fprintf(stderr, "numbers: %v\n", err)
		return 1
	}
	return 0
}

func fill(report *bench.Report, path string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err := report.Fill(string(old))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if text == string(old) {
		return nil
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
