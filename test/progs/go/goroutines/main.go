// Command goroutines exercises goroutines, channels, select, timers and synchronisation, with exact results.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func check(ok bool, what string) {
	if !ok {
		fmt.Fprintln(os.Stderr, "FAIL", what)
		os.Exit(99)
	}
}

func main() {
	fmt.Println("GOMAXPROCS", runtime.GOMAXPROCS(0))

	ch, res := make(chan int), make(chan int, 10)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			s := 0
			for v := range ch {
				s += v
			}
			res <- s
		})
	}
	go func() {
		for i := range 50000 {
			ch <- i
		}
		close(ch)
		wg.Wait()
		close(res)
	}()
	sum := 0
	for s := range res {
		sum += s
	}
	check(sum == 50000*49999/2, "sum")
	fmt.Println("ok channels")

	first := make(chan int)
	in := first
	for range 10000 {
		out := make(chan int)
		go func(in, out chan int) { out <- 1 + <-in }(in, out)
		in = out
	}
	first <- 0
	check(<-in == 10000, "chain")
	fmt.Println("ok 10000 goroutines")

	t0 := time.Now()
	var fired atomic.Int32
	for i := range 100 {
		time.AfterFunc(time.Duration(i%10+1)*time.Millisecond, func() { fired.Add(1) })
	}
	tick := time.NewTicker(time.Millisecond)
	for range 5 {
		<-tick.C
	}
	tick.Stop()
	for fired.Load() < 100 {
		time.Sleep(time.Millisecond)
	}
	check(time.Since(t0) >= 10*time.Millisecond, "time")
	select {
	case <-make(chan int):
		check(false, "select")
	case <-time.After(2 * time.Millisecond):
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Millisecond)
	<-ctx.Done()
	check(ctx.Err() == context.DeadlineExceeded, "context")
	cancel()
	fmt.Println("ok timers")

	// A goroutine that spins without a call does not keep the others away.
	var stop, progress atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for stop.Load() == 0 {
			}
			progress.Add(1)
		}()
	}
	time.Sleep(20 * time.Millisecond)
	runtime.GC()
	stop.Store(1)
	for progress.Load() < int64(runtime.GOMAXPROCS(0)) {
		runtime.Gosched()
	}
	fmt.Println("ok spinning goroutines")

	var mu sync.RWMutex
	m := map[int]int{}
	cond := sync.NewCond(&sync.Mutex{})
	ready := 0
	for g := range 20 {
		wg.Go(func() {
			for i := range 500 {
				mu.Lock()
				m[i] += g
				mu.Unlock()
				mu.RLock()
				_ = m[i/2]
				mu.RUnlock()
			}
			cond.L.Lock()
			ready++
			cond.Broadcast()
			cond.L.Unlock()
		})
	}
	cond.L.Lock()
	for ready < 20 {
		cond.Wait()
	}
	cond.L.Unlock()
	wg.Wait()
	for i := range 500 {
		check(m[i] == 190, "map")
	}
	fmt.Println("ok locks")

	// Threads of the system: each goroutine on its own.
	for range 30 {
		wg.Go(func() {
			runtime.LockOSThread()
			time.Sleep(time.Millisecond)
		})
	}
	wg.Wait()
	fmt.Println("ok locked threads")
}
