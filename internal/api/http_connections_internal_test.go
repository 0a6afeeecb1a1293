package api

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// Whoever holds too many connections open gets no more, others do, and each
// that is closed makes room.
func TestConnectionsAreLimited(t *testing.T) {
	var log bytes.Buffer
	limit := newConnections(3, 2, slog.New(slog.NewTextHandler(&log, nil)))
	closed := make(chan struct{}, 10)
	server := &http.Server{Handler: http.NotFoundHandler(), ConnState: func(c net.Conn, s http.ConnState) {
		limit.connState(c, s)
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving := make(chan error)
	go func() { serving <- server.Serve(listener) }()
	open := func(from string) (net.Conn, bool) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := d.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() }) // until then it stays open: without a reference the garbage collection would close it
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return c, false
		}
		_, err = c.Read(make([]byte, 1))
		return c, err == nil
	}
	first, _ := open("127.0.0.1")
	_, second := open("127.0.0.1")
	_, third := open("127.0.0.1")
	_, other := open("127.0.0.2")
	_, fourth := open("127.0.0.3")
	if !second || third || !other || fourth {
		t.Errorf("of one address two: %v, not three: %v; of another one: %v, not four in all: %v", second, third, other, fourth)
	}
	if !strings.Contains(log.String(), "too many connections") {
		t.Errorf("nothing was logged: %s", log.String())
	}
	<-closed // the third and the fourth
	<-closed
	first.Close()
	<-closed
	if _, again := open("127.0.0.1"); !again {
		t.Error("one that was closed makes no room")
	}
	server.Close()
	<-serving
	for range 3 {
		<-closed
	}
	if len(limit.open) != 0 || len(limit.of) != 0 {
		t.Errorf("after all are closed, %d of %d addresses count", len(limit.open), len(limit.of))
	}
}
