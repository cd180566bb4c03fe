package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"syscall"
)

const (
	ptLoad       = 1
	ptInterp     = 3
	ptGNUEHFrame = 0x6474e550
	ptGNUStack   = 0x6474e551

	pfX, pfW, pfR = 1, 2, 4

	pathMax = 4096 // with its NUL
)

type phdr struct {
	typ, flags                           uint32
	off, vaddr, filesz, memsz, alignment uint64
}

// Parse reads and checks the ELF image in r, a file of size bytes. It reads the first 4 KiB once and
// more only if the program headers or the interpreter's name lie behind them. Errors are *Error
// without a path; a file that begins with "#!" is one too (see Script).
func Parse(r io.ReaderAt, size int64) (*Image, error) { return ParseIn(new([HeadBytes]byte), r, size) }

// HeadBytes is how much of a file Parse reads in any case.
const HeadBytes = 4096

// ParseIn is Parse with the caller's memory for what it reads first, which it does not keep.
func ParseIn(room *[HeadBytes]byte, r io.ReaderAt, size int64) (*Image, error) {
	if size < 0 {
		return nil, &Error{Errno: syscall.EINVAL, Reason: fmt.Sprintf("file size %d is negative", size)}
	}
	head := room[:min(size, headBytes)]
	if err := readFull(r, head, 0, "the ELF header", size); err != nil {
		return nil, err
	}
	h, err := parseHeader(head, size)
	if err != nil {
		return nil, err
	}
	table, err := part(r, head, h.phoff, uint64(h.phnum)*phdrSize, "the table of program headers", size)
	if err != nil {
		return nil, err
	}

	img := &Image{
		PIE: h.pie, Entry: h.entry, Phnum: h.phnum, Phentsize: phdrSize, Align: PageSize,
		Segments: make([]Segment, 0, 8),
	}
	var interp, eh phdr
	for i := range h.phnum {
		p := decodePhdr(table[i*phdrSize:])
		switch p.typ {
		case ptLoad:
			if err := img.addLoad(i, &p, size); err != nil {
				return nil, err
			}
		case ptInterp:
			if interp.typ == 0 { // Linux takes the first
				interp = p
			}
		case ptGNUEHFrame:
			eh = p
		case ptGNUStack:
			img.ExecStack = p.flags&pfX != 0
		}
	}
	if err := img.finish(h, size); err != nil {
		return nil, err
	}
	if interp.typ != 0 {
		if img.Interp, err = interpPath(r, head, &interp, size); err != nil {
			return nil, err
		}
		img.Kind = Dynamic
	} else if img.PIE {
		img.Kind = StaticPIE
	}
	// A wrong unwind table does no harm to the program: it is dropped, not refused.
	if s := img.find(eh.vaddr); eh.typ != 0 && s != nil && eh.memsz <= s.MemSize-(eh.vaddr-s.Vaddr) {
		img.EHAddr, img.EHLen = eh.vaddr, eh.memsz
	}
	return img, nil
}

// ParseInterp is Parse for the file that an image names as its interpreter: what is wrong with it is
// ELIBBAD, as Linux says it, so that the program is not taken for a shell script. path goes into the
// error.
func ParseInterp(path string, room *[HeadBytes]byte, r io.ReaderAt, size int64) (*Image, error) {
	img, err := ParseIn(room, r, size)
	var e *Error
	if errors.As(err, &e) {
		if e.Errno == syscall.ENOEXEC {
			e.Errno = syscall.ELIBBAD
		}
		e.Path, e.Reason = path, "the program's interpreter cannot be used: "+e.Reason
	}
	return img, err
}

func decodePhdr(b []byte) phdr {
	le := binary.LittleEndian
	return phdr{
		typ: le.Uint32(b), flags: le.Uint32(b[4:]),
		off: le.Uint64(b[8:]), vaddr: le.Uint64(b[16:]),
		filesz: le.Uint64(b[32:]), memsz: le.Uint64(b[40:]), alignment: le.Uint64(b[48:]),
	}
}

// finish checks what concerns all segments together.
func (img *Image) finish(h header, size int64) error {
	if len(img.Segments) == 0 {
		return noexec("has no segment to load (no PT_LOAD with a size); link it as a program")
	}
	last := &img.Segments[len(img.Segments)-1]
	img.Low = pageDown(img.Segments[0].Vaddr)
	img.High = pageUp(last.Vaddr + last.MemSize)
	if img.PIE && (img.Align > UserEnd || img.High-img.Low > UserEnd-img.Align) {
		return noexec("needs %#x bytes of addresses aligned to %#x, more than a program can have (%#x)",
			img.High-img.Low, img.Align, uint64(UserEnd))
	}
	if img.find(img.Entry) == nil {
		return noexec("entry point %#x is outside of all segments", img.Entry)
	}
	for i := range img.Segments {
		s := &img.Segments[i]
		if h.phoff >= s.FileOff && h.phoff-s.FileOff < s.FileSize {
			img.PhdrVaddr = s.Vaddr + (h.phoff - s.FileOff)
			break
		}
	}
	return nil
}

// interpPath reads the path that PT_INTERP holds. The rules are Linux's: the segment ends in NUL.
func interpPath(r io.ReaderAt, head []byte, p *phdr, size int64) (string, error) {
	if p.filesz > pathMax {
		return "", noexec("interpreter path of %d bytes is too long, at most %d are accepted", p.filesz, pathMax)
	}
	if p.filesz == 0 {
		return "", noexec("interpreter path is empty; link the program again, or as a static one")
	}
	b, err := part(r, head, p.off, p.filesz, "the interpreter path", size)
	if err != nil {
		return "", err
	}
	if b[len(b)-1] != 0 {
		return "", noexec("interpreter path is not terminated by a NUL byte")
	}
	b = b[:bytes.IndexByte(b, 0)]
	if len(b) == 0 {
		return "", noexec("interpreter path is empty; link the program again, or as a static one")
	}
	return string(b), nil
}

// part returns n bytes of the file at off, from head if they are inside it.
func part(r io.ReaderAt, head []byte, off, n uint64, what string, size int64) ([]byte, error) {
	if off > uint64(size) || n > uint64(size)-off {
		if off > 1<<62 {
			return nil, noexec("%s is at file offset %#x, which no file reaches", what, off)
		}
		return nil, truncated(what, off+n, size)
	}
	if off+n <= uint64(len(head)) {
		return head[off : off+n], nil
	}
	b := make([]byte, n)
	return b, readFull(r, b, int64(off), what, size)
}

// readFull fills b from off; io.EOF with all bytes there is not an error.
func readFull(r io.ReaderAt, b []byte, off int64, what string, size int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return noexec("truncated: the file shrank below %d bytes while %s was read", size, what)
	}
	return readError(what, err)
}
