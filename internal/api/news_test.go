package api_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/api"
)

// wire is a record of news: those of acme, whose ids count from x.1.
type wire struct {
	told    chan []flowengine.News
	changed chan struct{}

	mu   sync.Mutex
	all  []flowengine.News
	flow string
}

func (w *wire) Mark(_ context.Context, account, after string) (flowengine.Mark, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case account != "acme" || after != "" && after != "x.1":
		return flowengine.Mark{}, flowengine.ErrBadCursor
	case after == "":
		return flowengine.Mark{Row: int64(len(w.all))}, nil
	}
	return flowengine.Mark{Row: 1}, nil
}

func (w *wire) News(_ context.Context, _, flowID string, m flowengine.Mark) ([]flowengine.News, flowengine.Mark, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flow = flowID
	select {
	case more := <-w.told:
		w.all = append(w.all, more...)
	default:
	}
	return w.all[m.Row:], flowengine.Mark{Row: int64(len(w.all))}, nil
}

func (w *wire) WatchAll() (<-chan struct{}, func()) { return w.changed, func() {} }

func (w *wire) happen(seqs ...int) {
	var news []flowengine.News
	for _, seq := range seqs {
		news = append(news, flowengine.News{Execution: "x", FlowID: "play", Event: flowengine.Event{Seq: seq, Kind: flowengine.KeyPressed}})
	}
	w.told <- news
	w.changed <- struct{}{}
}

// A stream of an account sends what happens from its beginning or from
// Last-Event-ID on, when it happens, and ends with the server.
func TestNewsAreLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		record := &wire{told: make(chan []flowengine.News, 1), changed: make(chan struct{}, 1)}
		w := newWorld(t, func(c *api.Config) { c.News = record })
		server, listener := api.NewServer(w.handler, nil), newPipes()
		served := make(chan error)
		go func() { served <- server.Serve(listener) }()
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
		<-served
	})
}

func TestNewsRefusals(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.News = &wire{} })
	for _, c := range []struct {
		path, client, last string
		code               int
	}{
		{"/v1/events", "reader", "y.9", 400},
		{"/v1/events", "stranger", "x.1", 400}, // another account's event is unknown
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
