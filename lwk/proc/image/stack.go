package image

import (
	"encoding/binary"
	"fmt"
	"strings"
	"syscall"
)

const (
	// maxString is the longest argument or environment string, with its NUL (Linux's MAX_ARG_STRLEN).
	maxString = 32 * PageSize
	// maxStrings and minStrings bound what all strings and their pointers may take together.
	maxStrings = 6 << 20
	minStrings = 128 << 10
	// defaultStackLimit is RLIMIT_STACK where nobody changed it.
	defaultStackLimit = 8 << 20

	platform = "x86_64"
)

// StackConfig is what the first stack of a program is made from.
type StackConfig struct {
	Top    uint64   // address of the stack's end, a multiple of 16
	Limit  uint64   // RLIMIT_STACK in bytes; 0 means 8 MiB
	Args   []string // argv; an empty one becomes one empty string, as in Linux since 5.18
	Env    []string
	ExecFn string // path of the program; make it absolute, glibc asserts that it is
	Aux    []AuxEntry
	Random [16]byte // for AT_RANDOM, from a good source
}

// Stack builds the bytes of a new program's stack as Linux lays them out on x86-64 and the stack
// pointer to start with: the image goes to [sp, Top), sp is a multiple of 16. From sp up:
//
//	argc | argv... 0 | envp... 0 | aux pairs... AT_NULL 0 | (gap) | 16 random bytes | "x86_64" |
//	(gap) | argv strings | envp strings | execfn | 8 zero bytes
//
// AT_RANDOM, AT_EXECFN and AT_PLATFORM get their addresses here, and are added if Aux lacks them.
// Aux ends at its first AT_NULL. Errors are *Error: E2BIG by Linux's limits (a string over 128 KiB;
// strings and pointers over 6 MiB or a quarter of Limit, whichever is less, but 128 KiB always fit),
// EINVAL for a string with a NUL byte or a Top that does not do.
func Stack(cfg StackConfig) (image []byte, sp uint64, err error) {
	if cfg.Top%16 != 0 || cfg.Top > UserEnd {
		return nil, 0, stackError(syscall.EINVAL, "stack top %#x is not a multiple of 16 below %#x", cfg.Top, uint64(UserEnd))
	}
	args := cfg.Args
	if len(args) == 0 {
		args = []string{""}
	}
	strs, err := measure(cfg, args)
	if err != nil {
		return nil, 0, err
	}
	aux := completeAux(cfg.Aux)

	// Downwards, in distances from Top: each is where the named thing begins.
	dStrings := 8 + strs
	dPlatform := roundUp(dStrings, 16) + uint64(len(platform)) + 1
	dRandom := dPlatform + uint64(len(cfg.Random))
	words := 1 + uint64(len(args)) + 1 + uint64(len(cfg.Env)) + 1 + 2*uint64(len(aux))
	size := roundUp(dRandom+8*words, 16)
	if size > cfg.Top {
		return nil, 0, stackError(syscall.EINVAL, "stack top %#x leaves no room for %d bytes of arguments", cfg.Top, size)
	}
	sp = cfg.Top - size
	w := stackWriter{image: make([]byte, size), sp: sp, str: cfg.Top - dStrings}

	w.word(uint64(len(args)))
	for _, s := range args {
		w.pointer(s)
	}
	w.word(0)
	for _, s := range cfg.Env {
		w.pointer(s)
	}
	w.word(0)
	execFn := w.str
	w.put(execFn, cfg.ExecFn)
	w.put(cfg.Top-dPlatform, platform)
	copy(w.image[size-dRandom:], cfg.Random[:])
	for _, a := range aux {
		switch a.Tag {
		case ATRandom:
			a.Value = cfg.Top - dRandom
		case ATPlatform:
			a.Value = cfg.Top - dPlatform
		case ATExecfn:
			a.Value = execFn
		}
		w.word(a.Tag)
		w.word(a.Value)
	}
	return w.image, sp, nil
}

// measure is the length of all strings with their NULs, checked against the limits.
func measure(cfg StackConfig, args []string) (total uint64, err error) {
	limit := orElse(cfg.Limit, defaultStackLimit) / 4
	limit = max(min(limit, maxStrings), minStrings)
	total = uint64(len(cfg.ExecFn)) + 1
	if strings.IndexByte(cfg.ExecFn, 0) >= 0 {
		return 0, stackError(syscall.EINVAL, "program path %q holds a NUL byte", cfg.ExecFn)
	}
	for i, list := range [2][]string{args, cfg.Env} {
		what := [2]string{"argument", "environment string"}[i]
		for n, s := range list {
			if len(s) >= maxString {
				return 0, stackError(syscall.E2BIG, "%s %d has %d bytes, at most %d are accepted", what, n, len(s), maxString-1)
			}
			if strings.IndexByte(s, 0) >= 0 {
				return 0, stackError(syscall.EINVAL, "%s %d holds a NUL byte", what, n)
			}
			total += uint64(len(s)) + 1
		}
	}
	if all := total + 8*uint64(len(args)+len(cfg.Env)); all > limit {
		return 0, stackError(syscall.E2BIG,
			"arguments and environment take %d bytes, at most %d are accepted; pass less, or raise the stack limit (ulimit -s)", all, limit)
	}
	return total, nil
}

// completeAux is aux up to its AT_NULL, with the three that Stack fills in, and one AT_NULL.
func completeAux(aux []AuxEntry) []AuxEntry {
	out := make([]AuxEntry, 0, len(aux)+4)
	missing := [3]uint64{ATRandom, ATExecfn, ATPlatform}
	for _, a := range aux {
		if a.Tag == ATNull {
			break
		}
		for i, tag := range missing {
			if a.Tag == tag {
				missing[i] = ATNull
			}
		}
		out = append(out, a)
	}
	for _, tag := range missing {
		if tag != ATNull {
			out = append(out, AuxEntry{Tag: tag})
		}
	}
	return append(out, AuxEntry{Tag: ATNull})
}

// stackWriter fills the image: words upwards from sp, strings upwards from str.
type stackWriter struct {
	image []byte
	sp    uint64 // address of image[0]
	at    uint64 // index of the next word
	str   uint64 // address of the next string
}

func (w *stackWriter) word(v uint64) {
	binary.LittleEndian.PutUint64(w.image[w.at:], v)
	w.at += 8
}

// pointer writes the next string and a word that points to it.
func (w *stackWriter) pointer(s string) {
	w.word(w.str)
	w.put(w.str, s)
	w.str += uint64(len(s)) + 1
}

// put writes s at addr; its NUL is there already.
func (w *stackWriter) put(addr uint64, s string) { copy(w.image[addr-w.sp:], s) }

func roundUp(n, to uint64) uint64 { return (n + to - 1) / to * to }

func stackError(errno syscall.Errno, format string, args ...any) error {
	return &Error{Errno: errno, Reason: fmt.Sprintf(format, args...)}
}
