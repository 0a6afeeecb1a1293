package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/api"
)

// pipes is a listener whose connections are in memory.
type pipes struct {
	conns chan net.Conn
	close sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.close.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.conns <- there
	return here
}

// A client that sends slowly, or never, is cut, and so is one that sends too
// long a header.
func TestSlowClientsAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		token := w.token("starter")
		server, listener := api.NewServer(w.handler, nil), newPipes()
		serving := make(chan error)
		go func() { serving <- server.Serve(listener) }()
		head := "POST /flows/installation-help/interactions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\n"
		for _, c := range []struct {
			name, send string
			atMost     time.Duration
			status     string
		}{
			{"says nothing", "", 6 * time.Second, ""},
			{"half a header", head, 6 * time.Second, ""},
			{"half a body", head + "Content-Length: 100\r\n\r\n{", 16 * time.Second, "400"},
			{"endless header", head + "X: " + strings.Repeat("x", 40_000) + "\r\n\r\n", time.Second, "431"},
			{"idle", head + "Content-Length: 2\r\n\r\n{}", 3 * time.Minute, "202"},
		} {
			begin, conn := time.Now(), listener.dial()
			go func() { _, _ = io.WriteString(conn, c.send) }()
			got, _ := io.ReadAll(conn)
			if took := time.Since(begin); took > c.atMost {
				t.Errorf("%s: cut after %v, want %v", c.name, took, c.atMost)
			}
			if line, _, _ := strings.Cut(string(got), "\r\n"); !strings.Contains(line, c.status) {
				t.Errorf("%s: answered %q, want %q", c.name, line, c.status)
			}
			_ = conn.Close()
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-serving; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
}

// Who sends too large a body is let send it, and reads the refusal: of what is
// closed before all is taken, TCP resets the connection.
func TestTooLargeABodyIsTakenBeforeItIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		token := w.token("everything")
		server, listener := api.NewServer(w.handler, nil), newPipes()
		serving := make(chan error)
		go func() { serving <- server.Serve(listener) }()
		large := strings.Repeat("x", 100_000)
		for _, request := range []string{"POST /flows/installation-help/interactions", "POST /oauth/token"} {
			for _, body := range []string{
				fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(large), large),
				fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(large), large),
			} {
				conn, sent := listener.dial(), make(chan error, 1)
				go func() {
					_, err := io.WriteString(conn, request+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "+token+"\r\n"+body)
					sent <- err
				}()
				got, _ := io.ReadAll(conn)
				if line, _, _ := strings.Cut(string(got), "\r\n"); !strings.Contains(line, "413") {
					t.Errorf("%s, %.20q: answered %q", request, body, line)
				}
				if err := <-sent; err != nil {
					t.Errorf("%s, %.20q: %v", request, body, err)
				}
			}
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-serving
	})
}

// One connection serves one request after the other.
func TestConnectionIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		server, listener := api.NewServer(w.handler, nil), newPipes()
		serving := make(chan error)
		go func() { serving <- server.Serve(listener) }()
		conn := listener.dial()
		reader := bufio.NewReader(conn)
		for range 3 {
			go func() { _, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") }()
			answer, err := http.ReadResponse(reader, nil)
			if err != nil || answer.StatusCode != 200 {
				t.Fatal(answer, err)
			}
			if _, err := io.Copy(io.Discard, answer.Body); err != nil {
				t.Fatal(err)
			}
		}
		_ = conn.Close()
		_ = server.Close()
		<-serving
	})
}
