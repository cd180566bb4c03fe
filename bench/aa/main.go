// SPDX-License-Identifier: Apache-2.0

// Command aa runs skerry's benchmark with any command in the place of
// `skerry run`. With one that does nothing but pin, both sides are Linux, and
// what the ratios then show is this machine's noise:
//
//	go run ./bench/aa
//	go run ./bench/aa -quick -with 'bin/skerry run --cpus 1-1 --' getpid compute
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/skerry-os/skerry/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "aa: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cpu, err := bench.EnclaveCPU()
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet("aa", flag.ContinueOnError)
	flags.SetOutput(stderr)
	with := flags.String("with", "taskset -c "+bench.CPUList(cpu), "command before each program of the second side")
	format := flags.String("format", "table", "table, json or csv")
	html := flags.String("html", "", "write a page with plots to this file as well")
	from := flags.String("from", "", "measure nothing: report on this file of an earlier -format json")
	quick := flags.Bool("quick", false, "fewer rounds and batches")
	if err := flags.Parse(args); err != nil {
		return err
	}
	prefix := strings.Fields(*with)
	if len(prefix) == 0 {
		return fmt.Errorf("-with needs a command")
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	return bench.Command(ctx, bench.Request{
		Names: flags.Args(), Against: "linux", Format: *format, Quick: *quick, HTML: *html, From: *from,
		Exe: exe, Other: bench.Prefix{Label: prefix[0], Argv: prefix},
	}, stdout, stderr)
}
