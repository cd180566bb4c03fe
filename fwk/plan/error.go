package plan

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Exit statuses of skerry when the program did not get to have one, as env(1) and its relatives
// have them.
const (
	StatusFailure   = 125 // skerry's own: a bad flag, CPUs or memory that are not there, no platform
	StatusNotRun    = 126 // the program is there but cannot be run
	StatusNotFound  = 127 // there is no such program
	StatusSignalled = 128 // plus the signal's number
)

// Error says what failed, on what, and what the user can do; On and Do may be empty. Status is the
// exit status that it leads to.
type Error struct {
	Status       int
	What, On, Do string
}

func (e *Error) Error() string {
	s := e.What
	if e.On != "" {
		s += ": " + e.On
	}
	if e.Do != "" {
		s += ": " + e.Do
	}
	return s
}

// Failure is an Error of skerry's own, status 125.
func Failure(what, on, do string) *Error {
	return &Error{Status: StatusFailure, What: what, On: on, Do: do}
}

// quote makes a user's text safe to print on one line, and visible when it is empty.
func quote(s string) string { return strconv.Quote(s) }

// show is a path as it is when it is plain, else quoted.
func show(path string) string {
	for i := range len(path) {
		if path[i] <= ' ' || path[i] == 0x7f {
			return quote(path)
		}
	}
	if path == "" {
		return quote(path)
	}
	return path
}

// Report prints err in the one form that all of skerry's errors have and returns the exit status: an
// Error's own, 0 without one, else 1.
func Report(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "skerry: %v\n", err)
	var failure *Error
	if errors.As(err, &failure) {
		return failure.Status
	}
	return 1
}
