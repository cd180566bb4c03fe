// Command gc makes much garbage from several goroutines and checks that what is alive stays whole.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
)

type node struct {
	left, right *node
	value       int
	pad         [3]int
}

func build(depth, v int) *node {
	if depth == 0 {
		return &node{value: v}
	}
	return &node{left: build(depth-1, 2*v), right: build(depth-1, 2*v+1), value: v}
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.value + n.left.sum() + n.right.sum()
}

func main() {
	debug.SetGCPercent(20)
	keep := build(16, 1)
	want := keep.sum()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			m := map[string][]byte{}
			for i := range 4000 {
				k := fmt.Sprintf("key-%d-%d", g, i%100)
				m[k] = []byte(strings.Repeat(k, i%50))
				if i%100 == 0 {
					if s := build(8, i); s.sum() != build(8, i).sum() {
						fmt.Println("FAIL tree")
						os.Exit(99)
					}
				}
			}
			for k, v := range m {
				if !strings.HasPrefix(string(v)+k, k) {
					fmt.Println("FAIL map")
					os.Exit(99)
				}
			}
		})
	}
	for range 10 {
		runtime.GC()
		if keep.sum() != want {
			fmt.Println("FAIL kept tree")
			os.Exit(99)
		}
	}
	wg.Wait()
	debug.FreeOSMemory()
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	if ms.NumGC < 10 {
		fmt.Println("FAIL", ms.NumGC, "collections")
		os.Exit(99)
	}
	big := make([]byte, 200<<20)
	for i := 0; i < len(big); i += 4096 {
		big[i] = byte(i >> 12)
	}
	for i := 0; i < len(big); i += 4096 {
		if big[i] != byte(i>>12) {
			fmt.Println("FAIL big")
			os.Exit(99)
		}
	}
	fmt.Println("ok", want)
}
