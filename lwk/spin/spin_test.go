package spin

import (
	"sync"
	"testing"
)

func TestLockExcludes(t *testing.T) {
	var l Lock
	var wg sync.WaitGroup
	n := 0
	for range 4 {
		wg.Go(func() {
			for range 2000 {
				l.Lock()
				n++
				l.Unlock()
			}
		})
	}
	wg.Wait()
	if n != 8000 {
		t.Fatalf("counted %d, want 8000: two holders at once", n)
	}
}

func TestTryLock(t *testing.T) {
	var l Lock
	if !l.TryLock() || l.TryLock() {
		t.Fatal("TryLock must succeed on a free lock and fail on a held one")
	}
	l.Unlock()
	if !l.TryLock() {
		t.Fatal("TryLock failed after Unlock")
	}
}
