package api_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/api"
)

func TestEventsOfAnEndedExecution(t *testing.T) {
	w := newWorld(t, nil)
	const path = "/v1/executions/execution-2/events"
	whole := w.do("GET", path, "reader", "").Body.String()
	if n := strings.Count(whole, "\ndata: {"); n != 7 || !strings.HasPrefix(whole, "id: 1\nevent: step_entered\ndata: {\"flow_execution_id\":\"execution-2\",\"flow_id\":\"play\",\"seq\":1,\"at\":\"2026-01-02T02:04:05.000006Z\"") {
		t.Errorf("%d events: %s", n, whole)
	}
	rest := w.do("GET", path, "reader", "", "Last-Event-ID", "5").Body.String()
	if !strings.HasPrefix(rest, "id: 6\n") || strings.Count(rest, "id: ") != 2 {
		t.Errorf("after 5: %s", rest)
	}
	for last, status := range map[string]int{"7": 204, "6": 200, "0": 200} {
		if answer := w.do("GET", path, "reader", "", "Last-Event-ID", last); answer.Code != status {
			t.Errorf("Last-Event-ID %s: %d", last, answer.Code)
		}
	}
}

// A stream lives longer than any other answer may, tells what happens when it
// happens, and ends with the execution.
func TestEventsAreLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		server, listener := api.NewServer(w.handler, nil), newPipes()
		serving := make(chan error)
		go func() { serving <- server.Serve(listener) }()
		open := func() (io.Closer, *bufio.Reader) {
			conn, token := listener.dial(), w.token("reader")
			go func() {
				_, _ = io.WriteString(conn, "GET /v1/executions/execution-1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+token+"\r\n\r\n")
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
		conn, lines := open()
		if id := next(lines); id != "1" {
			t.Errorf("the first event is %s", id)
		}
		begin := time.Now()
		go func() {
			time.Sleep(8 * time.Minute)
			w.happen(false, record.Event{Seq: 2, Kind: record.KeyPressed})
			time.Sleep(time.Minute)
			w.happen(true, record.Event{Seq: 3, Kind: record.ExecutionEnded})
		}()
		for i, want := range []string{"2", "3", "EOF"} {
			if id := next(lines); id != want {
				t.Errorf("then comes %s, want %s", id, want)
			}
			if took := time.Since(begin); took != time.Duration(8+min(i, 1))*time.Minute {
				t.Errorf("%s came after %v", want, took)
			}
		}
		_ = conn.Close()

		w.over, w.journal = false, nil
		conn, lines = open()
		next(lines)
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
