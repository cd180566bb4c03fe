// Package compat runs real software on Linux and on skerry and compares test by test: shells, compilers,
// git, the Go and Python standard libraries' own tests, servers, MPI, stress-ng.
//
// A suite yields named outcomes. What passes on Linux must pass on skerry; each exception is listed,
// with its reason, in reasons.go. `make test` runs the short suites, `make compat` all of them, and
// writes docs/compatibility.md from what it saw.
package compat
