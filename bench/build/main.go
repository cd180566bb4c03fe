// SPDX-License-Identifier: Apache-2.0

// Command build compiles the measurement programs of skerry's benchmark:
//
//	go run ./bench/build -o bin/bench
//
// Without a C compiler it says so and succeeds, so that a build of skerry
// itself needs nothing but Go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/skerry-os/skerry/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

// run builds into the directory that args name and returns the exit status.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("o", "bin/bench", "directory for the programs")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "build: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	cc, err := bench.Compiler()
	if errors.Is(err, bench.ErrNoCompiler) {
		fmt.Fprintf(stderr, "build: %v: the benchmark programs are left out, and `skerry bench` will not work; for them: apt-get install gcc libc6-dev\n", err)
		return 0
	}
	if err == nil {
		err = bench.Build(ctx, cc, *out)
	}
	if err != nil {
		fmt.Fprintf(stderr, "build: %v\n", err)
		return 1
	}
	return 0
}
