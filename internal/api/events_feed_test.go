package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/api"
)

// wire is a record of news: those of acme, whose ids count from x.1.
type wire struct {
	batches chan []record.FeedEvent
	changed chan struct{}

	mu   sync.Mutex
	all  []record.FeedEvent
	flow string
	read int // calls of Events and EventsOfAccounts
}

func (w *wire) CursorAfter(_ context.Context, account, after string) (record.Cursor, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case account != "acme" || after != "" && after != "x.1":
		return record.Cursor{}, record.ErrBadCursor
	case after == "":
		return record.Cursor{Row: int64(len(w.all))}, nil
	}
	return record.Cursor{Row: 1}, nil
}

func (w *wire) OldestCursor(context.Context) (record.Cursor, error) { return record.Cursor{}, nil }

func (w *wire) Events(ctx context.Context, account, flowID string, m record.Cursor) ([]record.FeedEvent, record.Cursor, error) {
	w.mu.Lock()
	w.flow = flowID
	w.mu.Unlock()
	return w.EventsOfAccounts(ctx, m, func(a string) bool { return a == account })
}

func (w *wire) EventsOfAccounts(_ context.Context, m record.Cursor, wanted func(string) bool) ([]record.FeedEvent, record.Cursor, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read++
	select {
	case more := <-w.batches:
		for _, n := range more {
			n.Account, n.Row = "acme", int64(len(w.all)+1)
			w.all = append(w.all, n)
		}
	default:
	}
	var out []record.FeedEvent
	for _, n := range w.all[m.Row:] {
		if wanted(n.Account) {
			out = append(out, n)
		}
	}
	return out, record.Cursor{Row: int64(len(w.all))}, nil
}

func (w *wire) WatchAll() (<-chan struct{}, func()) { return w.changed, func() {} }

func (w *wire) happen(seqs ...int) {
	var events []record.FeedEvent
	for _, seq := range seqs {
		events = append(events, record.FeedEvent{Execution: "x", FlowID: "play", Event: record.Event{Seq: seq, Kind: record.KeyPressed}})
	}
	w.batches <- events
	w.changed <- struct{}{}
}

// A stream of an account sends what happens from its beginning or from
// Last-Event-ID on, when it happens, and ends with the server.
func TestNewsAreLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		record := &wire{batches: make(chan []record.FeedEvent, 1), changed: make(chan struct{}, 1)}
		w := newWorld(t, func(c *api.Config) { c.EventFeed = record })
		server, listener := api.NewServer(w.handler, nil), newPipes()
		serving := make(chan error)
		go func() { serving <- server.Serve(listener) }()
		open := func(path, last string) (io.Closer, *bufio.Reader) {
			conn, token := listener.dial(), w.token("reader")
			go func() {
				_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+token+"\r\nLast-Event-ID: "+last+"\r\n\r\n")
			}()
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" {
				t.Fatal(answer, err)
			}
			return conn, bufio.NewReader(answer.Body)
		}
		next := func(r *bufio.Reader) string {
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return err.Error()
				}
				if id, isID := strings.CutPrefix(line, "id: "); isID {
					return strings.TrimSpace(id)
				}
			}
		}
		conn, lines := open("/v1/events", "")
		begin := time.Now()
		go func() {
			time.Sleep(8 * time.Minute)
			record.happen(1)
			time.Sleep(time.Minute)
			record.happen(2, 3)
		}()
		for i, want := range []string{"x.1", "x.2", "x.3"} {
			if id := next(lines); id != want {
				t.Errorf("comes %s, want %s", id, want)
			}
			if took := time.Since(begin); took != time.Duration(8+min(i, 1))*time.Minute {
				t.Errorf("%s came after %v", want, took)
			}
		}
		_ = conn.Close()
		conn, lines = open("/v1/flows/play/events", "x.1")
		for _, want := range []string{"x.2", "x.3"} {
			if id := next(lines); id != want {
				t.Errorf("after x.1 comes %s, want %s", id, want)
			}
		}
		record.mu.Lock()
		if record.flow != "play" {
			t.Errorf("the flow asked for is %q", record.flow)
		}
		record.mu.Unlock()
		shut := make(chan error)
		go func() { shut <- server.Shutdown(context.Background()) }()
		if id := next(lines); id != "EOF" {
			t.Errorf("at the shutdown comes %s", id)
		}
		if err := <-shut; err != nil {
			t.Errorf("an open stream holds up the shutdown: %v", err)
		}
		_ = conn.Close()
		<-serving
	})
}

