package image

import "syscall"

// addLoad checks program header number i, a PT_LOAD, and appends it with its plan.
func (img *Image) addLoad(i int, p *phdr, size int64) error {
	switch {
	case p.filesz > p.memsz:
		return noexec("segment %d is larger in the file (%#x bytes) than in memory (%#x)", i, p.filesz, p.memsz)
	case p.memsz == 0:
		return nil // harmless; some linkers leave empty ones
	case p.memsz > UserEnd || p.vaddr > UserEnd-p.memsz:
		return noexec("segment %d at %#x with %#x bytes does not fit into the address space of a program, which ends at %#x",
			i, p.vaddr, p.memsz, uint64(UserEnd))
	case p.off > uint64(size) && p.filesz > 0, p.filesz > 0 && p.filesz > uint64(size)-p.off:
		if p.off > 1<<62 {
			return noexec("segment %d is at file offset %#x, which no file reaches", i, p.off)
		}
		return truncated("a segment", p.off+p.filesz, size)
	case p.filesz > 0 && p.vaddr%PageSize != p.off%PageSize:
		return noexec("segment %d is misaligned: address %#x and file offset %#x differ within the page, so it cannot be mapped", i, p.vaddr, p.off)
	}
	if n := len(img.Segments); n > 0 {
		prev := &img.Segments[n-1]
		if p.vaddr < prev.Vaddr {
			return noexec("segment %d at %#x is not sorted: it follows one at %#x", i, p.vaddr, prev.Vaddr)
		}
		if p.vaddr < prev.Vaddr+prev.MemSize {
			return noexec("segment %d at %#x overlaps the one before it, which ends at %#x", i, p.vaddr, prev.Vaddr+prev.MemSize)
		}
	}
	// As Linux does, an alignment that is not a power of two is not one.
	if p.alignment&(p.alignment-1) == 0 {
		img.Align = max(img.Align, p.alignment)
	}
	s := Segment{Vaddr: p.vaddr, MemSize: p.memsz, FileOff: p.off, FileSize: p.filesz, Prot: prot(p.flags)}
	s.plan()
	if err := img.share(i, &s); err != nil {
		return err
	}
	img.Segments = append(img.Segments, s)
	return nil
}

func prot(flags uint32) (p int32) {
	if flags&pfR != 0 {
		p |= syscall.PROT_READ
	}
	if flags&pfW != 0 {
		p |= syscall.PROT_WRITE
	}
	if flags&pfX != 0 {
		p |= syscall.PROT_EXEC
	}
	return p
}

// plan fills in the ranges as if the segment were alone.
func (s *Segment) plan() {
	anon := pageDown(s.Vaddr)
	if s.FileSize > 0 {
		fileEnd := s.Vaddr + s.FileSize
		s.MapAddr = pageDown(s.Vaddr)
		s.MapOff = pageDown(s.FileOff)
		s.MapLen = pageUp(fileEnd) - s.MapAddr
		anon = pageUp(fileEnd)
		if s.MemSize > s.FileSize {
			s.clearTail()
		}
	}
	if end := pageUp(s.Vaddr + s.MemSize); end > anon {
		s.AnonAddr, s.AnonLen = anon, end-anon
	}
}

// clearTail plans to clear the last file page behind the file's bytes, if the segment may be written.
func (s *Segment) clearTail() {
	fileEnd := s.Vaddr + s.FileSize
	if n := pageUp(fileEnd) - fileEnd; n > 0 && s.Prot&syscall.PROT_WRITE != 0 {
		s.ZeroAddr, s.ZeroLen = fileEnd, n
	}
}

// planEnd is the end of the last page that the plan covers, 0 if it covers none.
func (s *Segment) planEnd() uint64 {
	return max(s.MapAddr+s.MapLen, s.AnonAddr+s.AnonLen)
}

// share settles a page on which both s, the next segment, and an earlier one lie. Linux lets the later
// mapping replace the earlier one's page; that is done here where no byte is lost by it. Where bytes
// would be lost, the image is refused.
func (img *Image) share(i int, s *Segment) error {
	start := pageDown(s.Vaddr)
	var owner *Segment
	for j := len(img.Segments) - 1; j >= 0 && owner == nil; j-- {
		if img.Segments[j].planEnd() > 0 {
			owner = &img.Segments[j]
		}
	}
	if owner == nil || owner.planEnd() <= start {
		return nil
	}
	onFilePage := owner.MapAddr+owner.MapLen > start
	writable := owner.Prot&syscall.PROT_WRITE != 0
	switch {
	case s.FileSize == 0 && (writable || !onFilePage):
		// Zeros behind the earlier segment's data: they stay on its page, and only the rest is new.
		if onFilePage {
			owner.clearTail()
		}
		s.AnonAddr, s.AnonLen = start+PageSize, s.AnonLen-PageSize
		if s.AnonLen == 0 {
			s.AnonAddr = 0
		}
	case s.FileSize > 0 && onFilePage && owner.MemSize == owner.FileSize && owner.ZeroLen == 0 &&
		owner.MapOff+(start-owner.MapAddr) == s.MapOff:
		// The same page of the file twice: the later mapping holds the bytes of both.
		owner.MapLen -= PageSize
		if owner.MapLen == 0 {
			owner.MapAddr, owner.MapOff = 0, 0
		}
	default:
		return noexec("segment %d at %#x shares a page with the one before it, and not both can be loaded; link with page-aligned segments", i, s.Vaddr)
	}
	return nil
}
