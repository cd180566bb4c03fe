// Package enclave holds the little that both kernels of a native node do the same way: where things
// lie in the enclave's memory (types in package abi), the program block, and the log.
//
// Nothing here trusts what it reads: every function that takes memory checks what it finds there.
package enclave

import (
	"fmt"

	"github.com/skerry-os/skerry/abi"
)

// Numbers of slots in the rings, and sizes of the other parts, in bytes.
const (
	RequestSlots = 1024
	ReplySlots   = 512
	MapSlots     = 4096
	LogSize      = 256 << 10
	BounceSize   = 2 << 20
	ProgramSize  = 8 << 20 // Linux allows 6 MiB of arguments and environment (a quarter of the largest stack limit aside)

	slot = 64
	page = 4096

	coresAt    = 0x1000
	proxyAt    = 0x3000
	epitaphsAt = 0x4000
	partsAt    = 0xc000
)

// Layout is the boot page of an enclave with this many cores, memory bytes (whole granules) and an image
// that takes imageSize bytes from abi.ImageLow on: all sections, and nothing but them. It fails when the
// memory is too small or too large.
func Layout(cores int, memory, imageSize uint64) (*abi.Boot, error) {
	if cores < 1 || cores > abi.MaxCores {
		return nil, fmt.Errorf("an enclave of %d cores: it may have 1 to %d", cores, abi.MaxCores)
	}
	if memory%abi.Granule != 0 || memory > MaxMemory {
		return nil, fmt.Errorf("an enclave of %d bytes: its memory must be a multiple of 2 MiB, and at most %d GiB", memory, uint64(MaxMemory)>>30)
	}
	n := uint64(cores)
	b := &abi.Boot{Magic: abi.BootMagic, Version: abi.BootVersion, Size: bootSize, NCores: uint32(cores), Memory: memory}
	b.Cores = abi.Section{Off: coresAt, Len: n * coreSize}
	b.Machine = b.Cores
	b.Proxy = abi.Section{Off: proxyAt, Len: proxySize}
	b.Epitaphs = abi.Section{Off: epitaphsAt, Len: n * epitaphSize}
	at := uint64(partsAt)
	part := func(s *abi.Section, size uint64) {
		*s = abi.Section{Off: at, Len: size}
		at = (at + size + page - 1) &^ (page - 1)
	}
	part(&b.Granules, memory/abi.Granule*8)
	part(&b.Requests, RequestSlots*slot)
	part(&b.Replies, n*ReplySlots*slot)
	part(&b.MapLog, MapSlots*slot)
	part(&b.Cancel, abi.ThreadWords*4)
	part(&b.Log, LogSize)
	part(&b.Tables, page*(16+memory>>30+(imageSize+abi.Granule-1)/abi.Granule))
	part(&b.Bounce, BounceSize)
	part(&b.Program, ProgramSize)
	at = granules(at)
	b.Image = abi.Section{Off: at, Len: granules(imageSize)}
	at += b.Image.Len
	b.Free = abi.Section{Off: at, Len: memory - at}
	if memory < at+16*abi.Granule {
		return nil, fmt.Errorf("an enclave of %d MiB is too small: the LWK itself needs %d MiB", memory>>20, at>>20+32)
	}
	return b, nil
}

// Parts of a member's home, from its beginning.
const (
	memberCores = 0x1000
	memberProxy = 0x2000
	memberParts = 0x3000
	// MemberBounce is the size of a member's bounce memory, in bytes.
	MemberBounce = 512 << 10
)

// Member is the boot page of another instance of the LWK in the enclave of b, which has one core and keeps what
// it shares with its proxy in the granule at offset home.
func Member(b *abi.Boot, instance int, home uint64) abi.Boot {
	m := *b
	m.NCores, m.Instance, m.Home = 1, uint64(instance), home
	m.Cores = abi.Section{Off: home + memberCores, Len: coreSize}
	m.Proxy = abi.Section{Off: home + memberProxy, Len: proxySize}
	at := home + memberParts
	part := func(s *abi.Section, size uint64) {
		*s = abi.Section{Off: at, Len: size}
		at = (at + size + page - 1) &^ (page - 1)
	}
	part(&m.Requests, RequestSlots*slot)
	part(&m.Replies, ReplySlots*slot)
	part(&m.MapLog, MapSlots*slot)
	part(&m.Cancel, abi.ThreadWords*4)
	part(&m.Bounce, MemberBounce)
	m.Program = abi.Section{Off: at, Len: home + abi.Granule - at}
	return m
}

// IsHome tells whether a granule may be a member's home: one that the LWK may use as it likes.
func IsHome(b *abi.Boot, home uint64) bool {
	return home%abi.Granule == 0 && home >= b.Free.Off && home < b.Free.Off+b.Free.Len
}

// MaxMemory is the most memory of an enclave, in bytes.
const MaxMemory = 512 << 30

func granules(n uint64) uint64 { return (n + abi.Granule - 1) &^ (abi.Granule - 1) }

// Check reports what is wrong with a boot page for the given amount of memory: it is as Layout would
// make it, or an error.
func Check(b *abi.Boot, memory uint64) error {
	switch {
	case b.Magic != abi.BootMagic:
		return fmt.Errorf("no boot page: magic number is %#x", b.Magic)
	case b.Version != abi.BootVersion || b.Size != bootSize:
		return fmt.Errorf("boot page of version %d, %d bytes; this is version %d, %d bytes: image and skerry are of different builds",
			b.Version, b.Size, abi.BootVersion, bootSize)
	case b.Memory != memory:
		return fmt.Errorf("boot page of an enclave of %d bytes, which has %d", b.Memory, memory)
	}
	want, err := Layout(int(b.Machine.Len/coreSize), b.Memory, b.Image.Len)
	if err != nil {
		return err
	}
	if b.Home != 0 {
		if !IsHome(want, b.Home) || b.Instance >= abi.MaxInstances || b.NCores != 1 {
			return fmt.Errorf("boot page of instance %d at %#x, with %d cores: there is no such", b.Instance, b.Home, b.NCores)
		}
		*want = Member(want, int(b.Instance), b.Home)
	}
	for _, s := range [...]struct {
		name      string
		got, want abi.Section
	}{
		{"granules", b.Granules, want.Granules}, {"tables", b.Tables, want.Tables}, {"image", b.Image, want.Image},
		{"free", b.Free, want.Free}, {"cores", b.Cores, want.Cores}, {"machine", b.Machine, want.Machine}, {"proxy", b.Proxy, want.Proxy},
		{"requests", b.Requests, want.Requests}, {"replies", b.Replies, want.Replies}, {"map log", b.MapLog, want.MapLog},
		{"cancel", b.Cancel, want.Cancel}, {"bounce", b.Bounce, want.Bounce}, {"log", b.Log, want.Log},
		{"epitaphs", b.Epitaphs, want.Epitaphs}, {"program", b.Program, want.Program},
	} {
		if s.got != s.want {
			return fmt.Errorf("boot page: %s at %#x, %d bytes; should be at %#x, %d bytes", s.name, s.got.Off, s.got.Len, s.want.Off, s.want.Len)
		}
	}
	return nil
}
