package api_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow.test/apitest"
	"ringflow/internal/api"
)

// overTCP serves the handler on a socket: only a kernel resets connections.
func overTCP(t *testing.T, h http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, serving := api.NewServer(h, nil), make(chan error, 1)
	go func() { serving <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-serving
	})
	return listener.Addr().String()
}

// largeBody returns the largest body that is sent, of which any part may be sent.
var largeBody = sync.OnceValue(func() []byte { return bytes.Repeat([]byte("x"), 12<<20) })

// writesAllFirst sends a request as Python's http.client does, all of it before it
// looks for an answer, and returns the answer's status.
func writesAllFirst(address, head string, size int, chunked bool) (int, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	end := ""
	if chunked {
		head += fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", size)
		end = "\r\n0\r\n\r\n"
	} else {
		head += fmt.Sprintf("Content-Length: %d\r\n\r\n", size)
	}
	request := net.Buffers{[]byte(head), largeBody()[:size], []byte(end)}
	if _, err := request.WriteTo(conn); err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, fmt.Errorf("read: %w", err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return 0, fmt.Errorf("read: %w", err)
	}
	return answer.StatusCode, nil
}

// Whoever writes all of a large body before it reads can read why it is refused, at
// every door of the API.
func TestARefusalCanBeReadBehindALargeBody(t *testing.T) {
	w := newWorld(t, nil)
	address := overTCP(t, w.handler)
	all, narrow := "Authorization: Bearer "+w.token("everything")+"\r\n", "Authorization: Bearer "+w.token("nothing")+"\r\n"
	type request struct {
		head    string
		size    int
		chunked bool
		status  int
	}
	var requests []request
	add := func(target, authorization string, size, status int) {
		head := target + " HTTP/1.1\r\nHost: x\r\n" + authorization
		requests = append(requests, request{head, size, len(requests)%2 == 1, status}) // every second one in chunks
	}
	const large = 5 << 20
	m := apitest.NewMaker(1)
	for _, o := range documentOf(t, w.handler).Operations {
		if o.RequestBody == nil {
			continue
		}
		target, size := o.Method+" "+m.Valid(o).Path(), large
		if strings.Contains(target, "/prompts") {
			size = 12 << 20 // more than may be there
		}
		query := "?"
		if strings.HasSuffix(target, "/v1/prompts") {
			target, query = target+"?name=new.wav", "&"
		}
		add(target, all, size, 413)
		if len(o.Security) > 0 {
			add(target, "", large, 401)
			add(target, narrow, large, 403)
			add(target+query+"no_such_parameter=1", all, large, 400)
		}
	}
	add("POST /nothing", all, large, 404)
	add("POST /v1/flows", all, large, 405)
	add("POST /oauth/token", "Authorization: Bearer x\r\n", large, 413)
	if len(requests) < 40 { // one for each pair of operation and refusal
		t.Fatalf("only %d requests", len(requests))
	}
	var running sync.WaitGroup
	queue := make(chan request)
	for range 4 {
		running.Go(func() {
			for r := range queue {
				if status, err := writesAllFirst(address, r.head, r.size, r.chunked); status != r.status {
					t.Errorf("%.60q with %d bytes, chunked %t: %d, want %d (%v)", r.head, r.size, r.chunked, status, r.status, err)
				}
			}
		})
	}
	for _, r := range requests {
		queue <- r
	}
	close(queue)
	running.Wait()
}

// Behind a refusal a small body leaves the connection as it was.
func TestARefusalKeepsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		wire, stop := serveWire(t, w.handler)
		defer stop()
		conn := wire.say(strings.Repeat("POST /v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nname: ", 3))
		reader := bufio.NewReader(conn)
		for n := range 3 {
			answer, err := http.ReadResponse(reader, nil)
			if err != nil || answer.StatusCode != 401 || answer.Close {
				t.Fatalf("request %d: %+v %v", n, answer, err)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
		}
		conn.Close()
	})
}

// What comes of a refused body after it was given up is not taken for a request.
func TestALateBodyIsNoRequest(t *testing.T) {
	const late = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, c := range []struct {
		name  string
		first int           // bytes of the body
		every time.Duration // between them
	}{{"after a pause", 1, 6 * time.Second}, {"after a body that trickles", 16, 2 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil)
			wire, stop := serveWire(t, w.handler)
			defer stop()
			conn := wire.listener.dial()
			written := make(chan struct{})
			go func() {
				defer close(written)
				_, err := fmt.Fprintf(conn, "POST /v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", c.first+len(late))
				for range c.first {
					if err == nil {
						_, err = io.WriteString(conn, "x")
						<-time.After(c.every)
					}
				}
				_, _ = io.WriteString(conn, late) // the connection may be closed
			}()
			reader := bufio.NewReader(conn)
			answer, err := http.ReadResponse(reader, nil)
			if err != nil || answer.StatusCode != 401 {
				t.Fatalf("%s: %+v %v", c.name, answer, err)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			if second, err := http.ReadResponse(reader, nil); err == nil {
				t.Errorf("%s: the body is answered: %+v", c.name, second)
			}
			conn.Close()
			<-written
		})
	}
}

// Who sends what is refused without end, or hardly at all, is not listened to for
// long, and does not hold up the end of the server.
func TestWhatIsThrownAwayIsBounded(t *testing.T) {
	const head = "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
	for _, c := range []struct {
		name        string
		every       time.Duration // a byte
		least, most time.Duration
	}{{"nothing more comes", time.Hour, 5 * time.Second, 6 * time.Second}, {"a byte a second", time.Second, 29 * time.Second, 31 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil)
			wire, stop := serveWire(t, w.handler)
			conn, began := wire.listener.dial(), time.Now()
			gone := make(chan struct{})
			go func() {
				_, err := io.WriteString(conn, head)
				for ; err == nil; _, err = io.WriteString(conn, "x") {
					select {
					case <-time.After(c.every):
					case <-gone:
						return
					}
				}
			}()
			reader := bufio.NewReader(conn)
			answer, err := http.ReadResponse(reader, nil)
			if err != nil || answer.StatusCode != 413 || time.Since(began) != 0 {
				t.Fatalf("%s: %+v %v after %v", c.name, answer, err, time.Since(began))
			}
			_, err = io.Copy(io.Discard, reader)
			if took := time.Since(began); err != nil || took < c.least || took > c.most {
				t.Errorf("%s: it was listened to for %v (%v)", c.name, took, err)
			}
			close(gone)
			conn.Close()
			stop()
		})
	}
}
