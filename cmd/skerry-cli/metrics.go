package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/fwk/observe"
	"github.com/skerry-os/skerry/fwk/plan"
)

func newMetrics() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "metrics [--listen ADDRESS:PORT | --once]",
		Short: "Serve the counters of all enclaves to Prometheus",
		Long: `Answer GET /metrics with the counters of all of the caller's enclaves, in Prometheus's text format,
until interrupted. docs/observing.md has a scrape configuration and a dashboard.

Whoever can reach the address can read names, programs and counters: the default is this machine only.`,
		Example: `  skerry metrics --listen 127.0.0.1:9464
  skerry metrics --once`,
		DisableFlagsInUseLine: true,
		Args:                  noArgs,
	}
	listen := cmd.Flags().String("listen", "127.0.0.1:9464", "where to listen: `ADDRESS:PORT`; port 0 is any, and is told")
	once := cmd.Flags().Bool("once", false, "print the metrics and end")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *once {
			all, err := observe.All()
			if err != nil {
				return plan.Failure("cannot list the enclaves", err.Error(), "")
			}
			if _, err := cmd.OutOrStdout().Write(observe.Exposition(all)); err != nil {
				return fmt.Errorf("cannot print: %w", err)
			}
			return nil
		}
		l, err := net.Listen("tcp", *listen)
		if err != nil {
			do := "give another --listen ADDRESS:PORT"
			if errors.Is(err, syscall.EADDRINUSE) {
				do = "something listens there already; " + do
			}
			return plan.Failure("cannot listen", err.Error(), do)
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "skerry: metrics at http://%s/metrics\n", l.Addr())
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return observe.Serve(ctx, l)
	}
	return cmd
}
