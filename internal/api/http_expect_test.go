package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow.test/apitest"
	"ringflow/internal/api"
)

// dialled is a server on connections in memory.
type dialled struct {
	t        *testing.T
	listener *pipes
}

// serveWire runs the handler on connections in memory until stop is called.
func serveWire(t *testing.T, h http.Handler) (w dialled, stop func()) {
	w = dialled{t, newPipes()}
	server, serving := api.NewServer(h, nil), make(chan error)
	go func() { serving <- server.Serve(w.listener) }()
	return w, func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-serving
	}
}

// say writes a request as it stands and returns the connection.
func (w dialled) say(request string) net.Conn {
	conn := w.listener.dial()
	go func() { _, _ = io.WriteString(conn, request) }()
	return conn
}

// status reads one answer, an interim one too, and says whether the connection
// was closed behind it.
func (w dialled) status(conn net.Conn, reader *bufio.Reader) (status int, closed bool) {
	w.t.Helper()
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if answer.StatusCode == http.StatusContinue {
		return answer.StatusCode, false
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		w.t.Error(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute)) // of a closed one there is none
	_, err = reader.ReadByte()
	return answer.StatusCode, err == io.EOF && answer.Close
}

// withBody are the requests of all routes that take a body, without its length.
func withBody(t *testing.T, h http.Handler) map[string]*apitest.Operation {
	heads, m := map[string]*apitest.Operation{}, apitest.NewMaker(1)
	for _, o := range documentOf(t, h).Operations {
		if o.RequestBody != nil {
			heads[o.Method+" "+m.Valid(o).Path()+" HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"] = o
		}
	}
	if len(heads) < 8 {
		t.Fatalf("only %d routes have a body", len(heads))
	}
	return heads
}

// Who waits for leave to send a body that is too large is refused at once, on every
// route: no leave is given, nothing is read, and the connection closes.
func TestATooLargeBodyThatIsAnnouncedIsRefusedUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		token := w.token("everything")
		wire, stop := serveWire(t, w.handler)
		defer stop()
		for head, o := range withBody(t, w.handler) {
			for _, length := range []string{"10485761", "99999999999", "9223372036854775807"} {
				conn := wire.say(head + "Authorization: Bearer " + token + "\r\nContent-Length: " + length + "\r\n\r\n")
				begin := time.Now()
				if status, closed := wire.status(conn, bufio.NewReader(conn)); status != http.StatusRequestEntityTooLarge || !closed || time.Since(begin) > time.Second {
					t.Errorf("%s %s of %s bytes: %d after %v, closed: %t", o.Method, o.Path, length, status, time.Since(begin), closed)
				}
				conn.Close()
			}
		}
		for head, want := range map[string]int{ // one byte too much, and as much as may be
			"POST /flows/installation-help/interactions|65537": 413, "POST /flows/installation-help/interactions|65536": 100,
			"POST /oauth/token|65537": 413, "POST /oauth/token|65536": 100, "PUT /v1/flows/f/draft|2097153": 413, "PUT /v1/flows/f/draft|2097152": 100,
			"POST /v1/check|2097153": 413, "POST /v1/prompts?name=a|10485761": 413, "POST /v1/prompts?name=a|10485760": 100, "PUT /v1/secrets/a|65537": 413,
		} {
			target, length, _ := strings.Cut(head, "|")
			conn := wire.say(target + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nAuthorization: Bearer " + token + "\r\nContent-Length: " + length + "\r\n\r\n")
			if status, _ := wire.status(conn, bufio.NewReader(conn)); status != want {
				t.Errorf("%s of %s bytes: %d, want %d", target, length, status, want)
			}
			conn.Close()
		}
	})
}

// A body without a length is let come, and is bounded all the same.
func TestABodyWithoutALengthIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		token := w.token("everything")
		wire, stop := serveWire(t, w.handler)
		defer stop()
		const piece = 64 << 10
		chunk := fmt.Appendf(nil, "%x\r\n%s\r\n", piece, strings.Repeat("x", piece))
		for head, o := range withBody(t, w.handler) {
			conn := wire.say(head + "Authorization: Bearer " + token + "\r\nTransfer-Encoding: chunked\r\n\r\n")
			reader := bufio.NewReader(conn)
			if status, _ := wire.status(conn, reader); status != http.StatusContinue {
				t.Errorf("%s %s: %d, want leave to send", o.Method, o.Path, status)
			}
			sent := make(chan int)
			go func() {
				total := 0
				for { // it has no end
					n, err := conn.Write(chunk)
					if total += n; err != nil {
						sent <- total
						return
					}
				}
			}()
			if status, closed := wire.status(conn, reader); status != http.StatusRequestEntityTooLarge || !closed {
				t.Errorf("%s %s without an end: %d, closed: %t", o.Method, o.Path, status, closed)
			}
			conn.Close()
			if total := <-sent; total > 10<<20+64<<20+1<<20 { // the largest body, and what is thrown away of it
				t.Errorf("%s %s: %d bytes were taken", o.Method, o.Path, total)
			}
		}
	})
}

// Who may not do what it asks for is refused before its body is asked for, whatever
// its length.
func TestStrangersAreRefusedBeforeTheirBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		wire, stop := serveWire(t, w.handler)
		defer stop()
		for head, o := range withBody(t, w.handler) {
			if len(o.Security) == 0 {
				continue // its body says who it is
			}
			narrow := w.token("nothing")
			for authorization, want := range map[string]int{"": 401, "Authorization: Bearer rf_x\r\n": 401, "Authorization: Basic eDp4\r\n": 401, "Authorization: Bearer " + narrow + "\r\n": 403} {
				for _, length := range []string{"Content-Length: 5", "Content-Length: 99999999999", "Transfer-Encoding: chunked"} {
					conn := wire.say(head + authorization + length + "\r\n\r\n")
					if status, closed := wire.status(conn, bufio.NewReader(conn)); status != want || !closed {
						t.Errorf("%s %s, %q, %s: %d, want %d, closed: %t", o.Method, o.Path, authorization, length, status, want, closed)
					}
					conn.Close()
					<-time.After(100 * time.Millisecond) // the rate of refusals fills up again
				}
			}
		}
		for target, want := range map[string]int{"POST /nothing": 404, "POST /metrics": 405, "PUT /oauth/token": 405, "BREW /v1/flows": 405} {
			conn := wire.say(target + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
			if status, closed := wire.status(conn, bufio.NewReader(conn)); status != want || !closed {
				t.Errorf("%s: %d, want %d, closed: %t", target, status, want, closed)
			}
			conn.Close()
		}
	})
}
