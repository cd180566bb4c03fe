// Command gosignals sends itself signals and takes them by channel; at the end it dies by one.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	c := make(chan os.Signal, 10)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGHUP, syscall.SIGTERM)
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGUSR2, syscall.SIGTERM} {
		for range 20 {
			if err := syscall.Kill(os.Getpid(), s); err != nil {
				fmt.Println(err)
				os.Exit(99)
			}
			if got := <-c; got != s {
				fmt.Println("FAIL", got, s)
				os.Exit(99)
			}
		}
		fmt.Println("ok", s)
	}
	signal.Ignore(syscall.SIGHUP)
	_ = syscall.Kill(os.Getpid(), syscall.SIGHUP)
	signal.Reset(syscall.SIGTERM)
	_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	select {}
}
