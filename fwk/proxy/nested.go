package proxy

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/abi/triage"
)

// nested gives Linux a copy of the structures that argument i points to, with every address in them
// checked by the layout that abi/triage has.
func (g *guard) nested(i int, a *triage.Arg, regs, args *[6]uint64) bool {
	by := uint64(0)
	if l := g.call.Args[i].Len; l >= 0 {
		by = regs[l]
	}
	layout := g.call.LayoutOf(i, by)
	if layout == nil {
		return g.end(refuse, g.call.Undescribed())
	}
	count, size := uint64(1), int(layout.Size)
	switch {
	case a.Kind == triage.MMsgHdrIn || a.Kind == triage.MMsgHdrOut:
		count = min(uint64(uint32(regs[a.Len])), mostIov) // Linux takes no more either
	case a.Size == 1 && a.Len >= 0: // the structure's own size is an argument
		n := regs[a.Len]
		if n < uint64(size) || n > 4096 {
			return g.end(answer, syscall.EINVAL)
		}
		size = int(n)
	case a.Len >= 0 && a.Kind == triage.NestedIn: // that many of them
		if count = regs[a.Len]; count > mostIov {
			return g.end(answer, syscall.EINVAL)
		}
	}
	if count == 0 {
		args[i] = 0
		return true
	}
	many := a.Kind == triage.MMsgHdrIn || a.Kind == triage.MMsgHdrOut
	b := g.fetch(args[i], int(count)*size)
	if b == nil {
		return false
	}
	was := g.inside(args[i])
	defer func() { g.linear = was }()
	from := g.used - len(b)
	done := uint64(0)
	for ; done < count; done++ {
		before := g.used
		if !g.fields(layout, b[int(done)*size:int(done+1)*size]) {
			if many && done > 0 && g.v.what == answer {
				// Linux would say so after it has moved those before.
				g.used, g.v = before, verdict{}
				break
			}
			return false
		}
	}
	if many {
		args[a.Len] = done
	}
	if layout.Out && g.nback < maxBack {
		g.back[g.nback] = back{layout, args[i], from, int(done), many}
		g.nback++
	}
	args[i] = address(g.buf[from:])
	return true
}

// fields checks and translates the addresses in one structure.
func (g *guard) fields(layout *triage.Layout, b []byte) bool {
	for _, c := range b[layout.Size:] {
		if c != 0 {
			return g.end(answer, syscall.E2BIG)
		}
	}
	for i := range layout.Fields {
		f := &layout.Fields[i]
		if f.Only != 0 && binary.LittleEndian.Uint32(b[f.Only:]) != f.Value {
			continue
		}
		at := binary.LittleEndian.Uint64(b[f.At:])
		if at == 0 {
			continue
		}
		n := uint64(f.Size)
		switch f.LenSize {
		case 4:
			if n = uint64(binary.LittleEndian.Uint32(b[f.LenAt:])); int32(n) < 0 {
				return g.end(answer, syscall.EINVAL)
			}
		case 8:
			n = binary.LittleEndian.Uint64(b[f.LenAt:])
		}
		write := f.Kind.Out()
		switch f.Kind {
		case triage.IovecIn, triage.IovecOut:
			if n > mostIov {
				return g.end(answer, syscall.EMSGSIZE)
			}
			if !g.iovec(&at, n, f.Kind == triage.IovecOut) {
				return false
			}
		default:
			if n > guardSize/2 {
				return g.end(answer, syscall.ENOBUFS)
			}
			if n == 0 {
				at = 0
			} else if !g.memory(&at, n, write) {
				return false
			}
		}
		binary.LittleEndian.PutUint64(b[f.At:], at)
	}
	return true
}

// copyBack writes what Linux changed in copies to where they came from: all but the addresses.
func (g *guard) copyBack(ret int64) {
	for i := range g.back[:g.nback] {
		k := &g.back[i]
		count := k.count
		if k.countable {
			count = min(count, int(ret))
		}
		size := int(k.layout.Size)
		for j := range count {
			b := g.buf[k.from+j*size : k.from+(j+1)*size]
			to, at := k.to+uint64(j*size), 0
			for _, f := range k.layout.Fields {
				g.s.write(to+uint64(at), b[at:f.At])
				at = int(f.At) + 8
			}
			g.s.write(to+uint64(at), b[at:])
		}
	}
}
