// SPDX-License-Identifier: Apache-2.0

package emulated

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/procfs"
)

// bells counts the LWK's doorbells to Linux on Linux's processor: /proc/interrupts does not show their
// vector, so a performance event counts its tracepoint, as the proxy waits for it (perf_event_open(2)).
type bells struct{ fd int }

func openBells() (*bells, error) {
	raw, err := procfs.ReadAll("/sys/kernel/tracing/events/irq_vectors/x86_platform_ipi_entry/id")
	if err != nil {
		return nil, err
	}
	id, err := strconv.ParseUint(strings.TrimSpace(string(raw)), 10, 64)
	if err != nil {
		return nil, err
	}
	attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_TRACEPOINT, Config: id}
	attr.Size = uint32(unsafe.Sizeof(attr))
	fd, err := unix.PerfEventOpen(&attr, -1, 0, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("perf_event_open", err)
	}
	return &bells{fd}, nil
}

func (b *bells) count() (float64, error) {
	var buf [8]byte
	n, err := unix.Read(b.fd, buf[:])
	if err != nil || n != len(buf) {
		return 0, fmt.Errorf("the count of doorbells: %d bytes, %w", n, err)
	}
	return float64(binary.NativeEndian.Uint64(buf[:])), nil
}
