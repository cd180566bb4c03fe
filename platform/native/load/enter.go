package load

import (
	"encoding/binary"
	"fmt"

	"github.com/skerry-os/skerry/abi"
)

// How a core enters: in 64-bit mode, interrupts off, at Boot.Entry, on page tables that map what the
// first ones do (their top level has to be copied when it cannot be used itself: it may be above 4 GiB,
// and has no identity mapping). Every core of the enclave enters like this, in any order; each
// finds itself by the id of its interrupt controller. Nothing else is assumed: no stack, no registers.

// TrampolineSize is the size of a trampoline in bytes.
const TrampolineSize = 4 * page

// trampoline is what Trampoline writes; its source, for a listing:
//
//	.code16: cli; cld; mov %cs,%ax; mov %ax,%ds; lgdtl 0xa0
//	         mov $0x6e0,%eax; mov %eax,%cr4              PAE MCE PGE OSFXSR OSXMMEXCPT
//	         mov 0xb0,%eax; mov %eax,%cr3
//	         mov $0xc0000080,%ecx; xor %edx,%edx; mov $0x900,%eax; wrmsr   EFER: LME NXE
//	         mov $0x80010033,%eax; mov %eax,%cr0         PG WP NE ET MP PE, caches on
//	         ljmpl *0xa8
//	.code64: (0x40) mov $0x10,%eax; mov %eax,%ds %es %ss; xor %eax,%eax; mov %eax,%fs %gs
//	         jmp *entry(%rip)
//	0x80: GDT: null, 64-bit code, data, 32-bit code
//	0xa0: its limit and address (0xa2); 0xa8: address of the 64-bit part, selector 8
//	0xb0: address of the page table; 0xb8: entry
var trampoline = [0xc0]byte{
	0xfa, 0xfc, 0x8c, 0xc8, 0x8e, 0xd8, 0x66, 0x0f, 0x01, 0x16, 0xa0, 0x00,
	0x66, 0xb8, 0xe0, 0x06, 0x00, 0x00, 0x0f, 0x22, 0xe0, 0x66, 0xa1, 0xb0,
	0x00, 0x0f, 0x22, 0xd8, 0x66, 0xb9, 0x80, 0x00, 0x00, 0xc0, 0x66, 0x31,
	0xd2, 0x66, 0xb8, 0x00, 0x09, 0x00, 0x00, 0x0f, 0x30, 0x66, 0xb8, 0x33,
	0x00, 0x01, 0x80, 0x0f, 0x22, 0xc0, 0x66, 0xff, 0x2e, 0xa8, 0x00, 0x0f,
	0x1f, 0x44, 0x00, 0x00, 0xb8, 0x10, 0x00, 0x00, 0x00, 0x8e, 0xd8, 0x8e,
	0xc0, 0x8e, 0xd0, 0x31, 0xc0, 0x8e, 0xe0, 0x8e, 0xe8, 0xff, 0x25, 0x61,
	0x80: 0, 0, 0, 0, 0, 0, 0, 0,
	0xff, 0xff, 0x00, 0x00, 0x00, 0x9a, 0xaf, 0x00,
	0xff, 0xff, 0x00, 0x00, 0x00, 0x92, 0xcf, 0x00,
	0xff, 0xff, 0x00, 0x00, 0x00, 0x9a, 0xcf, 0x00,
	0x1f, 0x00,
	0xac: 8,
}

// Trampoline returns TrampolineSize bytes to be put at physical address at (page aligned, the last byte
// below 1 MiB), where a start-up IPI with vector at>>12 takes a core into the enclave that Load has
// filled. Several cores may use it at once.
func Trampoline(mem []byte, b *abi.Boot, at uint32) ([]byte, error) {
	if at%page != 0 || at == 0 || at > 1<<20-TrampolineSize {
		return nil, fmt.Errorf("a trampoline at physical address %#x: it must be page aligned and below 1 MiB", at)
	}
	t := make([]byte, TrampolineSize)
	copy(t, trampoline[:])
	le := binary.LittleEndian
	le.PutUint32(t[0xa2:], at+0x80)
	le.PutUint32(t[0xa8:], at+0x40)
	le.PutUint32(t[0xb0:], at+page)
	le.PutUint64(t[0xb8:], b.Entry)
	// The enclave's own top level, and below it the first 2 MiB as they are.
	top := b.Tables.Off
	copy(t[page+256*8:2*page], mem[top+256*8:top+page])
	le.PutUint64(t[page:], uint64(at)+2*page|present|writable|used)
	le.PutUint64(t[2*page:], uint64(at)+3*page|present|writable|used)
	le.PutUint64(t[3*page:], present|writable|used|large)
	return t, nil
}

