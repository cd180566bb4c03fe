// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestMannWhitneyKnownValues(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{nil, []float64{1}, 1},
		{[]float64{1, 2, 3}, []float64{4, 5, 6}, 0.1},                   // 2 of the 20 orders
		{[]float64{1, 2, 3, 4, 5}, []float64{6, 7, 8, 9, 10}, 2. / 252}, // 2 of 252
		{[]float64{1, 3}, []float64{2, 4}, 2. / 3},                      // U = 1: 2 of the 6 orders on each side
		{[]float64{5, 5, 5}, []float64{5, 5, 5}, 1},
	} {
		if got := mannWhitney(c.a, c.b); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v and %v: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// The exact distribution, by going through all orders.
func TestExactUCountsOrders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(1, 5).Draw(t, "n"), rapid.IntRange(1, 5).Draw(t, "m")
		u := rapid.IntRange(0, n*m/2).Draw(t, "u")
		below, all := 0, 0
		for set := range 1 << (n + m) {
			count, of, other := 0, 0, 0
			for i := range n + m {
				if set>>i&1 != 0 {
					of++
					count += other
				} else {
					other++
				}
			}
			if of != n {
				continue
			}
			all++
			if count <= u {
				below++
			}
		}
		want := math.Min(1, 2*float64(below)/float64(all))
		if got := exactU(n, m, u); math.Abs(got-want) > 1e-9 {
			t.Fatalf("exactU(%d, %d, %d) = %v, want %v", n, m, u, got, want)
		}
	})
}

func TestMannWhitneyIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 8).AsAny(), 2, 40)
		list := func(name string) []float64 {
			var out []float64
			for _, v := range values.Draw(t, name) {
				out = append(out, math.Round(v.(float64))) // ties
			}
			return out
		}
		a, b := list("a"), list("b")
		p, q := mannWhitney(a, b), mannWhitney(b, a)
		if p < 0 || p > 1 || math.Abs(p-q) > 1e-12 {
			t.Fatalf("%v and %v", p, q)
		}
	})
}

func TestIntervalHoldsTheRatioAndScales(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rounds := func(name string) [][]float64 {
			return rapid.SliceOfN(rapid.SliceOfN(rapid.Float64Range(10, 1000), 1, 6), 5, 5).Draw(t, name)
		}
		a, b := rounds("a"), rounds("b")
		i := ratioInterval(a, b)
		if !i.Known() || i.Low > i.High || i != ratioInterval(a, b) {
			t.Fatalf("%+v", i)
		}
		var double [][]float64
		for _, r := range b {
			r = slices.Clone(r)
			for j := range r {
				r[j] *= 2
			}
			double = append(double, r)
		}
		j := ratioInterval(a, double)
		if !near(j.Low, 2*i.Low) || !near(j.High, 2*i.High) {
			t.Fatalf("twice %+v is %+v", i, j)
		}
	})
}

func TestIntervals(t *testing.T) {
	same := [][]float64{{10, 11, 12}, {11, 12, 10}, {10, 12, 11}}
	twice := [][]float64{{20, 22, 24}, {22, 24, 20}, {20, 24, 22}}
	if i := ratioInterval(same, twice); !i.Differs() || i.Low < 1.6 || i.High > 2.5 {
		t.Errorf("twice as much: %+v", i)
	}
	if i := ratioInterval(same, same); i.Differs() || !i.Known() {
		t.Errorf("the same: %+v", i)
	}
	if i := ratioInterval(same[:1], twice); i.Known() || i.Differs() {
		t.Errorf("one round: %+v", i)
	}
	// Batches that agree with each other but not with those of other rounds
	// show nothing.
	split := [][]float64{{10, 10, 10}, {30, 30, 30}, {10, 10, 10}}
	if i := ratioInterval(split, [][]float64{{30, 30, 30}, {10, 10, 10}, {30, 30, 30}}); i.Differs() {
		t.Errorf("rounds that contradict each other: %+v", i)
	}
}
