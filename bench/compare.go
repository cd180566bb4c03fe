// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"math"
	"math/rand/v2"
	"slices"
)

// An Interval holds a ratio with 95 % confidence; the zero Interval says that
// there were too few rounds to tell.
type Interval struct{ Low, High float64 }

// Known reports whether there is an interval.
func (i Interval) Known() bool { return i.High > 0 }

// Differs reports whether 1 is outside: the two sides do not cost the same.
func (i Interval) Differs() bool { return i.Known() && (i.Low > 1 || i.High < 1) }

// resamples is how often the bootstrap draws.
const resamples = 1000

// ratioInterval is the 95 % interval of median(other)/median(base) by a
// bootstrap in two levels: first rounds, then batches within each. Batches of
// one round share a process and some seconds of the machine, so that they are
// not independent; a test that took them for that would be sure of too much.
// Both sides of a round are drawn together, since they met the same machine.
// It needs two rounds, and is the same for the same costs.
func ratioInterval(base, other [][]float64) Interval {
	n := min(len(base), len(other))
	if n < 2 {
		return Interval{}
	}
	random := rand.New(rand.NewPCG(1, uint64(n)))
	ratios := make([]float64, 0, resamples)
	var b, o []float64
	for range resamples {
		b, o = b[:0], o[:0]
		for range n {
			round := random.IntN(n)
			b = resample(random, b, base[round])
			o = resample(random, o, other[round])
		}
		slices.Sort(b)
		slices.Sort(o)
		if len(b) == 0 || len(o) == 0 || quantile(b, 0.5) == 0 {
			return Interval{}
		}
		ratios = append(ratios, quantile(o, 0.5)/quantile(b, 0.5))
	}
	slices.Sort(ratios)
	return Interval{quantile(ratios, 0.025), quantile(ratios, 0.975)}
}

// resample appends as many of from as there are, drawn with replacement.
func resample(random *rand.Rand, to, from []float64) []float64 {
	for range from {
		to = append(to, from[random.IntN(len(from))])
	}
	return to
}

// mannWhitney is the two-sided p-value of the Mann-Whitney U test: how likely
// samples so far apart are when both come from one distribution. It is exact
// for small samples without ties, else by the normal approximation with
// corrections for ties and continuity. 1 if a sample is empty.
func mannWhitney(a, b []float64) float64 {
	n, m := len(a), len(b)
	if n == 0 || m == 0 {
		return 1
	}
	var u, ties float64
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
				ties++
			}
		}
	}
	u = math.Min(u, float64(n*m)-u)
	if ties == 0 && n*m <= 400 {
		return exactU(n, m, int(u))
	}
	both := append(slices.Clone(a), b...)
	slices.Sort(both)
	var correction float64
	for i := 0; i < len(both); {
		j := i
		for j < len(both) && both[j] == both[i] {
			j++
		}
		t := float64(j - i)
		correction += t*t*t - t
		i = j
	}
	total := float64(n + m)
	variance := float64(n*m) / 12 * (total + 1 - correction/(total*(total-1)))
	if variance <= 0 {
		return 1 // all the same
	}
	z := (float64(n*m)/2 - u - 0.5) / math.Sqrt(variance)
	return math.Min(1, math.Erfc(math.Max(0, z)/math.Sqrt2))
}

// exactU is the two-sided probability of a U of at most u, which is at most
// half of n*m. ways[i][j][k], the number of orders of i and j values whose U
// is k, follows from whether the last value is one of the i or of the j.
func exactU(n, m, u int) float64 {
	ways := make([][]float64, m+1) // for i values of the first: [j][k]
	for j := range ways {
		ways[j] = make([]float64, n*m+1)
		ways[j][0] = 1
	}
	for range n {
		next := make([][]float64, m+1)
		for j := range next {
			next[j] = make([]float64, n*m+1)
			for k := range next[j] {
				if k >= j {
					next[j][k] = ways[j][k-j] // last is of the first: above all j
				}
				if j > 0 {
					next[j][k] += next[j-1][k]
				}
			}
		}
		ways = next
	}
	var below, all float64
	for k, w := range ways[m] {
		all += w
		if k <= u {
			below += w
		}
	}
	return math.Min(1, 2*below/all)
}

// medians returns the median of each round.
func medians(rounds [][]float64) []float64 {
	list := make([]float64, 0, len(rounds))
	for _, r := range rounds {
		if s := Summarize(r); s.N > 0 {
			list = append(list, s.Median)
		}
	}
	return list
}
