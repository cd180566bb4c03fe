// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Quantiles are those of single operations' times that programs print; 1 is
// the longest. prog/bench.h has the same list.
var Quantiles = []float64{0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 1}

// A Latency is the distribution of single operations' times.
type Latency struct {
	N  int       `json:"n"`  // operations
	NS []float64 `json:"ns"` // at Quantiles
}

// At returns the time at one of Quantiles, in ns.
func (l *Latency) At(q float64) float64 {
	i := slices.Index(Quantiles, q)
	if l == nil || i < 0 || i >= len(l.NS) {
		return math.NaN()
	}
	return l.NS[i]
}

// merge sums up what several visits saw: at each quantile the median of theirs,
// but for the longest, of which the longest is kept.
func merge(list []*Latency) *Latency {
	var all *Latency
	for _, l := range list {
		if l == nil {
			continue
		}
		if all == nil {
			all = &Latency{NS: make([]float64, len(Quantiles))}
		}
		all.N += l.N
	}
	if all == nil {
		return nil
	}
	for i := range Quantiles {
		var at []float64
		for _, l := range list {
			if l != nil {
				at = append(at, l.NS[i])
			}
		}
		slices.Sort(at)
		if all.NS[i] = quantile(at, 0.5); i == len(Quantiles)-1 {
			all.NS[i] = at[len(at)-1]
		}
	}
	return all
}

// A Detour is one time that a program which only computes lost.
type Detour struct {
	At    float64 // ns since the program began
	Took  float64 // ns
	Cause string  // what Linux counted meanwhile on that CPU; "unknown" if nothing
}

// UnmarshalJSON reads [at, took, "cause"].
func (d *Detour) UnmarshalJSON(text []byte) error {
	parts := [3]any{&d.At, &d.Took, &d.Cause}
	list := parts[:]
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	if len(list) != 3 {
		return fmt.Errorf("a detour is [at, took, cause], not %s", text)
	}
	return nil
}

// MarshalJSON writes [at, took, "cause"].
func (d Detour) MarshalJSON() ([]byte, error) { return json.Marshal([]any{d.At, d.Took, d.Cause}) }

// A CauseSum is all detours of one cause.
type CauseSum struct {
	Cause   string
	N       int
	Sum     float64 // ns
	Longest float64 // ns
}

// Causes sums detours up by cause, the costliest first.
func Causes(list []Detour) []CauseSum {
	at := map[string]int{}
	var sums []CauseSum
	for _, d := range list {
		i, ok := at[d.Cause]
		if !ok {
			i = len(sums)
			at[d.Cause] = i
			sums = append(sums, CauseSum{Cause: d.Cause})
		}
		s := &sums[i]
		s.N++
		s.Sum += d.Took
		s.Longest = math.Max(s.Longest, d.Took)
	}
	slices.SortStableFunc(sums, func(a, b CauseSum) int {
		switch {
		case a.Sum > b.Sum:
			return -1
		case a.Sum < b.Sum:
			return 1
		}
		return 0
	})
	return sums
}

// latencyOf makes a Latency of single times, which it sorts.
func latencyOf(times []float64) *Latency {
	slices.Sort(times)
	l := &Latency{N: len(times)}
	for _, q := range Quantiles {
		l.NS = append(l.NS, times[int(q*float64(len(times)-1)+0.5)])
	}
	return l
}
