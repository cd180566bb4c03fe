package image

import (
	"errors"
	"fmt"
	"syscall"
)

// Error says why a file cannot be started. errors.Is finds its Errno, which is what execve(2) returns
// to a program: ENOEXEC for an image that cannot run here, ELIBBAD for an interpreter that cannot,
// E2BIG for arguments that do not fit, EINVAL for a caller's mistake, or the error of a read.
type Error struct {
	Errno syscall.Errno
	// Path is the file, if known. Parse is not told its name: whoever opened the file sets it.
	Path   string
	Reason string // for a human: what is wrong and, where there is one, the way out
}

// Error is the path and the reason.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Reason
	}
	return e.Path + ": " + e.Reason
}

// Unwrap returns the Errno.
func (e *Error) Unwrap() error { return e.Errno }

// AtPath sets the path in err if err is an *Error that has none yet, and returns err.
func AtPath(err error, path string) error {
	var e *Error
	if errors.As(err, &e) && e.Path == "" {
		e.Path = path
	}
	return err
}

func noexec(format string, args ...any) error {
	return &Error{Errno: syscall.ENOEXEC, Reason: fmt.Sprintf(format, args...)}
}

// readError is a failed read of what; the kernel's own error number is kept if there is one.
func readError(what string, err error) error {
	errno := syscall.EIO
	var e syscall.Errno
	if errors.As(err, &e) && e != 0 {
		errno = e
	}
	return &Error{Errno: errno, Reason: fmt.Sprintf("cannot read %s: %v", what, err)}
}
