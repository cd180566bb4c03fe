package rawcall

import (
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestCall(t *testing.T) {
	var cancel uint32
	if r := Blocking(&cancel, syscall.SYS_GETPID, &[6]uint64{}); r != int64(os.Getpid()) {
		t.Errorf("getpid is %d", r)
	}
	if r := Blocking(&cancel, syscall.SYS_CLOSE, &[6]uint64{1 << 30}); r != -int64(syscall.EBADF) {
		t.Errorf("close of nothing is %d", r)
	}
	cancel = 1
	if r := Blocking(&cancel, syscall.SYS_GETPID, &[6]uint64{}); r != Unmade {
		t.Errorf("a cancelled call is %d", r)
	}
}

// TestKick interrupts reads of an empty pipe at every point of their way to Linux: each ends, either not
// made or with EINTR, and none is missed.
func TestKick(t *testing.T) {
	if e := Install(Kick, 0); e != 0 {
		t.Fatal(e)
	}
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fds[0])
	defer syscall.Close(fds[1])
	var cancel, round uint32
	var tid atomic.Uint32
	results := make(chan int64)
	go func() {
		runtime.LockOSThread()
		tid.Store(uint32(syscall.Gettid()))
		var b [8]byte
		for range 2000 {
			atomic.AddUint32(&round, 1)
			r := Blocking(&cancel, syscall.SYS_READ, &[6]uint64{uint64(fds[0]), address(&b[0]), 8})
			results <- r
		}
		close(results)
	}()
	n, unmade := uint32(0), 0
	for {
		n++
		for spin := 0; atomic.LoadUint32(&round) != n && spin < 1<<20; spin++ {
			runtime.Gosched()
		}
		for range n % 64 * 8 { // somewhere on its way
			atomic.LoadUint32(&round)
		}
		atomic.StoreUint32(&cancel, 1)
		Send(tid.Load(), Kick)
		select {
		case r, ok := <-results:
			if !ok {
				if unmade == 0 {
					t.Log("no call was caught on its way")
				}
				return
			}
			if r == Unmade {
				unmade++
			} else if r != -int64(syscall.EINTR) {
				t.Fatalf("round %d: %d", n, r)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("round %d: the call is not interrupted", n)
		}
		atomic.StoreUint32(&cancel, 0)
	}
}
