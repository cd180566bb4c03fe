package image

import (
	"encoding/binary"
	"fmt"
)

// Sizes and offsets of the 64-bit ELF header (System V ABI, chapter 4).
const (
	ehdrSize  = 64
	phdrSize  = 56
	maxPhdrs  = 65536 / phdrSize // Linux reads no more than 64 KiB of them
	headBytes = HeadBytes        // read at once: the program headers and the interpreter are nearly always inside

	etRel, etExec, etDyn, etCore = 1, 2, 3, 4

	emX8664 = 62
)

// machines are the names of the processors that images are likely to be built for.
var machines = map[uint16]string{
	2: "SPARC", 3: "x86", 4: "m68k", 8: "MIPS", 15: "PA-RISC", 18: "SPARC", 20: "PowerPC", 21: "PowerPC64",
	22: "s390", 40: "ARM", 42: "SuperH", 43: "SPARC64", 50: "Itanium", emX8664: "x86-64",
	183: "AArch64", 189: "MicroBlaze", 243: "RISC-V", 247: "BPF", 258: "LoongArch", 0x9026: "Alpha",
}

func machineName(m uint16) string {
	if s, ok := machines[m]; ok {
		return s
	}
	return fmt.Sprintf("machine %d", m)
}

// header is what the ELF header says that a loader needs.
type header struct {
	pie   bool
	entry uint64
	phoff uint64
	phnum int
}

// parseHeader checks the ELF header at the start of head, the first bytes of a file of size bytes.
func parseHeader(head []byte, size int64) (h header, err error) {
	if size == 0 {
		return h, noexec("the file is empty")
	}
	if len(head) >= 2 && head[0] == '#' && head[1] == '!' {
		return h, noexec("a script, not an ELF image")
	}
	if len(head) < 4 || string(head[:4]) != "\x7fELF" {
		return h, noexec("neither an ELF image nor a script with a #! line; run it through its interpreter, or build it for Linux on x86-64")
	}
	// The first 20 bytes have one layout in all classes.
	if len(head) < 20 {
		return h, truncated("the ELF header", ehdrSize, size)
	}
	class, data := head[4], head[5]
	var order binary.ByteOrder = binary.LittleEndian
	if data == 2 {
		order = binary.BigEndian
	}
	machine := order.Uint16(head[18:])
	switch {
	case data != 1 && data != 2:
		return h, noexec("ELF header is damaged: byte order %d is neither little (1) nor big (2) endian", data)
	case class != 1 && class != 2:
		return h, noexec("ELF header is damaged: class %d is neither 32-bit (1) nor 64-bit (2)", class)
	case data == 2:
		return h, noexec("built for big-endian %s; skerry runs x86-64 only", machineName(machine))
	case class == 1 && machine == emX8664:
		return h, noexec("built for x32, a 32-bit ABI; skerry runs 64-bit x86-64 only: build it with -m64")
	case class == 1:
		return h, noexec("built for 32-bit %s; skerry runs x86-64 only", machineName(machine))
	case machine != emX8664:
		return h, noexec("built for %s; skerry runs x86-64 only", machineName(machine))
	case len(head) < ehdrSize:
		return h, truncated("the ELF header", ehdrSize, size)
	}

	le := binary.LittleEndian
	switch t := le.Uint16(head[16:]); t {
	case etExec:
	case etDyn:
		h.pie = true
	case etRel:
		return h, noexec("an object file, not a program; link it first")
	case etCore:
		return h, noexec("a core dump, not a program; open it in a debugger")
	default:
		return h, noexec("ELF type %d is not that of a program (2 or 3)", t)
	}
	h.entry = le.Uint64(head[24:])
	h.phoff = le.Uint64(head[32:])
	if n := le.Uint16(head[54:]); n != phdrSize {
		return h, noexec("ELF header is damaged: program headers of %d bytes instead of %d", n, phdrSize)
	}
	h.phnum = int(le.Uint16(head[56:]))
	if h.phnum == 0 {
		return h, noexec("has no program headers, so nothing to load; link it as a program")
	}
	if h.phnum > maxPhdrs {
		return h, noexec("too many program headers: %d, at most %d are accepted", h.phnum, maxPhdrs)
	}
	return h, nil
}

// truncated is the error for something that ends at byte end of a file that is shorter.
func truncated(what string, end uint64, size int64) error {
	return noexec("truncated: %s ends at byte %d but the file has %d; copy or build it again", what, end, size)
}
