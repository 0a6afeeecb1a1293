package webhook_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/version"
	"ringflow/internal/webhook"
)

func TestEventsArriveInOrder(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	h := s.hook("crm")
	w.dispatch(h)
	const executions, steps = 60, 9
	done := make(chan bool)
	for n := range executions {
		go func() { w.run(n, steps); done <- true }()
	}
	for range executions {
		<-done
	}
	got := s.wait(executions * (steps + 1))
	for id, n := range inOrder(t, got) {
		if n != steps+1 {
			t.Errorf("%s: %d events, want %d", id, n, steps+1)
		}
	}
	if len(s.requests()) != len(got) {
		t.Errorf("%d requests for %d events", len(s.requests()), len(got))
	}
	if s.most > 8 {
		t.Errorf("%d requests at once, want 8 at most", s.most)
	}
	r := got[len(got)-1]
	if r.header.Get("Content-Type") != "application/json" || r.header.Get("Ringflow-Id") != r.ID || r.header.Get("Ringflow-Webhook") != "crm" || r.header.Get("User-Agent") != version.Product() ||
		r.ID != webhook.DeliveryID(r.FlowExecutionID, r.Sequence) || r.Account != "acme" || r.FlowVersionID != "v1" || r.InteractionID == "" ||
		r.Event.Seq != r.Sequence || r.Event.Kind != r.Type || r.Event.At.IsZero() {
		t.Errorf("a request is %+v\n%s", r.header, r.body)
	}
	w.empty(h.ID)
}

func TestOnlyChosenEventsAreTold(t *testing.T) {
	t.Parallel()
	w, ends, play, foreign := newWorld(t), newSink(t), newSink(t), newSink(t)
	one, two, three := ends.hook("ends"), play.hook("play"), foreign.hook("foreign")
	one.Events = []record.EventKind{record.ExecutionEnded, record.LegEnded}
	two.Flows = []string{"play", "nonesuch"}
	three.Account = "other"
	w.dispatch(one, two, three)
	for n := range 4 {
		w.run(n, 3)
	}
	if got := ends.wait(4); len(got) != 4 || slices.ContainsFunc(got, func(r request) bool { return r.Type != record.ExecutionEnded || r.Sequence != 4 }) {
		t.Errorf("the ends told are %+v", got)
	}
	if got := play.wait(8); len(got) != 8 || slices.ContainsFunc(got, func(r request) bool { return r.FlowID != "play" }) {
		t.Errorf("of the flow are told %+v", got)
	}
	w.empty(one.ID)
	w.empty(two.ID)
	if got := foreign.requests(); len(got) != 0 {
		t.Errorf("another account is told %+v", got)
	}
}

// A server that takes nothing for a while gets all of 2,500 events in their
// order when it is back, each once.
func TestSinkThatWasDown(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	s.answer(func(*http.Request, webhook.Envelope) int { return 503 })
	h := s.hook("crm")
	w.dispatch(h)
	const executions, steps = 250, 9
	done := make(chan bool)
	for part := range 25 {
		go func() {
			for n := range executions / 25 {
				w.run(part*executions/25+n, steps)
			}
			done <- true
		}()
	}
	for range 25 {
		<-done
	}
	tries := len(s.requests())
	if tries > 125 {
		t.Errorf("it was asked %d times while it took nothing", tries)
	}
	s.answer(nil)
	got := s.wait(executions * (steps + 1))
	if n := len(inOrder(t, got)); n != executions || len(got) != executions*(steps+1) {
		t.Errorf("%d events of %d executions", len(got), n)
	}
	w.empty(h.ID)
	if log := w.log.String(); strings.Count(log, "takes no events") != 1 || strings.Count(log, "takes events again") != 1 {
		t.Errorf("the log does not say once each that it went and came back")
	}
	t.Logf("%d attempts in vain", tries)
}

