// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Servers: the server runs on the side that is measured, its clients always on
// Linux, on another CPU than the server's where there is one.

const goWeb = "goweb"

// A server is a running one. stop ends it, by force if it has to.
type server struct {
	cmd    *exec.Cmd
	errs   *tail
	exited chan error
}

// serve starts cmd as d's side does.
func serve(d *Drive, cmd *exec.Cmd) (*server, error) {
	s := &server{cmd: cmd, errs: &tail{}, exited: make(chan error, 1)}
	cmd.Stderr = s.errs
	cmd.WaitDelay = 2 * time.Second
	where := d.where()
	if err := startOn(where.cpus, where.realtime, cmd.Start); err != nil {
		return nil, fmt.Errorf("could not be started: %w", err)
	}
	go func() { s.exited <- cmd.Wait() }()
	return s, nil
}

func (s *server) stop() {
	select {
	case <-s.exited:
		return
	case <-time.After(2 * time.Second):
	}
	s.cmd.Process.Kill()
	<-s.exited
}

// died says how a server ended that should not have.
func (s *server) died(err error) error { return failure(err, s.cmd.ProcessState, s.errs.data) }

// redis asks redis-server with redis-benchmark. Cost: ns for a request, the
// mean of SET and GET.
func redis(d *Drive) (Outcome, error) {
	exe, err := command("redis-server")
	if err != nil {
		return Outcome{}, err
	}
	client, err := command("redis-benchmark")
	if err != nil {
		return Outcome{}, err
	}
	port, err := freePort()
	if err != nil {
		return Outcome{}, err
	}
	cmd := d.Side.Command(exe, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", d.Work)
	s, err := serve(d, cmd)
	if err != nil {
		return Outcome{}, err
	}
	defer func() {
		s.cmd.Process.Signal(syscall.SIGTERM)
		s.stop()
	}()
	if err := s.listens(d, port); err != nil {
		return Outcome{}, err
	}
	requests := 10000
	if d.Batches >= FullBatches {
		requests = 40000
	}
	out, err := output(d.Ctx, exec.Command(client, "-h", "127.0.0.1", "-p", port, "-t", "set,get", "-n", strconv.Itoa(requests), "-c", "20", "--csv"), d.beside(), d.Limit)
	if err != nil {
		return Outcome{}, fmt.Errorf("redis-benchmark: %w", err)
	}
	cost, err := redisCost(out)
	return Outcome{Costs: []float64{cost}}, err
}

// redisCost reads redis-benchmark's table: a name and requests per second.
func redisCost(out []byte) (float64, error) {
	r := csv.NewReader(bytes.NewReader(out))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return 0, fmt.Errorf("redis-benchmark printed no table: %w", err)
	}
	sum, n := 0.0, 0
	for _, row := range rows {
		if len(row) < 2 || row[0] != "SET" && row[0] != "GET" {
			continue
		}
		rate, err := strconv.ParseFloat(row[1], 64)
		if err != nil || !(rate > 0) {
			return 0, fmt.Errorf("redis-benchmark printed a rate of %q", row[1])
		}
		sum += 1e9 / rate
		n++
	}
	if n != 2 {
		return 0, fmt.Errorf("redis-benchmark printed %d of 2 results: %.200q", n, out)
	}
	return sum / 2, nil
}

// listens waits until somebody listens on port.
func (s *server) listens(d *Drive, port string) error {
	deadline := time.Now().Add(20 * time.Second)
	for {
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
		if err == nil {
			return c.Close()
		}
		select {
		case err := <-s.exited:
			s.exited <- err
			return s.died(err)
		case <-d.Ctx.Done():
			return d.Ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return errors.New("does not listen after 20 s")
		}
	}
}

// freePort returns a port of 127.0.0.1 that was free just now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("a port for a server: %w", err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// goWebServer asks the web server by a second process of the same program on
// Linux. Cost: ns for a request; single times are a client's.
func goWebServer(d *Drive) (Outcome, error) {
	exe := filepath.Join(d.Programs, goWeb)
	cmd := d.Side.Command(exe)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return Outcome{}, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return Outcome{}, err
	}
	s, err := serve(d, cmd)
	if err != nil {
		return Outcome{}, err
	}
	defer func() {
		stdin.Close()
		s.stop()
	}()
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(stdout).ReadString('\n')
		line <- strings.TrimSpace(text)
	}()
	var port string
	select {
	case port = <-line:
	case <-time.After(20 * time.Second):
	case <-d.Ctx.Done():
		return Outcome{}, d.Ctx.Err()
	}
	if port == "" {
		return Outcome{}, fmt.Errorf("did not say its port: %s", lastLine(s.errs.data))
	}
	requests := "3000"
	if d.Batches >= FullBatches {
		requests = "12000"
	}
	out, err := output(d.Ctx, exec.Command(exe, "--load", port, "--requests", requests), d.beside(), d.Limit)
	if err != nil {
		return Outcome{}, fmt.Errorf("the client of the web server: %w", err)
	}
	var result struct {
		Cost float64
		NS   []float64
	}
	if err := json.Unmarshal(out, &result); err != nil || !(result.Cost > 0) || len(result.NS) == 0 {
		return Outcome{}, fmt.Errorf("the client of the web server printed %.100q (%v)", out, err)
	}
	return Outcome{Costs: []float64{result.Cost}, Latency: latencyOf(result.NS)}, nil
}
