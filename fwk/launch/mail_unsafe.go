package launch

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/fwk/node"
)

// mailbox is how the keeper tells the runner that the enclave is lost: a word and a text in a page that
// both map; and the list of the enclave's processes. It needs no descriptor, which in the runner would be one too many.
//
// Safe: the page is mapped for as long as the process lives; the word is aligned.
type mailbox struct{ page []byte }

const (
	mailSize    = 16384 + 16*abi.MaxInstances
	mailText    = 64 // where the text begins; its length is the second word
	mailMembers = 16384
)

func openMail(path string, create bool) (*mailbox, error) {
	flags := unix.O_RDWR | unix.O_CLOEXEC
	if create {
		flags |= unix.O_CREAT | unix.O_TRUNC
	}
	fd, err := unix.Open(path, flags, 0o600)
	if err != nil {
		return nil, fail("cannot open the enclave's mailbox", err.Error(), "")
	}
	defer unix.Close(fd)
	if err := unix.Ftruncate(fd, mailSize); err != nil {
		return nil, fail("cannot make the enclave's mailbox", err.Error(), "is /run full?")
	}
	page, err := unix.Mmap(fd, 0, mailSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fail("cannot map the enclave's mailbox", err.Error(), "")
	}
	return &mailbox{page}, nil
}

func (m *mailbox) word(i int) *uint32 { return (*uint32)(unsafe.Pointer(&m.page[4*i])) }

// stopped reports whether the enclave's cores were stopped.
func (m *mailbox) stopped() bool { return m != nil && atomic.LoadUint32(m.word(0)) != 0 }

// post leaves a text and wakes the reader.
func (m *mailbox) post(text string) {
	n := copy(m.page[mailText:mailMembers], text)
	atomic.StoreUint32(m.word(1), uint32(n))
	atomic.StoreUint32(m.word(0), 1)
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(m.word(0))), 1 /* FUTEX_WAKE */, 1<<30, 0, 0, 0)
}

// read waits for a text, at most some milliseconds.
func (m *mailbox) read(ms int64) (string, bool) {
	if atomic.LoadUint32(m.word(0)) == 0 {
		ts := unix.NsecToTimespec(ms * 1e6)
		_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(m.word(0))), 0 /* FUTEX_WAIT */, 0, uintptr(unsafe.Pointer(&ts)), 0, 0)
	}
	if atomic.LoadUint32(m.word(0)) == 0 {
		return "", false
	}
	n := min(int(atomic.LoadUint32(m.word(1))), mailMembers-mailText)
	return string(m.page[mailText : mailText+n]), true
}

// member is the place of instance i's process.
func (m *mailbox) member(i int) *[2]uint64 {
	return (*[2]uint64)(unsafe.Pointer(&m.page[mailMembers+16*(i%abi.MaxInstances)]))
}

// enter notes which process is instance i's; the zero Process: none.
func (m *mailbox) enter(i int, p node.Process) {
	w := m.member(i)
	atomic.StoreUint64(&w[0], 0)
	atomic.StoreUint64(&w[1], p.Start)
	atomic.StoreUint64(&w[0], uint64(p.PID))
}

// other returns a process of the enclave that lives and is not this one.
func (m *mailbox) other(than int) (node.Process, bool) {
	for i := range abi.MaxInstances {
		w := m.member(i)
		p := node.Process{PID: int(atomic.LoadUint64(&w[0])), Start: atomic.LoadUint64(&w[1])}
		if p.PID != 0 && p.PID != than && p.Alive() {
			return p, true
		}
	}
	return node.Process{}, false
}