// What one execution's event meets holds up that execution and no other.
func TestRefusedEventHoldsUpItsExecutionOnly(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	bad := executionID(0)
	s.answer(func(_ *http.Request, e webhook.Envelope) int {
		if e.FlowExecutionID == bad && e.Sequence == 2 {
			return 500
		}
		return 200
	})
	h := s.hook("crm")
	w.dispatch(h)
	w.run(0, 3)
	for n := 1; n < 50; n++ {
		w.run(n, 3)
	}
	counts := inOrder(t, s.wait(1+49*4))
	if counts[bad] != 1 {
		t.Errorf("of the refused one %d were taken", counts[bad])
	}
	s.answer(nil)
	if inOrder(t, s.wait(50*4))[bad] != 4 {
		t.Error("the refused one did not go on")
	}
	w.empty(h.ID)
}

// A server that never answers delays neither another webhook nor the record.
func TestSlowSinkDelaysNobodyElse(t *testing.T) {
	t.Parallel()
	w, slow, quick := newWorld(t), newSink(t), newSink(t)
	w.change = func(c *webhook.Config) { c.Timeout = time.Hour } // or the sink is asked again while it still has the first request
	release := make(chan bool)
	slow.answer(func(*http.Request, webhook.Envelope) int { <-release; return 200 })
	one, two := slow.hook("slow"), quick.hook("quick")
	w.dispatch(one, two)
	for n := range 100 {
		w.run(n, 2)
	}
	quick.wait(300)
	w.empty(two.ID)
	if n := len(slow.requests()); n != 0 || slow.most != 8 {
		t.Errorf("the slow one answered %d, %d at once", n, slow.most)
	}
	close(release)
	slow.wait(300)
}

func TestAnswerThatNeverComesIsAFailure(t *testing.T) {
	w, s := newWorld(t), newSink(t)
	w.change = func(c *webhook.Config) { c.Timeout = 50 * time.Millisecond }
	first := make(chan bool, 1)
	first <- true
	s.answer(func(r *http.Request, _ webhook.Envelope) int {
		select {
		case <-first:
			<-r.Context().Done() // until the client gives up
		default:
		}
		return 200
	})
	h := s.hook("crm")
	w.dispatch(h)
	w.run(1, 0)
	w.empty(h.ID)
	if n := len(s.requests()); n != 2 {
		t.Errorf("%d attempts, want 2", n)
	}
	if log := w.log.String(); !strings.Contains(log, "no answer within 50ms") {
		t.Errorf("the log says\n%s", log)
	}
}

// Closing waits a while for a sink, then leaves the rest for the next start.
func TestWhatIsLeftIsSentAfterARestart(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	s.answer(func(r *http.Request, _ webhook.Envelope) int {
		<-r.Context().Done()
		return http.StatusServiceUnavailable // which nobody waits for any more
	})
	h := s.hook("crm")
	w.dispatch(h)
	for n := range 20 {
		w.run(n, 4)
	}
	began := time.Now()
	w.shut()
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("closing took %s", d)
	}
	s.mu.Lock()
	s.got, s.count = nil, 0
	s.mu.Unlock()
	s.answer(nil)
	w.open()
	w.dispatch(h)
	inOrder(t, s.wait(100))
	w.empty(h.ID)
}

// Closing sends what is due.
func TestCloseSendsWhatIsDue(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	w.dispatch(s.hook("crm"))
	for n := range 50 {
		w.run(n, 4)
	}
	w.close(time.Minute)
	if n := len(inOrder(t, s.taken())); n != 50 || len(s.taken()) != 250 {
		t.Errorf("%d events of %d executions, want 250 of 50", len(s.taken()), n)
	}
}

// Executions that a crash broke off get their last events, and webhooks are told.
func TestInterruptedExecutionsAreTold(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	h := s.hook("crm")
	h.Events = []record.EventKind{record.LegEnded, record.ExecutionEnded}
	w.dispatch(h)
	id := w.begin(1)
	w.store.Append(id, record.Event{Seq: 1, At: time.Now(), Kind: record.LegDialling, Leg: &record.LegEvent{ID: "1"}})
	w.shut()
	w.open()
	w.dispatch(h)
	if n, err := w.store.Interrupt(t.Context()); n != 1 || err != nil {
		t.Fatalf("Interrupt = %d, %v", n, err)
	}
	got := s.wait(2)
	if got[0].Type != record.LegEnded || got[1].Type != record.ExecutionEnded || got[1].Event.Status != record.StatusInterrupted {
		t.Errorf("told %+v", got)
	}
}
