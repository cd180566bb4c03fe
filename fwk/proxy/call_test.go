package proxy

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
)

const base = fakeWindow

// TestFiles ships what a program does with a file, with pointers of its own.
func TestFiles(t *testing.T) {
	f := newFake(t, 1).start()
	b := f.back(base, 1)
	path := filepath.Join(t.TempDir(), "file")
	copy(b, path+"\x00")
	fd := uint64(f.must(unix.SYS_OPENAT, ^uint64(99), base, unix.O_CREAT|unix.O_RDWR, 0o600))
	copy(b[4096:], "some text")
	if n := f.must(unix.SYS_WRITE, fd, base+4096, 9); n != 9 {
		t.Errorf("wrote %d", n)
	}
	if n := f.must(unix.SYS_PREAD64, fd, base+8192, 1<<20, 5); n != 4 || string(b[8192:8196]) != "text" {
		t.Errorf("read %d: %q", n, b[8192:8196])
	}
	f.must(unix.SYS_FSTAT, fd, base+4096)
	if size := binary.LittleEndian.Uint64(b[4096+48:]); size != 9 {
		t.Errorf("size is %d", size)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "some text" {
		t.Errorf("%q, %v", got, err)
	}
	// The same by an address of the LWK's.
	if n := f.must(unix.SYS_PREAD64, fd, abi.LinearBase+f.boot.Bounce.Off, 9, 0); n != 9 || !bytes.HasPrefix(f.mem[f.boot.Bounce.Off:], []byte("some text")) {
		t.Errorf("read %d to the LWK's memory", n)
	}
	f.must(unix.SYS_FCNTL, fd, unix.F_GETFL, 0)
	put64(b, 0, 0, 0, 0)
	binary.LittleEndian.PutUint16(b, unix.F_RDLCK)
	f.must(unix.SYS_FCNTL, fd, unix.F_SETLK, base)
	f.fails(syscall.EFAULT, unix.SYS_FCNTL, fd, unix.F_SETLK, 8)
	f.fails(syscall.EINVAL, unix.SYS_FCNTL, fd, 77, base)
	f.fails(syscall.ENOTTY, unix.SYS_IOCTL, fd, unix.TCGETS, base)
	f.fails(syscall.ENOTTY, unix.SYS_IOCTL, fd, 0xc0481234, base) // described nowhere
	f.must(unix.SYS_CLOSE, fd)
	f.fails(syscall.EBADF, unix.SYS_CLOSE, fd)
}

// TestVectors ships structures with pointers inside.
func TestVectors(t *testing.T) {
	f := newFake(t, 2).start()
	b := f.back(base, 1)
	f.must(unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_DGRAM, 0, base)
	s0, s1 := uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[4:]))
	defer f.must(unix.SYS_CLOSE, s1)
	defer f.must(unix.SYS_CLOSE, s0)
	copy(b[100:], "hello")
	copy(b[200:], ", world")
	iov := b[4096:]
	put64(iov, base+100, 5, base+200, 7, 0, 0)
	if n := f.must(unix.SYS_WRITEV, s0, base+4096, 3); n != 12 {
		t.Errorf("writev: %d", n)
	}
	put64(iov, base+300, 3, base+400, 100)
	if n := f.must(unix.SYS_READV, s1, base+4096, 2); n != 12 || string(b[300:303])+string(b[400:409]) != "hello, world" {
		t.Errorf("readv: %d", n)
	}
	// sendmsg with a descriptor, recvmsg with room for it.
	rights := unix.UnixRights(int(s0))
	copy(b[1000:], rights)
	put64(iov, base+100, 5)
	msg := b[5000:]
	put64(msg, 0, 0, base+4096, 1, base+1000, uint64(len(rights)), 0)
	if n := f.must(unix.SYS_SENDMSG, s0, base+5000, 0); n != 5 {
		t.Errorf("sendmsg: %d", n)
	}
	put64(iov, base+300, 64)
	put64(msg, 0, 0, base+4096, 1, base+1100, 64, 0xffff)
	if n := f.must(unix.SYS_RECVMSG, s1, base+5000, 0); n != 5 || string(b[300:305]) != "hello" {
		t.Errorf("recvmsg: %d", n)
	}
	if got := binary.LittleEndian.Uint64(msg[40:]); got != uint64(len(rights)) {
		t.Errorf("control of %d bytes", got)
	}
	if binary.LittleEndian.Uint64(msg[16:]) != base+4096 || binary.LittleEndian.Uint64(msg[32:]) != base+1100 || binary.LittleEndian.Uint32(msg[48:]) == 0xffff {
		t.Errorf("msghdr is %x after the call", msg[:56])
	}
	f.must(unix.SYS_CLOSE, uint64(binary.LittleEndian.Uint32(b[1100+16:])))
	// Two messages at once, and back.
	vec := b[6000:]
	put64(iov, base+100, 5, base+200, 7)
	for i := range uint64(2) {
		put64(vec[64*i:], 0, 0, base+4096+16*i, 1, 0, 0, 0, 0)
	}
	if n := f.must(unix.SYS_SENDMMSG, s0, base+6000, 2, 0); n != 2 || binary.LittleEndian.Uint32(vec[64+56:]) != 7 {
		t.Errorf("sendmmsg: %d, %d", n, binary.LittleEndian.Uint32(vec[64+56:]))
	}
	put64(iov, base+300, 64, base+400, 64)
	if n := f.must(unix.SYS_RECVMMSG, s1, base+6000, 2, 0, 0); n != 2 || string(b[300:305])+string(b[400:407]) != "hello, world" {
		t.Errorf("recvmmsg: %d", n)
	}
	// Socket options.
	put64(b, 1)
	f.must(unix.SYS_SETSOCKOPT, s0, unix.SOL_SOCKET, unix.SO_PASSCRED, base, 4)
	binary.LittleEndian.PutUint32(b[8:], 4)
	f.must(unix.SYS_GETSOCKOPT, s0, unix.SOL_SOCKET, unix.SO_TYPE, base, base+8)
	if v := binary.LittleEndian.Uint32(b); v != unix.SOCK_DGRAM {
		t.Errorf("SO_TYPE is %d", v)
	}
	f.fails(syscall.ENOPROTOOPT, unix.SYS_SETSOCKOPT, s0, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, base, 16)
	// Bad ones.
	put64(iov, base+300, 3, 0x1000, 100)
	f.fails(syscall.EFAULT, unix.SYS_WRITEV, s0, base+4096, 2)
	put64(iov, base+300, 1<<63)
	f.fails(syscall.EINVAL, unix.SYS_WRITEV, s0, base+4096, 1)
	f.fails(syscall.EINVAL, unix.SYS_WRITEV, s0, base+4096, 1025)
	// The program cannot name the LWK's memory; the LWK can.
	put64(iov, abi.LinearBase+f.boot.Bounce.Off, 16)
	f.fails(syscall.EFAULT, unix.SYS_WRITEV, s0, base+4096, 1)
	put64(msg, 0, 0, abi.LinearBase+f.boot.Bounce.Off, 1, 0, 0, 0)
	f.fails(syscall.EFAULT, unix.SYS_SENDMSG, s0, base+5000, 0)
	put64(f.mem[f.boot.Bounce.Off:], abi.LinearBase+f.boot.Bounce.Off, 16)
	f.must(unix.SYS_WRITEV, s0, abi.LinearBase+f.boot.Bounce.Off, 1)
	put64(msg, 0, 0, base+4096, 1025, 0, 0, 0)
	f.fails(syscall.EMSGSIZE, unix.SYS_SENDMSG, s0, base+5000, 0)
}

