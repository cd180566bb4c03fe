// Package cpus owns sets of CPU numbers: how people write them ("1,3-5"), how Linux answers them,
// and which of them an enclave takes when nobody says.
//
// Nothing here changes an affinity; plan and the platforms do.
package cpus

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Limit is one more than the highest CPU number accepted: the most that an x86-64 Linux can be
// built for (NR_CPUS).
const Limit = 8192

// Set is a set of CPU numbers below Limit. The zero value is the empty set. It is a value of 1 KiB:
// hand it on by pointer where that matters.
type Set [Limit / 64]uint64

// Of returns the set of the given CPUs. Numbers outside [0, Limit) are left out.
func Of(list ...int) Set {
	var s Set
	for _, n := range list {
		s.Add(n)
	}
	return s
}

// Add puts n into the set and reports whether n is a number that a set can hold.
func (s *Set) Add(n int) bool {
	if n < 0 || n >= Limit {
		return false
	}
	s[n/64] |= 1 << (n % 64)
	return true
}

// Has reports whether n is in the set.
func (s *Set) Has(n int) bool {
	return n >= 0 && n < Limit && s[n/64]&(1<<(n%64)) != 0
}

// Count is the number of CPUs in the set.
func (s *Set) Count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// List returns the CPUs in rising order; nil for the empty set. It allocates.
func (s *Set) List() []int {
	var list []int
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			list = append(list, i*64+bits.TrailingZeros64(w))
		}
	}
	return list
}

// Minus returns the CPUs of s that are not in t.
func (s *Set) Minus(t *Set) Set {
	var r Set
	for i := range s {
		r[i] = s[i] &^ t[i]
	}
	return r
}

// And returns the CPUs that are in both.
func (s *Set) And(t *Set) Set {
	var r Set
	for i := range s {
		r[i] = s[i] & t[i]
	}
	return r
}

// String writes the set as Linux does in its cpulist files: "0,2-5", and "none" when it is empty.
func (s *Set) String() string { return Format(s.List()) }

// Format writes CPU numbers as a list, runs joined by a dash; "none" when there are no CPUs. The
// order of list and repetitions in it do not matter.
func Format(list []int) string {
	if len(list) == 0 {
		return "none"
	}
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	var b []byte
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(list[i]), 10)
		if j > i {
			b = append(b, '-')
			b = strconv.AppendInt(b, int64(list[j]), 10)
		}
		i = j + 1
	}
	return string(b)
}

var errEmpty = errors.New("no CPU in the list")

// Parse reads a list such as "1,3-5". Blanks around numbers are allowed, as is naming a CPU twice;
// an empty item, a range that falls and a number from Limit up are errors, and so is a list without
// any CPU.
func Parse(text string) (Set, error) {
	var s Set
	text = strings.TrimSpace(text)
	if text == "" {
		return s, errEmpty
	}
	for item := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(item, "-")
		lo, err := number(from, item)
		if err != nil {
			return Set{}, err
		}
		hi := lo
		if isRange {
			if hi, err = number(to, item); err != nil {
				return Set{}, err
			}
		}
		if hi < lo {
			return Set{}, fmt.Errorf("range %q falls", strings.TrimSpace(item))
		}
		for n := lo; n <= hi; n++ {
			s.Add(n)
		}
	}
	return s, nil
}

func number(text, item string) (int, error) {
	text = strings.TrimSpace(text)
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, fmt.Errorf("%q is neither a CPU number nor a range", strings.TrimSpace(item))
		}
	}
	if text == "" {
		return 0, fmt.Errorf("%q is neither a CPU number nor a range", strings.TrimSpace(item))
	}
	n, err := strconv.Atoi(text)
	if err != nil || n >= Limit {
		return 0, fmt.Errorf("CPU %s is above the highest possible, %d", text, Limit-1)
	}
	return n, nil
}
