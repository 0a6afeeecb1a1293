package api_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/api"
)

// slowly yields so many executions with a pause before each.
func (w *world) slowly(n int, pause time.Duration) {
	h, err := w.History(w.t.Context(), "acme", "execution-2")
	if err != nil {
		w.t.Fatal(err)
	}
	w.each = func(yield func(record.History) error) error {
		for range n {
			<-time.After(pause)
			if err := yield(h); err != nil {
				return err
			}
		}
		return nil
	}
}

// A report over much that does not match takes its time, and ends whole: what
// counts is that rows are looked at, not that any is written.
func TestLongReportsAreNotCut(t *testing.T) {
	for _, path := range []string{
		reportPath + "?exit=x&format=json", reportPath + "?exit=x&format=csv", reportPath + "?number=%2B1", reportPath + "/totals?exit=x", reportPath + "/totals",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil)
			w.slowly(120, 9*time.Second)
			answer, err := w.overPipe(path)
			if err != nil {
				t.Errorf("%s: %v", path, err)
				return
			}
			text, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != 200 || len(text) < 10 {
				t.Errorf("%s: %d %v %s", path, answer.StatusCode, err, text)
			}
		})
	}
}

// overPipe asks a server with all its limits, which ends with the bubble.
func (w *world) overPipe(path string) (*http.Response, error) {
	server, listener := api.NewServer(w.handler, nil), newPipes()
	serving := make(chan error)
	go func() { serving <- server.Serve(listener) }()
	conn, token := listener.dial(), w.token("reader")
	w.t.Cleanup(func() {
		_ = conn.Close()
		_ = server.Close()
		<-serving
	})
	go func() {
		_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "+token+"\r\n\r\n")
	}()
	return http.ReadResponse(bufio.NewReader(conn), nil)
}

// A client that takes nothing does not hold a report for ever.
func TestReportOfAClientThatStopsReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.slowly(1_000_000, time.Millisecond)
		answer, err := w.overPipe(reportPath)
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		if n, err := io.Copy(io.Discard, answer.Body); err == nil || n > 1<<20 {
			t.Errorf("%d bytes came, %v", n, err)
		}
	})
}

// The end of the connection is the end of an answer to HTTP/1.0: a report that
// breaks off in the middle must reset it.
func TestBrokenReportIsCutForOldProxiesToo(t *testing.T) {
	for _, version := range []string{"1.0", "1.1"} {
		for _, format := range []string{"csv", "json"} {
			w := newWorld(t, nil)
			h, err := w.History(t.Context(), "acme", "execution-2")
			if err != nil {
				t.Fatal(err)
			}
			w.each = func(yield func(record.History) error) error {
				for range 1000 { // many times what any buffer on the way holds
					if err := yield(h); err != nil {
						return err
					}
				}
				return errors.New("disk gone")
			}
			server := api.NewServer(w.handler, nil)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			serving := make(chan error)
			go func() { serving <- server.Serve(listener) }()
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, "GET "+reportPath+"?format="+format+" HTTP/"+version+"\r\nHost: x\r\nAuthorization: Bearer "+w.token("reader")+"\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err == nil {
				if answer.StatusCode != http.StatusOK {
					t.Errorf("%s over HTTP/%s: %d", format, version, answer.StatusCode)
				}
				_, err = io.ReadAll(answer.Body)
			}
			if err == nil {
				t.Errorf("%s over HTTP/%s: what came looks whole", format, version)
			}
			_ = conn.Close()
			_ = server.Close()
			<-serving
		}
	}
}

// What breaks before anything was sent is refused as any request is.
func TestReportThatCannotBegin(t *testing.T) {
	for _, format := range []string{"csv", "json"} {
		w := newWorld(t, nil)
		w.eachErr = errors.New("disk gone")
		answer := w.do("GET", reportPath+"?format="+format, "reader", "")
		if answer.Code != http.StatusInternalServerError || answer.Header().Get("Content-Disposition") != "" || !json.Valid(answer.Body.Bytes()) {
			t.Errorf("%s: %d %v %s", format, answer.Code, answer.Header(), answer.Body)
		}
	}
}

// Both formats hold ten thousand executions in the memory of one.
func TestReportIsStreamed(t *testing.T) {
	const executions = 10_000
	for _, format := range []string{"csv", "json"} {
		w := newWorld(t, nil)
		h, err := w.History(t.Context(), "acme", "execution-2")
		if err != nil {
			t.Fatal(err)
		}
		var most, before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		n := 0
		w.each = func(yield func(record.History) error) error {
			for range executions {
				if n++; n%2500 == 0 {
					var now runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&now)
					if now.HeapAlloc > most.HeapAlloc {
						most = now
					}
				}
				if err := yield(h); err != nil {
					return err
				}
			}
			return nil
		}
		rows := w.streamed(format)
		if grown := int64(most.HeapAlloc) - int64(before.HeapAlloc); rows != 2*executions || grown > 2<<20 {
			t.Errorf("%s: %d rows, %d bytes more on the heap", format, rows, grown)
		}
	}
}

// streamed reads a report as it comes and counts its rows.
func (w *world) streamed(format string) (rows int) {
	r, err := http.NewRequest(http.MethodGet, reportPath+"?format="+format, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.token("reader"))
	from, to := io.Pipe()
	go func() {
		w.handler.ServeHTTP(&pipeAnswer{header: http.Header{}, w: to}, r)
		_ = to.Close()
	}()
	if format == "csv" {
		for reader := csv.NewReader(from); ; rows++ {
			if _, err := reader.Read(); err == io.EOF {
				return rows - 1
			} else if err != nil {
				w.t.Fatal(err)
			}
		}
	}
	scan := bufio.NewReader(from)
	for {
		line, err := scan.ReadString('\n')
		if err != nil {
			return rows
		}
		rows += strings.Count(line, `"call_sid"`)
	}
}

type pipeAnswer struct {
	header http.Header
	w      io.Writer
}

func (a *pipeAnswer) Header() http.Header         { return a.header }
func (a *pipeAnswer) WriteHeader(int)             {}
func (a *pipeAnswer) Write(p []byte) (int, error) { return a.w.Write(p) }
