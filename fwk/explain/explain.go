package explain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/plan"
)

// Request is what to explain.
type Request struct {
	Exe    string     // path of the skerry command
	Plan   *plan.Plan // how the enclave is made; its program is what runs
	Flags  []string   // the flags of skerry run that led to the plan
	Rounds int
	Limit  time.Duration // no further round begins after it
	Input  *os.File      // standard input
	// Allowed is how many CPUs the caller may use.
	Allowed int
}

// Report is what came of it.
type Report struct {
	plan    *plan.Plan
	program string
	rounds  int
	linux   []*result
	enclave []*result
	more    []*result // with option
	option  string
	counted struct{ linux, enclave *result }
	start   struct{ linux, enclave float64 } // what starting a program that does nothing takes, in seconds; 0: not known
	same    bool                             // both wrote the same, with the same status
	cores   int
	allowed int
}

// Explain runs the program. An error is a run that could not be made; a program that fails is not one,
// as long as it always does.
func Explain(ctx context.Context, q Request) (*Report, error) {
	p := q.Plan
	run, err := newRunner(q.Input)
	if err != nil {
		return nil, fmt.Errorf("cannot keep standard input for every run: %w", err)
	}
	defer run.close()
	rep := &Report{plan: p, program: p.Path, cores: len(p.CPUs), allowed: q.Allowed, same: true}
	linux := side{"Linux", append([]string{p.Path}, p.Args[1:]...)}
	in := func(flags ...string) []string {
		argv := append([]string{q.Exe, "run"}, q.Flags...)
		return append(append(append(argv, flags...), "--", p.Path), p.Args[1:]...)
	}
	inside := side{"an enclave", in()}
	began := time.Now()
	// One of each that is not measured: it warms caches, and says what options are worth trying.
	if rep.counted.linux, err = run.run(linux, true); err != nil {
		return nil, err
	}
	if rep.counted.enclave, err = run.run(side{inside.name, in("--stats")}, true); err != nil {
		return nil, err
	}
	if e := rep.counted.enclave; e.status == plan.StatusFailure && e.counters == nil {
		return nil, errors.New("the enclave did not start: " + e.stderr)
	}
	sides := []side{linux, inside}
	if e := rep.counted.enclave; e.threads > rep.cores && q.Allowed > rep.cores && !slices.Contains(q.Flags, "--cpus") {
		rep.option = "--cpus " + strconv.Itoa(min(q.Allowed, e.threads))
		sides = append(sides, side{"an enclave with " + rep.option, in("--cpus", strconv.Itoa(min(q.Allowed, e.threads)))})
	}
	for rep.rounds < q.Rounds && (rep.rounds < 3 || time.Since(began) < q.Limit) {
		for i, s := range sides {
			if err := ctx.Err(); err != nil {
				return nil, errors.New("interrupted")
			}
			r, err := run.run(s, false)
			if err != nil {
				return nil, err
			}
			list := [...]*[]*result{&rep.linux, &rep.enclave, &rep.more}[i]
			*list = append(*list, r)
			rep.same = rep.same && r.status == rep.linux[0].status && r.output == rep.linux[0].output
		}
		rep.rounds++
	}
	rep.starts(run, q)
	return rep, nil
}

// starts measures what it takes to start a program that does nothing.
func (rep *Report) starts(run *runner, q Request) {
	nothing, err := exec.LookPath("true")
	if err != nil {
		return
	}
	var l, e []float64
	for range 5 {
		a, err1 := run.run(side{"Linux", []string{nothing}}, false)
		b, err2 := run.run(side{"enclave", append(append([]string{q.Exe, "run"}, q.Flags...), "--", nothing)}, false)
		if err1 != nil || err2 != nil || a.status != 0 || b.status != 0 {
			return
		}
		l, e = append(l, a.wall), append(e, b.wall)
	}
	rep.start.linux, rep.start.enclave = median(l), median(e)
}

// where says which CPUs are whose.
func (rep *Report) where() string {
	return "CPU " + cpus.Format(rep.plan.CPUs) + "; Linux on " + cpus.Format(rep.plan.ProxyCPUs)
}

func of(list []*result, value func(r *result) float64) []float64 {
	var v []float64
	for _, r := range list {
		v = append(v, value(r))
	}
	return v
}

func wall(r *result) float64 { return r.wall }

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// spread is how far the values lie apart, over their median.
func spread(v []float64) float64 {
	m := median(v)
	if len(v) == 0 || m == 0 {
		return 0
	}
	return (slices.Max(v) - slices.Min(v)) / m
}

// verdict compares two lists of times.
type verdict int

const (
	unclear verdict = iota
	gains
	loses
)

// compare says whether the second list is better. It is only when every value of one is below every one
// of the other, or the medians differ by more than both spreads together.
func compare(base, other []float64) verdict {
	a, b := median(base), median(other)
	if a == 0 || b == 0 {
		return unclear
	}
	apart := slices.Max(other) < slices.Min(base) || slices.Max(base) < slices.Min(other)
	if !apart && max(a, b)/min(a, b)-1 <= spread(base)+spread(other) {
		return unclear
	}
	if b < a {
		return gains
	}
	return loses
}
