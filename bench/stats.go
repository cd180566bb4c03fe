// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"math"
	"slices"
)

// A Summary describes one side's batches of one measurement.
type Summary struct {
	Median float64 // ns per operation
	Min    float64
	Max    float64
	Spread float64 // interquartile range / median
	N      int     // batches
}

// Summarize returns the summary of costs, which it leaves as they are. No
// costs give the zero Summary.
func Summarize(costs []float64) Summary {
	if len(costs) == 0 {
		return Summary{}
	}
	sorted := slices.Clone(costs)
	slices.Sort(sorted)
	s := Summary{
		Median: quantile(sorted, 0.5),
		Min:    sorted[0],
		Max:    sorted[len(sorted)-1],
		N:      len(sorted),
	}
	s.Spread = Ratio(quantile(sorted, 0.75)-quantile(sorted, 0.25), s.Median)
	return s
}

// quantile returns the q-th quantile (0..1) of sorted, which is not empty,
// interpolating linearly between neighbours.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	below := int(math.Floor(at))
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	part := at - float64(below)
	return sorted[below] + part*(sorted[below+1]-sorted[below])
}

// Ratio returns cost/base, and 0 where that has no meaning (base is 0).
func Ratio(cost, base float64) float64 {
	if base == 0 {
		return 0
	}
	return cost / base
}

// moved reports whether a control's ratio is outside ControlTolerance.
func moved(ratio float64) bool {
	return !(math.Abs(ratio-1) <= ControlTolerance) // NaN counts as moved
}
