package observe

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// Serve answers GET /metrics on l with the caller's enclaves until ctx ends. It is as much of HTTP/1.1
// as a scraper needs: one request a connection. (net/http would be initialised at every start of a
// program, which is measured in microseconds.)
func Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	slots := make(chan struct{}, 16) // at a time
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("cannot take connections: %w", err)
		}
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(10 * time.Second)) // without, the connection only lasts longer
			answer(c)
		}()
	}
}

func answer(c net.Conn) {
	const most = 16 << 10
	r := bufio.NewReaderSize(c, most)
	line, err := r.ReadSlice('\n')
	if err != nil {
		return
	}
	f := strings.Fields(string(line))
	for n := len(line); ; {
		head, err := r.ReadSlice('\n')
		if n += len(head); err != nil || n > most {
			return
		}
		if strings.TrimSpace(string(head)) == "" {
			break
		}
	}
	reply := func(status, kind string, body []byte) {
		head := fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", status, kind, len(body))
		if len(f) > 0 && f[0] == "HEAD" {
			body = nil
		}
		_, _ = c.Write(append([]byte(head), body...)) // nobody left to tell
	}
	const plain = "text/plain; charset=utf-8"
	switch {
	case len(f) != 3 || !strings.HasPrefix(f[2], "HTTP/1."):
		reply("400 Bad Request", plain, []byte("not a request\n"))
	case f[0] != "GET" && f[0] != "HEAD":
		reply("405 Method Not Allowed", plain, []byte("only GET\n"))
	default:
		path, _, _ := strings.Cut(f[1], "?")
		if path != "/metrics" {
			reply("404 Not Found", plain, []byte("see /metrics\n"))
			return
		}
		all, err := All()
		if err != nil {
			reply("500 Internal Server Error", plain, []byte(err.Error()+"\n"))
			return
		}
		reply("200 OK", "text/plain; version=0.0.4; charset=utf-8", Exposition(all))
	}
}
