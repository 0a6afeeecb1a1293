package api_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/api"
	"ringflow/internal/auth"
)

// streaming is a server with streams that tests open. close ends it.
type streaming struct {
	*world
	t        *testing.T
	server   *http.Server
	listener *pipes
	serving  chan error
}

func newStreaming(t *testing.T, change func(*api.Config)) *streaming {
	w := newWorld(t, change)
	s := &streaming{world: w, t: t, server: api.NewServer(w.handler, nil), listener: newPipes(), serving: make(chan error, 1)}
	go func() { s.serving <- s.server.Serve(s.listener) }()
	return s
}

func (s *streaming) close() {
	s.t.Helper()
	if err := s.server.Close(); err != nil {
		s.t.Error(err)
	}
	<-s.serving
}

// shutdown begins one, and returns a channel that is closed when it is over.
func (s *streaming) shutdown() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.server.Shutdown(context.Background()); err != nil {
			s.t.Error(err)
		}
	}()
	return done
}

// open sends a request for a stream.
func (s *streaming) open(path, client string) (net.Conn, *http.Response) {
	s.t.Helper()
	return s.resume(path, client, "")
}

// resume sends a request for a stream from an event on.
func (s *streaming) resume(path, client, last string) (net.Conn, *http.Response) {
	s.t.Helper()
	conn, token := s.listener.dial(), s.token(client)
	go func() {
		_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+token+"\r\nLast-Event-ID: "+last+"\r\n\r\n")
	}()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return conn, answer
}

const followed = "/v1/executions/execution-1/events"

// A stream lives as long as its token, says why it ends, and ends well: the client
// comes back where it was.
func TestAStreamEndsWithItsToken(t *testing.T) {
	for _, path := range []string{followed, "/v1/events", "/v1/flows/play/events"} {
		synctest.Test(t, func(t *testing.T) {
			s := newStreaming(t, func(c *api.Config) { c.EventFeed = &wire{changed: make(chan struct{})} })
			begin := time.Now()
			conn, answer := s.open(path, "reader")
			all, err := io.ReadAll(answer.Body)
			if took := time.Since(begin); err != nil || took != auth.TokenLife {
				t.Errorf("%s ended after %v: %v", path, took, err)
			}
			if !strings.HasSuffix(string(all), ": the token has expired: come back with another\n\n") {
				t.Errorf("%s ends with %q", path, all[max(0, len(all)-80):])
			}
			_ = conn.Close()
			s.close()
		})
	}
}

// Who may no longer read is cut off with the next sign of life; a store that cannot
// be asked cuts off nobody.
func TestAStreamEndsWithItsScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var verify switchable
		s := newStreaming(t, func(c *api.Config) { verify.Issuer, c.Issuer = c.Issuer, &verify })
		begin := time.Now()
		conn, answer := s.open(followed, "reader")
		go func() {
			time.Sleep(10 * time.Second)
			verify.set(errors.New("the disk is full"))
			time.Sleep(30 * time.Second)
			verify.set(auth.ErrClientGone)
		}()
		all, err := io.ReadAll(answer.Body)
		if took := time.Since(begin); err != nil || took != 45*time.Second {
			t.Errorf("it ended after %v: %v", took, err)
		}
		if n := strings.Count(string(all), ": still here\n"); n != 2 || !strings.HasSuffix(string(all), ": the token is worth nothing any more\n\n") {
			t.Errorf("%d signs of life, then %q", n, all[max(0, len(all)-80):])
		}
		_ = conn.Close()
		s.close()
	})
}

// A stream ends at once when the server shuts down, and says so.
func TestAStreamEndsWithTheServer(t *testing.T) {
	for _, path := range []string{followed, "/v1/events"} {
		synctest.Test(t, func(t *testing.T) {
			s := newStreaming(t, func(c *api.Config) { c.EventFeed = &wire{changed: make(chan struct{})} })
			conn, answer := s.open(path, "reader")
			shut := make(chan error)
			go func() {
				time.Sleep(time.Minute)
				shut <- s.server.Shutdown(context.Background())
			}()
			begin := time.Now()
			all, err := io.ReadAll(answer.Body)
			if took := time.Since(begin); err != nil || took != time.Minute {
				t.Errorf("%s ended after %v: %v", path, took, err)
			}
			if !strings.HasSuffix(string(all), ": the server shuts down: come back\n\n") {
				t.Errorf("%s ends with %q", path, all[max(0, len(all)-80):])
			}
			if err := <-shut; err != nil {
				t.Error(err)
			}
			_ = conn.Close()
			s.close()
		})
	}
}

// An account that has all its streams open keeps no other from theirs, and gets
// one again when one ends.
func TestAnAccountHasAShareOfTheStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreaming(t, func(c *api.Config) {
			c.Streams, c.EventFeed = 3, &wire{changed: make(chan struct{})}
			c.AccountStreams = func(account string) int { return map[string]int{"acme": 2, "other": 5}[account] }
		})
		var open []net.Conn
		try := func(path, client string, status int) {
			t.Helper()
			conn, answer := s.open(path, client)
			if answer.StatusCode != status {
				t.Errorf("%s by %s: %d, want %d", path, client, answer.StatusCode, status)
			}
			if status == 429 && answer.Header.Get("Retry-After") == "" {
				t.Error("it is not said when to come back")
			}
			open = append(open, conn)
		}
		try(followed, "reader", 200)
		try("/v1/flows/play/events", "acceptance", 200)
		try(followed, "reader", 429)
		try("/v1/events", "reader", 429)
		try("/v1/executions/none/events", "stranger", 404)
		_ = open[0].Close()
		synctest.Wait()
		try(followed, "reader", 200)
		s.close()
		for _, c := range open {
			_ = c.Close()
		}
	})
}

// And all accounts together have no more than the server may.
func TestTheServerHasALimitOfStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreaming(t, func(c *api.Config) { c.Streams = 1 })
		first, _ := s.open(followed, "reader")
		second, answer := s.open(followed, "reader")
		if answer.StatusCode != 503 {
			t.Errorf("one too many: %d", answer.StatusCode)
		}
		s.close()
		_, _ = first.Close(), second.Close()
	})
}

// No part of a journal is read twice.
func TestAStreamReadsTheJournalOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreaming(t, nil)
		conn, answer := s.open(followed, "reader")
		go func() {
			for seq := 2; seq <= 6; seq++ {
				time.Sleep(time.Second)
				s.happen(seq == 6, record.Event{Seq: seq, Kind: record.KeyPressed})
			}
		}()
		all, err := io.ReadAll(answer.Body)
		if n := strings.Count(string(all), "\nid: "); err != nil || n != 5 {
			t.Errorf("%d more events: %v", n, err)
		}
		if want := []int{0, 1, 2, 3, 4, 5}; !slices.Equal(s.after, want) {
			t.Errorf("the journal was read after %v, want %v", s.after, want)
		}
		_ = conn.Close()
		s.close()
	})
}

// switchable is an Issuer whose Verify fails when a test wants it to.
type switchable struct {
	api.Issuer
	mu  sync.Mutex
	err error
}

func (s *switchable) set(err error) { s.mu.Lock(); defer s.mu.Unlock(); s.err = err }

func (s *switchable) Verify(ctx context.Context, bearer string) (auth.Principal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return auth.Principal{}, s.err
	}
	return s.Issuer.Verify(ctx, bearer)
}
