// Command gofiles does file, pipe and loopback network I/O through the runtime's poller.
package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAIL", err)
		os.Exit(99)
	}
}

func main() {
	check(os.MkdirAll("a/b/c", 0o755))
	for i := range 50 {
		check(os.WriteFile(fmt.Sprintf("a/b/f%02d", i), make([]byte, i*1000), 0o600))
	}
	n, size := 0, int64(0)
	check(filepath.WalkDir("a", func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			n++
			size += info.Size()
		}
		return nil
	}))
	fmt.Println(n, "files,", size, "bytes")
	f, err := os.Create("sum")
	check(err)
	w := bufio.NewWriter(f)
	for i := range 100000 {
		fmt.Fprintln(w, i)
	}
	check(w.Flush())
	_, err = f.Seek(0, io.SeekStart)
	check(err)
	h := sha256.New()
	_, err = io.Copy(h, f)
	check(err)
	fmt.Printf("%x\n", h.Sum(nil))
	check(f.Close())

	r, p, err := os.Pipe()
	check(err)
	check(r.SetReadDeadline(time.Now().Add(3 * time.Millisecond)))
	if _, err := r.Read(make([]byte, 1)); !os.IsTimeout(err) {
		check(fmt.Errorf("no deadline: %v", err))
	}
	check(r.SetReadDeadline(time.Time{}))
	go func() {
		for range 1000 {
			_, err := p.Write(make([]byte, 3000))
			check(err)
		}
		check(p.Close())
	}()
	got, err := io.Copy(io.Discard, r)
	check(err)
	fmt.Println(got, "bytes through a pipe")

	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			c, err := net.Dial("tcp", l.Addr().String())
			check(err)
			rd := bufio.NewReader(c)
			for k := range 50 {
				fmt.Fprintf(c, "message %d %d\n", i, k)
				s, err := rd.ReadString('\n')
				check(err)
				if s != fmt.Sprintf("message %d %d\n", i, k) {
					check(fmt.Errorf("echo %q", s))
				}
			}
			check(c.Close())
		})
	}
	wg.Wait()
	check(l.Close())
	fmt.Println("ok echo over loopback")
}