// TestPointers: what is not the enclave's memory is EFAULT, whatever else is there.
func TestPointers(t *testing.T) {
	f := newFake(t, 1).start()
	f.back(base, 2)
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pipe[0])
	defer syscall.Close(pipe[1])
	out := uint64(pipe[1])
	mine := uint64(addressOf(make([]byte, 4096), 0))
	last := f.p.space.window[len(f.p.space.window)-1].end
	for _, at := range []uint64{1, 4096, mine, mine | 1<<47, fakeWindow - 1, last - 1, last, last + guardSize/2, 1 << 47, 1 << 63, ^uint64(0),
		abi.LinearBase + fakeMemory, abi.LinearBase + fakeMemory - 1, abi.LinearEnd, abi.ImageLow, uint64(f.p.space.at(0))} {
		f.fails(syscall.EFAULT, unix.SYS_WRITE, out, at, 16)
		if at != last-1 && at != abi.LinearBase+fakeMemory-1 { // text may begin there
			f.fails(syscall.EFAULT, unix.SYS_NEWFSTATAT, ^uint64(99), at, base, 0)
		}
		f.fails(syscall.EFAULT, unix.SYS_NEWFSTATAT, ^uint64(99), base, at, 0)
	}
	f.fails(syscall.EFAULT, unix.SYS_WRITE, out, 0, 16)
	f.fails(syscall.EFAULT, unix.SYS_WRITE, out, base, ^uint64(0))
	if n := f.must(unix.SYS_WRITE, out, 1, 0); n != 0 {
		t.Error("a write of nothing")
	}
	// The last byte of the enclave, and of a mapping.
	f.must(unix.SYS_WRITE, out, abi.LinearBase+fakeMemory-16, 16)
	f.must(unix.SYS_WRITE, out, base+2*abi.Granule-16, 16)
}

