package image

import (
	"bytes"
	"strings"
	"syscall"
)

// scriptHead is how much of a script Linux looks at (BINPRM_BUF_SIZE); the last byte is never part of
// the line.
const scriptHead = 256

const blankOrNUL = " \t\x00"

// Script reads the "#!" line at the start of head, the first 256 bytes of a file (more are ignored,
// fewer are a shorter file). ok is false, and everything else empty, if head does not begin with "#!".
//
// The rules are those of Linux's binfmt_script: the line is cut at 255 bytes, which is an error if it
// cuts the interpreter's path and silent if it cuts the argument; blanks before and behind both are
// dropped; everything behind the path is one argument, "" if there is none; a NUL, or the end of the
// file, ends a line too, but then blanks at the end of an argument stay. (One difference: where such a
// line has blanks and no argument, Linux passes an empty argument, and Script finds none.)
// The program that runs instead is interp with the arguments interp, arg (if not ""), the script's
// path, and the caller's arguments from the second on.
//
// err is an *Error with ENOEXEC, or EACCES (Linux tries the current directory) for a path that is empty
// because a NUL stands for it; ok is then true.
func Script(head []byte) (interp, arg string, ok bool, err error) {
	if len(head) < 2 || head[0] != '#' || head[1] != '!' {
		return "", "", false, nil
	}
	var buf [scriptHead]byte // a short file is followed by NULs
	copy(buf[:], head)

	line, cut := buf[2:scriptHead-1], true
	if i := bytes.IndexAny(buf[:], "\n\x00"); i >= 0 && buf[i] == '\n' {
		line, cut = buf[2:i], false
	}
	text := strings.Trim(string(line), " \t")
	if len(text) == 0 {
		return "", "", true, noexec("the #! line names no interpreter")
	}
	// A path that reaches the end of what was read may go on behind it, unless the byte there says no.
	if cut && len(line) == len(strings.TrimRight(string(line), " \t")) && !strings.ContainsAny(text, blankOrNUL) &&
		!strings.Contains(blankOrNUL, string(buf[scriptHead-1:])) {
		return "", "", true, noexec("the interpreter path in the #! line is longer than the %d bytes that are read", scriptHead-3)
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	if len(text) == 0 {
		return "", "", true, &Error{Errno: syscall.EACCES, Reason: "the #! line ends before it names an interpreter"}
	}
	i := strings.IndexAny(text, " \t")
	if i < 0 {
		return text, "", true, nil
	}
	return text[:i], strings.TrimLeft(text[i:], " \t"), true, nil
}
