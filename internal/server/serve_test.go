package server

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringflow/internal/config"
	"ringflow/internal/version"
)

// A server says which it is, in its log and to a far end. Told twice to end while
// no call is up, it says that it drains and has drained, and warns of nothing.
func TestAServerWithoutCalls(t *testing.T) {
	dir := t.TempDir()
	text := strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:0", "127.0.0.1:5060", "127.0.0.1:0", `"+1"`, "US", "[flows:read]", "[flows-interactions:start, flows:write]").Replace(serverConfig)
	c, err := config.Parse(filepath.Join(dir, "ringflow.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s, err := New(t.Context(), c, filepath.Join(dir, "data"), slog.New(slog.NewTextHandler(&log, nil)), Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	running, drain := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(running) }()
	res, err := http.Get("http://" + s.HTTPAddr() + "/readyz") // waits until it serves
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if answer := options(t, s.SIPAddr().String()); !strings.Contains(answer, "\r\nServer: "+version.Product()+"\r\n") {
		t.Errorf("OPTIONS is answered with\n%s", answer)
	}
	drain()
	s.Abort()
	if err := <-done; err != nil {
		t.Error(err)
	}
	ready := fmt.Sprintf("msg=ready version=%s revision=%s ", version.Number(), version.Revision())
	if got := log.String(); !strings.Contains(got, ready) || !strings.Contains(got, "msg=drained") || strings.Contains(got, "level=WARN") {
		t.Errorf("the log is\n%s", got)
	}
}

// A database that cannot be is refused under its key before anything is opened.
func TestServerWithoutADatabase(t *testing.T) {
	dir := t.TempDir()
	c, err := config.Parse(filepath.Join(dir, "ringflow.yaml"), []byte(serverConfig+"database: {url: 'postgres://ringflow@db.example.com:99999/ringflow'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(t.Context(), c, filepath.Join(dir, "data"), slog.New(slog.DiscardHandler), Hooks{})
	if err == nil {
		s.Close()
	}
	if err == nil || !strings.Contains(err.Error(), ": database.url: the URL cannot be used: invalid port: write postgres://") {
		t.Errorf("it starts with %v", err)
	}
}

// options asks a user agent what it can do, and returns its answer.
func options(t *testing.T, to string) string {
	t.Helper()
	conn, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	from := conn.LocalAddr()
	if _, err := fmt.Fprintf(conn, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:a@%[2]s>;tag=1\r\n"+
		"To: <sip:%[1]s>\r\nCall-ID: 1@%[2]s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", to, from); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 2000)
	n, err := conn.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer[:n])
}
