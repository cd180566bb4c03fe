package diff

import (
	"os"
	"os/signal"
	"syscall"
)

// Hear has programs that the tests start hear SIGHUP and SIGINT, although whoever started the tests, such as nohup or
// a script's background, ignores them: what is handled here is a signal's default action there.
func Hear() {
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
}
