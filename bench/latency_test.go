// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestQuantilesAreThoseOfThePrograms(t *testing.T) {
	text, err := sources.ReadFile("prog/bench.h")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "bench_quantile[] = {")
	rest, _, _ = strings.Cut(rest, "}")
	var list []float64
	if err := json.Unmarshal([]byte("["+rest+"]"), &list); err != nil || !slices.Equal(list, Quantiles) {
		t.Errorf("bench.h has %v (%v), Quantiles are %v", list, err, Quantiles)
	}
}

func TestLatencies(t *testing.T) {
	var times []float64
	for i := 1000; i > 0; i-- {
		times = append(times, float64(i))
	}
	l := latencyOf(times)
	if l.N != 1000 || l.At(0) != 1 || l.At(0.5) != 501 || l.At(0.99) != 990 || l.At(1) != 1000 || !math.IsNaN(l.At(0.3)) {
		t.Errorf("%+v", l)
	}
	var none *Latency
	if !math.IsNaN(none.At(0.5)) || merge([]*Latency{nil, none}) != nil {
		t.Error("no latency is something")
	}
	wild := latencyOf([]float64{5, 5, 9999})
	m := merge([]*Latency{latencyOf([]float64{5, 5, 6}), wild, nil, latencyOf([]float64{5, 5, 7})})
	if m.N != 9 || m.At(0.5) != 5 || m.At(1) != 9999 || m.At(0.99) != 7 {
		t.Errorf("merged: %+v", m)
	}
}

func TestDetours(t *testing.T) {
	o, err := parse("selfish", []byte(`{"name":"selfish","unit":"ns","batches":[0,3.5],"detours":[[10,600,"LOC"],[20,9000,"unknown"],[40,700,"LOC"]]}`))
	if err != nil || len(o.Detours) != 3 || o.Detours[1] != (Detour{20, 9000, "unknown"}) {
		t.Fatalf("%+v, %v", o, err)
	}
	sums := Causes(o.Detours)
	if len(sums) != 2 || sums[0].Cause != "unknown" || sums[1] != (CauseSum{"LOC", 2, 1300, 700}) {
		t.Errorf("%+v", sums)
	}
	again, err := json.Marshal(o.Detours[0])
	if err != nil || string(again) != `[10,600,"LOC"]` {
		t.Errorf("%s, %v", again, err)
	}
	for _, bad := range []string{`[[1,2]]`, `[[1,"x","y"]]`, `[[1,2,"x",4]]`, `[3]`} {
		if o, err := parse("selfish", []byte(`{"name":"selfish","unit":"ns","batches":[1],"detours":`+bad+`}`)); err == nil {
			t.Errorf("%s gave %+v", bad, o.Detours)
		}
	}
	if _, err := parse("a", []byte(`{"name":"a","unit":"ns","batches":[1],"latency":{"n":3,"ns":[1,2]}}`)); err == nil {
		t.Error("two quantiles were accepted")
	}
}
