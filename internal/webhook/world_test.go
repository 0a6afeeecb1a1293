package webhook_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/secret"
	"ringflow/internal/store"
	"ringflow/internal/store/storetest"
	"ringflow/internal/webhook"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is a record with the webhooks that hang on it.
type world struct {
	t          testing.TB
	dir        string
	store      *store.Store
	dispatcher *webhook.Dispatcher
	log        *lockedBuffer
	change     func(*webhook.Config)
	transport  http.RoundTripper
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: storetest.Folder(t), log: new(lockedBuffer)}
	w.open()
	t.Cleanup(w.shut)
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	w.store, err = store.Open(w.dir, nil)
	must(w.t, err)
}

// dispatch tells the hooks from now on.
func (w *world) dispatch(hooks ...webhook.Hook) {
	w.t.Helper()
	c := webhook.Config{
		Outbox: w.store, FirstPause: 10 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if w.change != nil {
		w.change(&c)
	}
	d := webhook.New(c)
	for _, h := range hooks {
		must(w.t, d.Set(w.t.Context(), h))
	}
	if w.transport != nil {
		d.UseTransport(w.transport)
	}
	must(w.t, d.Start(w.t.Context()))
	w.dispatcher = d
}

// shut ends all, as a shutdown of the server does.
func (w *world) shut() {
	if w.dispatcher != nil {
		w.close(200 * time.Millisecond)
		w.close(0)
	}
	if err := w.store.Close(); err != nil {
		w.t.Error(err)
	}
}

// close gives the dispatcher so long to send what is due.
func (w *world) close(limit time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	w.dispatcher.Close(ctx)
}

func executionID(n int) record.ExecutionID {
	return record.ExecutionID(fmt.Sprintf("%032x", n))
}

// begin begins the execution n of the flow play, or of other if n is odd.
func (w *world) begin(n int) record.ExecutionID {
	w.t.Helper()
	x := record.Execution{
		ID: executionID(n), InteractionID: fmt.Sprintf("i%d", n), Account: "acme", FlowID: []string{"play", "other"}[n%2],
		VersionID: "v1", AcceptedAt: time.Now(),
	}
	must(w.t, w.store.Accept(w.t.Context(), x))
	must(w.t, w.store.Begin(w.t.Context(), x.ID, time.Now()))
	return x.ID
}

// run runs the execution n with so many steps; it has one event more.
func (w *world) run(n, steps int) record.ExecutionID {
	w.t.Helper()
	id := w.begin(n)
	for i := range steps {
		w.store.Append(id, record.Event{Seq: i + 1, At: time.Now(), Kind: record.StepLeft, Step: "s"})
	}
	w.end(id, steps+1)
	return id
}

func (w *world) end(id record.ExecutionID, seq int) {
	w.t.Helper()
	now := time.Now()
	must(w.t, w.store.End(w.t.Context(), id, record.Ending{Status: record.StatusFinished, At: now,
		Last: record.Event{Seq: seq, At: now, Kind: record.ExecutionEnded, Status: record.StatusFinished}}))
}

// empty waits until nothing is left to send to the hook.
func (w *world) empty(hook webhook.ID) {
	w.t.Helper()
	eventually(w.t, "the outbox is empty", func() bool {
		streams, err := w.store.Queues(w.t.Context(), hook, 1)
		must(w.t, err)
		return len(streams) == 0
	})
}

func eventually(t testing.TB, what string, met func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(3 * time.Minute); !met(); {
		select {
		case <-limit:
			t.Fatal("not within three minutes: " + what)
		case <-tick.C:
		}
	}
}

// request is what a sink was sent.
type request struct {
	header http.Header
	body   []byte
	webhook.Envelope
	taken bool
}

// sink is somebody's server.
type sink struct {
	t      testing.TB
	server *httptest.Server

	mu      sync.Mutex
	got     []request
	count   int                                       // of got, those taken
	respond func(*http.Request, webhook.Envelope) int // the status to answer; nil: 204
	now     int                                       // requests at this moment
	most    int
}

func newSink(t testing.TB) *sink {
	s := &sink{t: t}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

// hook is one that tells the sink everything.
func (s *sink) hook(name string) webhook.Hook {
	return webhook.Hook{
		ID: webhook.ID{Account: "acme", Name: name}, URL: s.server.URL + "/in?token=hidden-in-the-query", Private: true,
		Events: []record.EventKind{webhook.All}, Secret: secret.Secret("the secret of the hook " + name),
	}
}

// ServeHTTP implements http.Handler.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r1 := request{header: r.Header}
	r1.body, _ = io.ReadAll(r.Body)
	if err := json.Unmarshal(r1.body, &r1.Envelope); err != nil {
		s.t.Errorf("%s sent %q: %v", r.Method, r1.body, err)
	}
	s.mu.Lock()
	s.now++
	s.most = max(s.most, s.now)
	respond := s.respond
	s.mu.Unlock()
	status := http.StatusNoContent
	if respond != nil {
		status = respond(r, r1.Envelope)
	}
	r1.taken = status < 300
	s.mu.Lock()
	s.now--
	s.got = append(s.got, r1)
	if r1.taken {
		s.count++
	}
	s.mu.Unlock()
	if status >= 300 && status < 400 {
		w.Header().Set("Location", cmp.Or(r.URL.Query().Get("to"), r.URL.String()))
	}
	w.WriteHeader(status)
}

// answer sets what the sink answers.
func (s *sink) answer(respond func(*http.Request, webhook.Envelope) int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.respond = respond
}

func (s *sink) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request{}, s.got...)
}

// taken are the requests that were answered with 2xx.
func (s *sink) taken() []request {
	var out []request
	for _, r := range s.requests() {
		if r.taken {
			out = append(out, r)
		}
	}
	return out
}

// wait waits until the sink has taken n requests, and returns them.
func (s *sink) wait(n int) []request {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("%d requests are taken", n), func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.count >= n
	})
	return s.taken()
}

// inOrder checks that each execution's events were taken once and by rising
// number, and returns how many of each.
func inOrder(t testing.TB, got []request) map[record.ExecutionID]int {
	t.Helper()
	last, count := map[record.ExecutionID]int{}, map[record.ExecutionID]int{}
	for _, r := range got {
		if r.Sequence <= last[r.FlowExecutionID] {
			t.Errorf("%s: %d was taken after %d", r.FlowExecutionID, r.Sequence, last[r.FlowExecutionID])
		}
		last[r.FlowExecutionID] = r.Sequence
		count[r.FlowExecutionID]++
	}
	return count
}
