// SPDX-License-Identifier: Apache-2.0

// Command goweb is a web server of the standard library, for the measurement
// go-web: it prints the port that it listens on (a free one of 127.0.0.1) and
// answers each request with a small JSON object, until standard input ends.
// With --load PORT it is the client instead: 8 connections that ask one
// request after the other; it prints the time that a request costs all
// together and the time of each, in ns.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

func main() {
	port := flag.String("load", "", "be the client of the server on this port")
	requests := flag.Int("requests", 3000, "how many the client makes")
	flag.Parse()
	err := error(nil)
	if *port == "" {
		err = serve()
	} else {
		err = load("http://127.0.0.1:"+*port+"/hello", *requests)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "goweb:", err)
		os.Exit(1)
	}
}

func serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, "{\"path\":%q}\n", r.URL.Path)
	})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return http.Serve(l, nil)
}

func load(url string, requests int) error {
	const clients = 8
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}, Timeout: 20 * time.Second}
	ask := func() error {
		r, err := client.Get(url)
		if err != nil {
			return err
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err == nil && string(body) != "{\"path\":\"/hello\"}\n" {
			err = fmt.Errorf("the server answered %q", body)
		}
		return err
	}
	times := make([][]float64, clients)
	errs := make([]error, clients)
	var all sync.WaitGroup
	start := time.Now()
	for c := range clients {
		all.Go(func() {
			for range requests / clients {
				begin := time.Now()
				if errs[c] = ask(); errs[c] != nil {
					return
				}
				times[c] = append(times[c], float64(time.Since(begin).Nanoseconds()))
			}
		})
	}
	all.Wait()
	took := float64(time.Since(start).Nanoseconds())
	var list []float64
	for c := range clients {
		if errs[c] != nil {
			return errs[c]
		}
		list = append(list, times[c]...)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"cost": took / float64(len(list)), "ns": list})
}
