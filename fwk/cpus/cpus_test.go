package cpus

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, want, err string }{
		{"0", "0", ""},
		{"3,1", "1,3", ""},
		{"1,3-5", "1,3-5", ""},
		{" 1 , 3 - 5 ", "1,3-5", ""},
		{"0-2,2-4,1", "0-4", ""},
		{"7-7", "7", ""},
		{"8191", "8191", ""},
		{"", "", "no CPU"},
		{",", "", "neither"},
		{"1,", "", "neither"},
		{"1,,2", "", "neither"},
		{"-1", "", "neither"},
		{"1-", "", "neither"},
		{"+1", "", "neither"},
		{"1-2-3", "", "neither"},
		{"0x1", "", "neither"},
		{"5-3", "", "falls"},
		{"8192", "", "above the highest"},
		{"0-99999999999999999999", "", "above the highest"},
	} {
		s, err := Parse(c.in)
		switch {
		case c.err == "" && err != nil:
			t.Errorf("Parse(%q): %v", c.in, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("Parse(%q): error %v, want one with %q", c.in, err, c.err)
		case err == nil && s.String() != c.want:
			t.Errorf("Parse(%q) = %s, want %s", c.in, s.String(), c.want)
		}
	}
}

func numbers() *rapid.Generator[[]int] {
	return rapid.SliceOfN(rapid.IntRange(0, Limit-1), 1, 60)
}

func TestFormatThenParseIsTheSameSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := numbers().Draw(t, "cpus")
		want := Of(list...)
		got, err := Parse(Format(list))
		if err != nil || got != want {
			t.Fatalf("%v: %q came back as %s, %v", list, Format(list), got.String(), err)
		}
		if !slices.Equal(got.List(), slices.Compact(slices.Sorted(slices.Values(list)))) || got.Count() != len(got.List()) {
			t.Fatalf("List of %v is %v, Count %d", list, got.List(), got.Count())
		}
	})
}

func TestMinusAndAndPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := Of(numbers().Draw(t, "a")...), Of(numbers().Draw(t, "b")...)
		minus, and := a.Minus(&b), a.And(&b)
		for n := -1; n <= Limit; n++ {
			if minus.Has(n) != (a.Has(n) && !b.Has(n)) || and.Has(n) != (a.Has(n) && b.Has(n)) {
				t.Fatalf("CPU %d", n)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("1,3-5")
	f.Add("0-8191,8192")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := Parse(s.String()); err != nil || again != s {
			t.Fatalf("%q gives %s, which gives %s, %v", text, s.String(), again.String(), err)
		}
	})
}

func TestDefault(t *testing.T) {
	for allowed, want := range map[int]int{0: 0, 1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 8: 4, 9: 5} {
		if got := Default(allowed); got != want {
			t.Errorf("Default(%d) = %d, want %d", allowed, got, want)
		}
	}
}

func TestChoose(t *testing.T) {
	split := func(half int) func(int) Set { // Linux's usual numbering: n and n+half share a core
		return func(c int) Set { return Of(c%half, c%half+half) }
	}
	adjacent := func(c int) Set { return Of(c&^1, c|1) }
	for _, c := range []struct {
		allowed  string
		n        int
		siblings func(int) Set
		want     string
	}{
		{"0-1", 1, nil, "1"},
		{"0", 1, nil, "0"},
		{"0-3", 4, nil, "0-3"},
		{"0-3", 9, nil, "0-3"},
		{"2,5,9", 2, nil, "5,9"},
		{"0-7", 4, split(4), "2-3,6-7"},
		{"0-7", 4, adjacent, "4-7"},
		{"0-7", 3, adjacent, "5-7"},
		{"0-1", 1, adjacent, "1"},
		{"0-3", 3, split(2), "1-3"},
		{"0-2", 2, split(4), "1-2"},
	} {
		allowed, err := Parse(c.allowed)
		if err != nil {
			t.Fatal(err)
		}
		if got := Format(Choose(&allowed, c.n, c.siblings)); got != c.want {
			t.Errorf("Choose(%s, %d) = %s, want %s", c.allowed, c.n, got, c.want)
		}
	}
}

func TestChooseProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfNDistinct(rapid.IntRange(0, 40), 1, 24, rapid.ID[int]).Draw(t, "allowed")
		allowed := Of(list...)
		n := rapid.IntRange(0, 30).Draw(t, "n")
		// A machine whose cores hold up to four CPUs, numbered at random.
		perm := rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1<<20).Draw(t, "seed")), 1)).Perm(41)
		width := rapid.IntRange(1, 4).Draw(t, "width")
		siblings := func(cpu int) Set {
			var s Set
			for other, core := range perm {
				if core/width == perm[cpu]/width {
					s.Add(other)
				}
			}
			return s
		}
		got := Choose(&allowed, n, siblings)
		if len(got) != min(n, len(list)) || !slices.IsSorted(got) {
			t.Fatalf("%d of %v gave %v", n, list, got)
		}
		for _, c := range got {
			if !allowed.Has(c) {
				t.Fatalf("CPU %d is not among %v", c, list)
			}
		}
		if lowest := slices.Min(list); n < len(list) && slices.Contains(got, lowest) && n > 0 {
			// The lowest CPU goes only when everything else has gone, which n < len excludes.
			t.Fatalf("%d of %v took CPU %d", n, list, lowest)
		}
	})
}

func TestAllowedIsOnline(t *testing.T) {
	allowed, err := Allowed()
	if err != nil || allowed.Count() == 0 {
		t.Fatalf("Allowed() = %s, %v", allowed.String(), err)
	}
	online, err := Online()
	if err != nil {
		t.Skipf("no sysfs: %v", err)
	}
	if more := allowed.Minus(&online); more.Count() != 0 {
		t.Errorf("allowed but not online: %s", more.String())
	}
	for _, c := range allowed.List() {
		if s := Siblings(c); !s.Has(c) {
			t.Errorf("Siblings(%d) = %s", c, s.String())
		}
	}
	SMT()
}