// TestPopulate: memory that is not in the map log is asked for, once; then Linux decides.
func TestPopulate(t *testing.T) {
	f := newFake(t, 1).start()
	b := f.back(base, 1)
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pipe[0])
	defer syscall.Close(pipe[1])
	end := uint64(base + abi.Granule)
	m := f.call(3, unix.SYS_READ, uint64(pipe[0]), end-8, 1<<22)
	if m.Kind != abi.MsgPopulate || m.Args[0] != end || m.Args[1] != 1<<22-8 || m.Args[2] != 1 {
		t.Fatalf("%+v", m)
	}
	syscall.Write(pipe[1], []byte("0123"))
	if m = f.call(3, unix.SYS_READ, uint64(pipe[0]), end-8, 1<<22); m.Kind != abi.MsgDone || m.Args[0] != 4 || string(b[len(b)-8:len(b)-4]) != "0123" {
		t.Errorf("sent again: %+v", m)
	}
	if m = f.call(3, unix.SYS_READ, uint64(pipe[0]), end, 8); m.Kind != abi.MsgPopulate {
		t.Errorf("the next one: %+v", m)
	}
	c := f.back(end, 1)
	syscall.Write(pipe[1], []byte("4567"))
	if m = f.call(3, unix.SYS_READ, uint64(pipe[0]), end, 8); m.Kind != abi.MsgDone || m.Args[0] != 4 || string(c[:4]) != "4567" {
		t.Errorf("after it was mapped: %+v", m)
	}
	// Text that goes on where nothing is; a vector that is not there.
	copy(b[len(b)-2:], "xx")
	f.log(abi.MapUnset, end, 0, abi.Granule)
	if m = f.call(4, unix.SYS_CHDIR, end-2); m.Kind != abi.MsgPopulate || m.Args[0] != end || m.Args[2] != 0 {
		t.Errorf("text: %+v", m)
	}
	if m = f.call(4, unix.SYS_CHDIR, end-2); m.Kind != abi.MsgDone || int64(m.Args[0]) != -int64(syscall.EFAULT) {
		t.Errorf("text again: %+v", m)
	}
	if m = f.call(4, unix.SYS_READV, uint64(pipe[0]), end, 1); m.Kind != abi.MsgPopulate {
		t.Errorf("vector: %+v", m)
	}
	if m = f.call(4, unix.SYS_READV, uint64(pipe[0]), end, 1); m.Kind != abi.MsgDone || int64(m.Args[0]) != -int64(syscall.EFAULT) {
		t.Errorf("vector again: %+v", m)
	}
}

// TestFirstThread: what Linux keeps for the process's first thread is done there.
func TestFirstThread(t *testing.T) {
	f := newFake(t, 1).start()
	b := f.back(base, 1)
	copy(b, "a name\x00")
	f.must(unix.SYS_PRCTL, unix.PR_SET_NAME, base)
	f.must(unix.SYS_PRCTL, unix.PR_GET_NAME, base+100)
	if string(b[100:106]) != "a name" {
		t.Errorf("the name is %q", b[100:116])
	}
	f.fails(syscall.EINVAL, unix.SYS_PRCTL, 22, 1, base) // seccomp
	m := f.call(5, unix.SYS_PRCTL, unix.PR_GET_NAME, base+abi.Granule)
	n := f.call(5, unix.SYS_PRCTL, unix.PR_GET_NAME, base+abi.Granule)
	if m.Kind != abi.MsgPopulate || n.Kind != abi.MsgDone || int64(n.Args[0]) != -int64(syscall.EFAULT) {
		t.Errorf("%+v, %+v", m, n)
	}
}
