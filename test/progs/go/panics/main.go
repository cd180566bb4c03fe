// Command panics recovers from faults that the runtime turns into panics; the last one is not recovered.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"
)

func try(name string, f func()) {
	defer func() {
		r := recover()
		var re runtime.Error
		if err, ok := r.(error); ok && errors.As(err, &re) {
			fmt.Printf("%s: %v\n", name, re)
			return
		}
		fmt.Printf("%s: %v\n", name, r)
	}()
	f()
}

type big struct {
	pad [1 << 16]byte
	x   int
}

//go:noinline
func deref(p *int) int { return *p }

func main() {
	for range 100 {
		func() {
			defer func() {
				if recover() == nil {
					os.Exit(99)
				}
			}()
			deref(nil)
		}()
	}
	try("nil", func() { deref(nil) })
	try("nil big", func() { var b *big; b.x = 1 })
	try("divide", func() { z := 0; fmt.Println(1 / z) })
	try("index", func() { i := 5; fmt.Println([]int{1}[i]) })
	try("map", func() { var m map[int]int; m[1] = 1 })
	try("cast", func() { var a any = "s"; fmt.Println(a.(int)) })
	debug.SetPanicOnFault(true)
	mem, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		fmt.Println(err)
		os.Exit(99)
	}
	try("write to read-only", func() {
		defer func() {
			type addr interface{ Addr() uintptr }
			r := recover()
			a, ok := r.(addr)
			fmt.Println("address right:", ok && a.Addr() == uintptr(unsafe.Pointer(&mem[100])))
			panic("again")
		}()
		mem[100] = 1
	})
	done := make(chan bool)
	go func() {
		defer close(done)
		try("in a goroutine", func() { deref(nil) })
	}()
	<-done
	if len(os.Args) > 1 {
		deref(nil)
	}
}