// pvhCode is entered in 32-bit mode, without paging, by who boots a PVH kernel (QEMU -kernel). It copies
// the trampoline, starts all other cores with it, and goes the same way:
//
//	cli; cld; mov $0x100100,%esi; mov $0x8000,%edi; mov $0x1000,%ecx; rep movsl
//	mov $0xc4500,%eax; mov %eax,0xfee00300; mov $0x400000,%ecx; 1: pause; loop 1b      INIT, all but self
//	mov $0xc4608,%eax; mov %eax,0xfee00300; mov $0x100000,%ecx; 2: pause; loop 2b      start-up at 0x8000
//	mov %eax,0xfee00300                                                                the same again
//	lgdt 0x80a0; mov $0x6e0,%eax; mov %eax,%cr4; mov 0x80b0,%eax; mov %eax,%cr3
//	mov $0xc0000080,%ecx; xor %edx,%edx; mov $0x900,%eax; wrmsr
//	mov $0x80010033,%eax; mov %eax,%cr0; ljmp *0x80a8
var pvhCode = [0x100]byte{
	0xfa, 0xfc, 0xbe, 0x00, 0x01, 0x10, 0x00, 0xbf, 0x00, 0x80, 0x00, 0x00,
	0xb9, 0x00, 0x10, 0x00, 0x00, 0xf3, 0xa5, 0xb8, 0x00, 0x45, 0x0c, 0x00,
	0xa3, 0x00, 0x03, 0xe0, 0xfe, 0xb9, 0x00, 0x00, 0x40, 0x00, 0xf3, 0x90,
	0xe2, 0xfc, 0xb8, 0x08, 0x46, 0x0c, 0x00, 0xa3, 0x00, 0x03, 0xe0, 0xfe,
	0xb9, 0x00, 0x00, 0x10, 0x00, 0xf3, 0x90, 0xe2, 0xfc, 0xa3, 0x00, 0x03,
	0xe0, 0xfe, 0x0f, 0x01, 0x15, 0xa0, 0x80, 0x00, 0x00, 0xb8, 0xe0, 0x06,
	0x00, 0x00, 0x0f, 0x22, 0xe0, 0xa1, 0xb0, 0x80, 0x00, 0x00, 0x0f, 0x22,
	0xd8, 0xb9, 0x80, 0x00, 0x00, 0xc0, 0x31, 0xd2, 0xb8, 0x00, 0x09, 0x00,
	0x00, 0x0f, 0x30, 0xb8, 0x33, 0x00, 0x01, 0x80, 0x0f, 0x22, 0xc0, 0xff,
	0x2d, 0xa8, 0x80, 0x00, 0x00,
}

// PVH returns an ELF file to start QEMU with (-kernel), for an enclave that Load has filled in the
// machine's memory (a memory-backend-file with share=on). It uses physical addresses 0x8000 to 0xbfff and
// 0x100000 to 0x104fff. The machine's other cores must all be the enclave's.
func PVH(mem []byte, b *abi.Boot) ([]byte, error) {
	const (
		low, at  = 0x8000, 0x100000
		headers  = 64 + 2*56
		note     = headers
		noteSize = 12 + 4 + 4
		code     = page
	)
	t, err := Trampoline(mem, b, low)
	if err != nil {
		return nil, err
	}
	size := uint64(len(pvhCode) + len(t))
	f := make([]byte, code+size)
	le := binary.LittleEndian
	copy(f, "\x7fELF\x02\x01\x01")
	le.PutUint16(f[16:], 2)  // ET_EXEC
	le.PutUint16(f[18:], 62) // EM_X86_64
	le.PutUint32(f[20:], 1)
	le.PutUint64(f[24:], at)
	le.PutUint64(f[32:], 64)
	le.PutUint16(f[52:], 64)
	le.PutUint16(f[54:], 56)
	le.PutUint16(f[56:], 2)
	header := func(p []byte, typ, flags uint32, off, addr, size uint64) {
		le.PutUint32(p, typ)
		le.PutUint32(p[4:], flags)
		for i, v := range [...]uint64{off, addr, addr, size, size, 4} {
			le.PutUint64(p[8+8*i:], v)
		}
	}
	header(f[64:], 1, 7, code, at, size)
	header(f[64+56:], 4, 4, note, 0, noteSize)
	// XEN_ELFNOTE_PHYS32_ENTRY (18): where to enter.
	le.PutUint32(f[note:], 4)
	le.PutUint32(f[note+4:], 4)
	le.PutUint32(f[note+8:], 18)
	copy(f[note+12:], "Xen\x00")
	le.PutUint32(f[note+16:], at)
	copy(f[code:], pvhCode[:])
	copy(f[code+len(pvhCode):], t)
	return f, nil
}
