// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"time"
)

// A Target bounds the cost on skerry, in terms of what the same run measured
// on Linux. The zero Target bounds nothing.
type Target struct {
	form  targetForm
	value float64
}

type targetForm int

const (
	formNone targetForm = iota
	formRatio
	formOver
	formRoundTrip
	formThroughput
)

// AtMost is the target skerry <= ratio * linux.
func AtMost(ratio float64) Target { return Target{formRatio, ratio} }

// Within is the target skerry <= linux + d.
func Within(d time.Duration) Target { return Target{formOver, float64(d.Nanoseconds())} }

// OverRoundTrip is the target skerry <= factor * (linux + the round trip of a
// cache line between two cores): what shipping a call cannot avoid.
func OverRoundTrip(factor float64) Target { return Target{formRoundTrip, factor} }

// Throughput is the target that skerry gets at least part of Linux's
// operations per second.
func Throughput(part float64) Target { return Target{formThroughput, part} }

// Ratio returns the target as a bound on skerry/linux, given the cost on Linux
// and of a cache line's round trip in ns (0: not known). False if there is no
// bound, or not enough is known to state it.
func (t Target) Ratio(linux, line float64) (float64, bool) {
	switch {
	case t.form == formRatio:
		return t.value, true
	case t.form == formThroughput:
		return 1 / t.value, true
	case t.form == formOver && linux > 0:
		return (linux + t.value) / linux, true
	case t.form == formRoundTrip && linux > 0 && line > 0:
		return t.value * (linux + line) / linux, true
	}
	return 0, false
}

// String says the target as a formula: what skerry's cost may be at most.
func (t Target) String() string {
	switch t.form {
	case formRatio:
		return fmt.Sprintf("%g x linux", t.value)
	case formOver:
		return fmt.Sprintf("linux + %v", time.Duration(t.value))
	case formRoundTrip:
		return fmt.Sprintf("%g x (linux + %s)", t.value, roundTrip)
	case formThroughput:
		return fmt.Sprintf("%g of linux's throughput", t.value)
	}
	return ""
}
