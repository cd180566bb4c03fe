package image

import "encoding/binary"

// Layout says where things of a loaded program are, for who describes it: addresses of its code and
// data, of its first stack and of the strings of its arguments and environment, each from and to; the
// stack pointer that it begins with; and a copy of its auxiliary vector.
type Layout struct {
	Code, Data, Stack, ArgBytes, EnvBytes [2]uint64
	SP                                    uint64
	Aux                                   []byte
}

// Describe returns the layout of a program whose segments are biased by bias and whose stack, as Stack
// made it, is from low to top.
func Describe(img *Image, bias, low, top, sp uint64, stack []byte) Layout {
	l := Layout{Stack: [2]uint64{low, top}, SP: sp}
	for i := range img.Segments {
		g := &img.Segments[i]
		from, file := bias+g.Vaddr, bias+g.Vaddr+g.FileSize
		switch {
		case g.Prot&4 != 0:
			extend(&l.Code, from, file)
		case g.Prot&2 != 0:
			extend(&l.Data, from, file)
		}
	}
	if l.Data[1] == 0 {
		l.Data = l.Code
	}
	word := func(i uint64) uint64 { return binary.LittleEndian.Uint64(stack[8*i:]) }
	argc := word(0)
	env := 1 + argc + 1
	aux := env
	for word(aux) != 0 {
		aux++
	}
	aux++
	end := aux
	for ; word(end) != ATNull; end += 2 {
		if word(end) == ATExecfn {
			l.EnvBytes = [2]uint64{word(end + 1), word(end + 1)}
		}
	}
	l.Aux = append(l.Aux, stack[8*aux:8*(end+2)]...)
	if word(env) != 0 {
		l.EnvBytes[0] = word(env)
	}
	l.ArgBytes = [2]uint64{word(1), l.EnvBytes[0]}
	return l
}

func extend(r *[2]uint64, from, to uint64) {
	if r[1] == 0 || from < r[0] {
		r[0] = from
	}
	r[1] = max(r[1], to)
}
