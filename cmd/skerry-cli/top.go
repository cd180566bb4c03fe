package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/observe"
	"github.com/skerry-os/skerry/fwk/plan"
)

func newTop() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "top [--every DURATION] [--count N] [--sort KEY]",
		Short: "Show live what enclaves do",
		Long: `Show the caller's enclaves and what they do: cores, threads, calls a second by who answers them, the
time of shipped calls (mean, and below which 99 % are), memory; and one of them in detail. The first
view is of the time since each began, the following ones of the time between two.

On a terminal: q ends it, up and down (or k, j) choose, c s i m t n p sort by calls, shipped calls, busy
cores, memory, threads, name, process. Elsewhere it prints the views as text, --count of them.`,
		Example: `  skerry top
  skerry top --count 2 --every 5s | tail -n +20`,
		DisableFlagsInUseLine: true,
		Args:                  noArgs,
	}
	every := cmd.Flags().Duration("every", time.Second, "time between two views: a `DURATION` such as 500ms")
	count := cmd.Flags().Int("count", 0, "end after `N` views (default: never on a terminal, else 1)")
	sort := choiceFlag(cmd, "sort", "what comes first", "calls", "shipped", "busy", "memory", "threads", "name", "process")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *every < 10*time.Millisecond {
			return plan.Failure("bad --every", every.String(), "give at least 10ms")
		}
		keys := map[string]byte{"calls": 'c', "shipped": 's', "busy": 'i', "memory": 'm', "threads": 't', "name": 'n', "process": 'p'}
		v := &observe.View{Sort: keys[sort.value]}
		if out, ok := cmd.OutOrStdout().(*os.File); ok {
			if in, ok := cmd.InOrStdin().(*os.File); ok {
				if t, err := openScreen(in, out); err == nil {
					defer t.close()
					return live(v, t, *every, *count)
				}
			}
		}
		return printed(cmd.OutOrStdout(), v, *every, max(*count, 1))
	}
	return cmd
}

// printed writes the views as text.
func printed(w io.Writer, v *observe.View, every time.Duration, count int) error {
	for i := range count {
		if i > 0 {
			time.Sleep(every)
			fmt.Fprintln(w)
		}
		all, err := observe.All()
		if err != nil {
			return plan.Failure("cannot list the enclaves", err.Error(), "")
		}
		v.Look(all)
		if _, err := io.WriteString(w, strings.Join(v.Lines(0, 0, true), "\n")+"\n"); err != nil {
			return fmt.Errorf("cannot print: %w", err)
		}
	}
	return nil
}

// live shows the views on a terminal until a key ends it.
func live(v *observe.View, t *screen, every time.Duration, count int) error {
	keys := make(chan string)
	go t.keys(keys)
	ends := make(chan os.Signal, 2)
	signal.Notify(ends, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGWINCH)
	defer signal.Stop(ends)
	tick := time.NewTicker(every)
	defer tick.Stop()
	look := func() error {
		all, err := observe.All()
		if err != nil {
			return plan.Failure("cannot list the enclaves", err.Error(), "")
		}
		v.Look(all)
		return nil
	}
	if err := look(); err != nil {
		return err
	}
	for shown := 1; ; {
		t.show(v)
		select {
		case key, ok := <-keys:
			if !ok || v.Press(key) {
				return nil
			}
		case s := <-ends:
			if s != syscall.SIGWINCH {
				return nil
			}
		case <-tick.C:
			if shown++; count > 0 && shown > count {
				return nil
			}
			if err := look(); err != nil {
				return err
			}
		}
	}
}

// screen is a terminal whose keys come one by one, with the alternate screen shown.
type screen struct {
	in, out *os.File
	was     unix.Termios
}

// openScreen fails where in or out is no terminal.
func openScreen(in, out *os.File) (*screen, error) {
	t := &screen{in: in, out: out}
	was, err := unix.IoctlGetTermios(int(in.Fd()), unix.TCGETS)
	if err != nil {
		return nil, err
	}
	if _, err := unix.IoctlGetTermios(int(out.Fd()), unix.TCGETS); err != nil {
		return nil, err
	}
	t.was = *was
	raw := *was
	raw.Lflag &^= unix.ICANON | unix.ECHO
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(int(in.Fd()), unix.TCSETS, &raw); err != nil {
		return nil, err
	}
	_, _ = out.WriteString("\x1b[?1049h\x1b[?25l") // at worst it is not shown
	return t, nil
}

func (t *screen) close() {
	_, _ = t.out.WriteString("\x1b[?25h\x1b[?1049l")
	_ = unix.IoctlSetTermios(int(t.in.Fd()), unix.TCSETS, &t.was) // of a terminal that is gone
}

// keys reads keys, an escape sequence as one; it closes the channel at the end of input.
func (t *screen) keys(to chan<- string) {
	var b [16]byte
	for {
		n, err := t.in.Read(b[:])
		if err != nil || n == 0 {
			close(to)
			return
		}
		if b[0] == '\x1b' {
			to <- string(b[:n])
			continue
		}
		for _, c := range b[:n] {
			to <- string(c)
		}
	}
}

func (t *screen) show(v *observe.View) {
	height, width := 24, 80
	if w, err := unix.IoctlGetWinsize(int(t.out.Fd()), unix.TIOCGWINSZ); err == nil && w.Row > 0 && w.Col > 0 {
		height, width = int(w.Row), int(w.Col)
	}
	lines := v.Lines(height, width, false)
	_, _ = t.out.WriteString("\x1b[H" + strings.Join(lines, "\x1b[K\r\n") + "\x1b[K\x1b[J") // at worst it is not shown
}
