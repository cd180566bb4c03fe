package launch

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mailbox is how the keeper tells the runner that the enclave is lost: a word and a text in a page that
// both map. It needs no descriptor, which in the runner would be one too many.
//
// Safe: the page is mapped for as long as the process lives; the word is aligned.
type mailbox struct{ page []byte }

const (
	mailSize = 16384
	mailText = 64 // where the text begins; its length is the second word
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
	n := copy(m.page[mailText:], text)
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
	n := min(int(atomic.LoadUint32(m.word(1))), mailSize-mailText)
	return string(m.page[mailText : mailText+n]), true
}