func TestNewsRefusals(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.EventFeed = &wire{} })
	for _, c := range []struct {
		path, client, last string
		code               int
	}{
		{"/v1/events?limit=5", "reader", "", 400}, // pages are asked for by Accept
		{"/v1/flows/none/events", "reader", "", 404},
		{"/v1/flows/play/events", "stranger", "", 404},
	} {
		if answer := w.do("GET", c.path, c.client, "", "Last-Event-ID", c.last); answer.Code != c.code {
			t.Errorf("%s by %s after %q: %d", c.path, c.client, c.last, answer.Code)
		}
	}
	if answer := newWorld(t, nil).do("GET", "/v1/events", "reader", ""); answer.Code != 503 {
		t.Errorf("nothing to follow: %d", answer.Code)
	}
}

// However many follow, what is written is read once for all of them, and each
// hears each event once.
func TestManyFollowersAreOneReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		record := &wire{batches: make(chan []record.FeedEvent, 1), changed: make(chan struct{}, 1)}
		s := newStreaming(t, func(c *api.Config) { c.EventFeed, c.AccountStreams = record, func(string) int { return 100 } })
		const followers, events = 50, 20
		heard := make(chan string, followers)
		var conns []io.Closer
		for i := range followers {
			conn, answer := s.open([]string{"/v1/events", "/v1/flows/play/events"}[i%2], "reader")
			conns = append(conns, conn)
			go func() {
				all, _ := io.ReadAll(answer.Body)
				heard <- idsOf(string(all))
			}()
		}
		synctest.Wait()
		record.mu.Lock()
		before := record.read
		record.mu.Unlock()
		var want []string
		for seq := 1; seq <= events; seq++ {
			record.happen(seq)
			want = append(want, fmt.Sprintf("x.%d", seq))
			synctest.Wait()
		}
		record.mu.Lock()
		if n := record.read - before; n > 3*events {
			t.Errorf("%d events were read in %d steps for %d followers", events, n, followers)
		}
		record.mu.Unlock()
		shut := s.shutdown()
		for range followers {
			if got := <-heard; got != strings.Join(want, " ") {
				t.Errorf("one heard %s", got)
			}
		}
		<-shut
		for _, c := range conns {
			_ = c.Close()
		}
		s.close()
	})
}

// idsOf lists the ids of the events of a stream.
func idsOf(stream string) string {
	var ids []string
	for line := range strings.Lines(stream) {
		if id, is := strings.CutPrefix(strings.TrimSpace(line), "id: "); is {
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, " ")
}

// A client that does not read for a while misses nothing, and costs no more than
// what may wait for it.
func TestASlowFollowerMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		record := &wire{batches: make(chan []record.FeedEvent, 1), changed: make(chan struct{}, 1)}
		s := newStreaming(t, func(c *api.Config) { c.EventFeed = record })
		conn, answer := s.open("/v1/events", "reader")
		synctest.Wait()
		var want []string
		for seq := 1; seq <= 5000; {
			var seqs []int
			for ; len(seqs) < 300 && seq <= 5000; seq++ {
				seqs = append(seqs, seq)
				want = append(want, fmt.Sprintf("x.%d", seq))
			}
			record.happen(seqs...)
			synctest.Wait() // the client's pipe is full, and the reader goes on
		}
		heard := make(chan string)
		go func() {
			all, _ := io.ReadAll(answer.Body)
			heard <- idsOf(string(all))
		}()
		synctest.Wait()
		record.happen(5001)
		want = append(want, "x.5001")
		synctest.Wait()
		shut := s.shutdown()
		if got := <-heard; got != strings.Join(want, " ") {
			t.Errorf("it heard %d of %d", strings.Count(got, " ")+1, len(want))
		}
		<-shut
		_ = conn.Close()
		s.close()
	})
}
