package proxy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/skerry-os/skerry/abi"
)

// span is a range of addresses, end excluded.
type span struct{ start, end uint64 }

// window is where program addresses may be: sorted, disjoint, in whole granules. It does not change once
// it is made. After each span there is a guard of one granule, reserved as the window is and never used,
// so that what begins inside and is shorter than a granule ends there at worst.
type window []span

// guardSize is the length of the guards, and so the most that start admits.
const guardSize = abi.Granule

// holds reports whether [at, at+n) lies in one span.
func (w window) holds(at, n uint64) bool {
	for _, s := range w {
		if at >= s.start && at < s.end {
			return n <= s.end-at
		}
	}
	return false
}

// starts reports whether at lies in a span.
func (w window) starts(at uint64) bool {
	for _, s := range w {
		if at >= s.start && at < s.end {
			return true
		}
	}
	return false
}

// wholeWindow is where programs, libraries, heaps and stacks lie, before what the process itself has
// there is taken out: from the second granule on (Linux forbids the first pages) to where Linux puts what
// it places itself.
var wholeWindow = span{abi.Granule, 0x7d0000000000}

// gaps returns the spans of w that no mapping touches, in whole granules, each without its guard.
func gaps(w span, mapped []span) window {
	var out window
	at := w.start
	add := func(end uint64) {
		if end = end &^ (abi.Granule - 1); end > at && end-at > guardSize {
			out = append(out, span{at, end - guardSize})
		}
	}
	for _, m := range mapped {
		if m.end <= at {
			continue
		}
		if m.start >= w.end {
			break
		}
		if m.start > at {
			add(m.start)
		}
		at = (m.end + abi.Granule - 1) &^ (abi.Granule - 1)
	}
	if at < w.end {
		add(w.end)
	}
	return out
}

// mappings reads what this process has mapped. It makes system calls by itself: package os would have the
// runtime open descriptors of its own.
func mappings() ([]span, error) {
	fd, err := syscall.Open("/proc/self/maps", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("proxy: /proc/self/maps: %w; is /proc mounted?", err)
	}
	defer syscall.Close(fd)
	text := make([]byte, 0, 64<<10)
	for {
		n, err := syscall.Read(fd, text[len(text):cap(text)])
		if err != nil {
			return nil, fmt.Errorf("proxy: /proc/self/maps: %w", err)
		}
		if n == 0 {
			break
		}
		if text = text[:len(text)+n]; len(text) == cap(text) {
			text = slices.Grow(text, len(text))
		}
	}
	return parseMaps(string(text))
}

func parseMaps(text string) ([]span, error) {
	var out []span
	for line := range strings.Lines(text) {
		r, _, _ := strings.Cut(line, " ")
		low, high, ok := strings.Cut(r, "-")
		start, e1 := strconv.ParseUint(low, 16, 64)
		end, e2 := strconv.ParseUint(high, 16, 64)
		if !ok || e1 != nil || e2 != nil {
			return nil, fmt.Errorf("proxy: /proc/self/maps has a line that is not understood: %q", line)
		}
		out = append(out, span{start, end})
	}
	return out, nil
}

// reserved is the complement of the window.
func (s *space) reserved() (r [64][2]uint64) {
	at, n := uint64(0), 0
	for _, w := range s.window {
		if w.start > at {
			r[n] = [2]uint64{at, w.start}
			n++
		}
		at = w.end
	}
	r[n] = [2]uint64{at, 1 << 47}
	return r
}
