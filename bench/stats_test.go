// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"math"
	"math/rand"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSummarize(t *testing.T) {
	for _, c := range []struct {
		costs []float64
		want  Summary
	}{
		{nil, Summary{}},
		{[]float64{7}, Summary{Median: 7, Min: 7, Max: 7, N: 1}},
		{[]float64{4, 2}, Summary{Median: 3, Min: 2, Max: 4, Spread: 1.0 / 3, N: 2}},
		{[]float64{5, 1, 3, 2, 4}, Summary{Median: 3, Min: 1, Max: 5, Spread: 2.0 / 3, N: 5}},
		// One wild batch moves neither median nor spread.
		{[]float64{10, 10, 10, 10, 10, 9000}, Summary{Median: 10, Min: 10, Max: 9000, N: 6}},
	} {
		if got := Summarize(c.costs); got != c.want {
			t.Errorf("Summarize(%v) = %+v, want %+v", c.costs, got, c.want)
		}
	}
}

func costs(t *rapid.T) []float64 {
	return rapid.SliceOfN(rapid.Float64Range(1e-3, 1e9), 1, 60).Draw(t, "costs")
}

func near(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

func TestSummaryProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := costs(t)
		before := slices.Clone(in)
		s := Summarize(in)
		if !slices.Equal(in, before) {
			t.Fatal("the argument was changed")
		}
		if s.N != len(in) || s.Min != slices.Min(in) || s.Max != slices.Max(in) {
			t.Fatalf("%+v does not bound %v", s, in)
		}
		if s.Median < s.Min || s.Median > s.Max || s.Spread < 0 || s.Spread > (s.Max-s.Min)/s.Median+1e-9 {
			t.Fatalf("%+v is out of its own bounds", s)
		}
		// Half of the costs are on either side of the median.
		var below, above int
		for _, c := range in {
			if c < s.Median {
				below++
			}
			if c > s.Median {
				above++
			}
		}
		if 2*below > len(in) || 2*above > len(in) {
			t.Fatalf("median %v has %d below and %d above, of %d", s.Median, below, above, len(in))
		}

		mixed := slices.Clone(in)
		rand.New(rand.NewSource(rapid.Int64().Draw(t, "order"))).Shuffle(len(mixed), func(i, j int) {
			mixed[i], mixed[j] = mixed[j], mixed[i]
		})
		if Summarize(mixed) != s {
			t.Fatal("the order of the batches matters")
		}

		k := rapid.Float64Range(0.01, 100).Draw(t, "k")
		scaled := slices.Clone(in)
		for i := range scaled {
			scaled[i] *= k
		}
		u := Summarize(scaled)
		if !near(u.Median, k*s.Median) || !near(u.Spread, s.Spread) {
			t.Fatalf("in another unit (x %v): %+v, was %+v", k, u, s)
		}
		if !near(Ratio(u.Median, s.Median), k) || Ratio(s.Median, s.Median) != 1 {
			t.Fatalf("ratio of medians %v and %v is not %v", u.Median, s.Median, k)
		}
	})
}

func TestSpreadIgnoresAShift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := costs(t)
		shift := rapid.Float64Range(0, 1e6).Draw(t, "shift")
		moved := slices.Clone(in)
		for i := range moved {
			moved[i] += shift
		}
		a, b := Summarize(in), Summarize(moved)
		if iqr, shifted := a.Spread*a.Median, b.Spread*b.Median; math.Abs(iqr-shifted) > 1e-6*(1+iqr) {
			t.Fatalf("interquartile range %v became %v", iqr, shifted)
		}
	})
}

func TestMoved(t *testing.T) {
	for ratio, want := range map[float64]bool{1: false, 1.09: false, 0.91: false, 1.11: true, 0.89: true, 0: true, math.NaN(): true} {
		if moved(ratio) != want {
			t.Errorf("moved(%v) = %v", ratio, !want)
		}
	}
	if Ratio(3, 0) != 0 {
		t.Error("a ratio to nothing is not 0")
	}
}
