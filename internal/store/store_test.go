package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/auth"
	"ringflow/internal/store"
)

func openIn(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// moment is a time that a database keeps exactly.
func moment() time.Time { return time.UnixMicro(time.Now().UnixMicro()).UTC() }

func execution(n int) record.Execution {
	return record.Execution{
		ID: record.ExecutionID(fmt.Sprintf("%032x", n)), InteractionID: fmt.Sprintf("i%d", n),
		Account: "acme", FlowID: "play", VersionID: "v1",
		Arguments: map[string]string{"contact_1": "+12025550143", "näme": "ü\"\x00"}, AcceptedAt: moment(),
	}
}

func event(seq int, kind record.EventKind, change func(*record.Event)) record.Event {
	e := record.Event{Seq: seq, At: moment(), Kind: kind}
	if change != nil {
		change(&e)
	}
	return e
}

func ending(seq int, status record.Status) record.Ending {
	at := moment()
	return record.Ending{Status: status, At: at, Variables: map[string]string{"digits": "12"}, Error: "because",
		Last: record.Event{Seq: seq, At: at, Kind: record.ExecutionEnded, Status: status}}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until the journal holds n events.
func eventually(t testing.TB, s *store.Store, id record.ExecutionID, n int) record.History {
	t.Helper()
	for limit := time.After(10 * time.Second); ; {
		h, err := s.History(t.Context(), "acme", id)
		must(t, err)
		if len(h.Events) >= n {
			return h
		}
		select {
		case <-limit:
			t.Fatalf("%s has %d events, want %d", id, len(h.Events), n)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestLifeOfAnExecution(t *testing.T) { onEachDialect(t, testLifeOfAnExecution) }

func testLifeOfAnExecution(t *testing.T, newRecord newRecord) {
	dir := newRecord(t)
	s := openIn(t, dir)
	x := execution(1)
	must(t, s.Accept(t.Context(), x))
	h, err := s.History(t.Context(), "acme", x.ID)
	must(t, err)
	if !reflect.DeepEqual(h.Execution, x) || h.Status != record.StatusAccepted || !h.StartedAt.IsZero() || !h.FinishedAt.IsZero() {
		t.Fatalf("accepted %+v\nread %+v", x, h)
	}
	if _, err := s.History(t.Context(), "other", x.ID); !errors.Is(err, record.ErrNoExecution) {
		t.Errorf("another account reads it: %v", err)
	}
	events := []record.Event{
		event(1, record.ExecutionAccepted, nil),
		event(2, record.StepEntered, func(e *record.Event) { e.Step, e.Component = "call", "make_outbound_call" }),
		event(3, record.LegDialling, func(e *record.Event) { e.Leg = &record.LegEvent{ID: "1", Party: "contact"} }),
		event(4, record.VariableSet, func(e *record.Event) { e.Variables = map[string]string{"a": "1"} }),
		event(5, record.StepLeft, func(e *record.Event) {
			e.Step, e.Exit, e.SIP = "call", flowfile.ExitBusy, &record.SIPResult{Code: 486, Reason: "Busy Here", Trunk: "t"}
		}),
	}
	s.Append(x.ID, events[0])
	begun := moment()
	must(t, s.Begin(t.Context(), x.ID, begun))
	if err := s.Begin(t.Context(), x.ID, begun); err == nil {
		t.Error("it begins twice")
	}
	s.Append(x.ID, events[1:3]...)
	s.Append(x.ID)
	s.Append(x.ID, events[3:]...)
	h = eventually(t, s, x.ID, 5)
	if h.Status != record.StatusRunning || !h.StartedAt.Equal(begun) || h.Variables["a"] != "1" || !reflect.DeepEqual(h.Events, events) {
		t.Errorf("running: %+v", h)
	}
	e := ending(6, record.StatusFinished)
	must(t, s.End(t.Context(), x.ID, e))
	must(t, s.End(t.Context(), x.ID, ending(6, record.StatusFailed)))
	s.Append(x.ID, event(7, record.KeyPressed, nil))
	must(t, s.Check(t.Context()))
	check := func(s *store.Store) {
		t.Helper()
		h, err := s.History(t.Context(), "acme", x.ID)
		must(t, err)
		if h.Status != record.StatusFinished || !h.FinishedAt.Equal(e.At) || h.Error != "because" || h.Variables["digits"] != "12" ||
			!reflect.DeepEqual(h.Events, append(events[:5:5], e.Last)) {
			t.Errorf("ended: %+v", h)
		}
		steps := h.Steps()
		if len(steps) != 1 || steps[0].Name != "call" || steps[0].Exit != flowfile.ExitBusy || steps[0].SIP.Code != 486 {
			t.Errorf("steps: %+v", steps)
		}
	}
	check(s)
	if err := s.Begin(t.Context(), x.ID, begun); err == nil {
		t.Error("it begins after its end")
	}
	must(t, s.Close())
	must(t, s.Close())
	if err := s.Accept(t.Context(), execution(2)); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("a closed store says %v", err)
	}
	check(openIn(t, dir))
}

func TestUnknownAndRepeatedExecutions(t *testing.T) {
	onEachDialect(t, testUnknownAndRepeatedExecutions)
}

func testUnknownAndRepeatedExecutions(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	must(t, s.Accept(t.Context(), execution(1)))
	if err := s.Accept(t.Context(), execution(1)); err == nil || errors.Is(err, record.ErrUnavailable) {
		t.Errorf("the same id is accepted twice: %v", err)
	}
	if err := s.Begin(t.Context(), "x", moment()); !errors.Is(err, record.ErrNoExecution) {
		t.Errorf("Begin of an unknown execution says %v", err)
	}
	if err := s.End(t.Context(), "x", ending(1, record.StatusFinished)); !errors.Is(err, record.ErrNoExecution) {
		t.Errorf("End of an unknown execution says %v", err)
	}
	s.Append("x", event(1, record.KeyPressed, nil))
	must(t, s.Begin(t.Context(), execution(1).ID, moment()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Accept(ctx, execution(2)); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled Accept says %v", err)
	}
}

// Whatever is cancelled is either wholly accepted or not at all.
func TestCancelledAcceptIsAllOrNothing(t *testing.T) {
	onEachDialect(t, testCancelledAcceptIsAllOrNothing)
}

func testCancelledAcceptIsAllOrNothing(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	for n := range 200 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%20)*100*time.Microsecond)
		err := s.Accept(ctx, execution(n))
		cancel()
		must(t, s.Check(t.Context()))
		_, read := s.History(t.Context(), "acme", execution(n).ID)
		if accepted, there := err == nil, read == nil; accepted != there {
			t.Fatalf("Accept says %v, reading says %v", err, read)
		}
	}
}

func TestJournalOfOneExecutionKeepsItsOrder(t *testing.T) {
	onEachDialect(t, testJournalOfOneExecutionKeepsItsOrder)
}

func testJournalOfOneExecutionKeepsItsOrder(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	const executions, events = 20, 50
	done := make(chan record.ExecutionID)
	for n := range executions {
		go func() {
			x := execution(n)
			defer func() { done <- x.ID }()
			if err := s.Accept(t.Context(), x); err != nil {
				t.Error(err)
			}
			for i := 1; i <= events; i++ {
				s.Append(x.ID, event(i, record.KeyPressed, func(e *record.Event) { e.Detail = strings.Repeat("x", i) }))
				if i == events/2 {
					if err := s.Begin(t.Context(), x.ID, moment()); err != nil {
						t.Error(err)
					}
				}
			}
			if err := s.End(t.Context(), x.ID, ending(events+1, record.StatusFinished)); err != nil {
				t.Error(err)
			}
		}()
	}
	for range executions {
		h, err := s.History(t.Context(), "acme", <-done)
		must(t, err)
		if len(h.Events) != events+1 {
			t.Errorf("%d events, want %d", len(h.Events), events+1)
		}
		for i, e := range h.Events {
			if e.Seq != i+1 {
				t.Fatalf("event %d has the number %d", i+1, e.Seq)
			}
		}
	}
}

func TestVersions(t *testing.T) { onEachDialect(t, testVersions) }

func testVersions(t *testing.T, newRecord newRecord) {
	dir := newRecord(t)
	s := openIn(t, dir)
	const dashed, plain = "0F3C9A52-D1B8-4E6F-A7C2-583BE9D01746", "0f3c9a52d1b84e6fa7c2583be9d01746"
	if _, err := s.Published(t.Context(), "acme", plain); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("Published says %v", err)
	}
	first, err := s.Publish(t.Context(), "acme", dashed, []byte("one"))
	must(t, err)
	again, err := s.Publish(t.Context(), "acme", plain, []byte("one"))
	must(t, err)
	if !reflect.DeepEqual(first, again) || first.Number != 1 || first.FlowID != plain || first.Status != record.Published {
		t.Errorf("the same definition gives %+v, then %+v", first, again)
	}
	if v, err := s.Published(t.Context(), "acme", dashed); err != nil || !reflect.DeepEqual(v, first) {
		t.Errorf("Published = %+v, %v", v, err)
	}
	second, err := s.Publish(t.Context(), "acme", plain, []byte("two"))
	must(t, err)
	if v, err := s.Published(t.Context(), "acme", plain); err != nil || !reflect.DeepEqual(v, second) || v.Number != 2 {
		t.Errorf("Published = %+v, %v, want the second", v, err)
	}
	if v, err := s.Version(t.Context(), first.ID); err != nil || v.Status != record.Archived || string(v.Definition) != "one" {
		t.Errorf("the first is %+v, %v", v, err)
	}
	if _, err := s.Published(t.Context(), "other", plain); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("another account finds the flow: %v", err)
	}
	if _, err := s.Version(t.Context(), "x"); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("Version says %v", err)
	}
	if _, err := s.Publish(t.Context(), "acme", "", nil); err == nil {
		t.Error("a flow without an id is published")
	}
	must(t, s.Close())
	s = openIn(t, dir)
	if v, err := s.Published(t.Context(), "acme", plain); err != nil || !reflect.DeepEqual(v, second) {
		t.Errorf("after a restart: %+v, %v", v, err)
	}
}

func TestTokens(t *testing.T) { onEachDialect(t, testTokens) }

func testTokens(t *testing.T, newRecord newRecord) {
	dir := newRecord(t)
	s := openIn(t, dir)
	token := auth.TokenRecord{Hash: auth.TokenHash{1}, Client: "c", Account: "acme", Scopes: []string{"a", "b:c"}, Expires: moment().Add(time.Minute)}
	if _, err := s.Token(t.Context(), token.Hash); !errors.Is(err, auth.ErrNoToken) {
		t.Errorf("an unknown token says %v", err)
	}
	must(t, s.AddToken(t.Context(), token))
	use := func(client, id string, want bool) {
		t.Helper()
		first, err := s.UseAssertion(t.Context(), client, id, moment().Add(time.Minute))
		if err != nil || first != want {
			t.Errorf("UseAssertion(%s, %s) = %v, %v", client, id, first, err)
		}
		for other, want := range map[string]bool{id: true, "unused": false} {
			if used, err := s.AssertionUsed(t.Context(), client, other); err != nil || used != want {
				t.Errorf("AssertionUsed(%s, %s) = %v, %v", client, other, used, err)
			}
		}
	}
	use("c", "1", true)
	use("c", "1", false)
	use("c", "2", true)
	use("d", "1", true)
	must(t, s.Close())
	s = openIn(t, dir)
	if got, err := s.Token(t.Context(), token.Hash); err != nil || !reflect.DeepEqual(got, token) {
		t.Errorf("after a restart: %+v, %v", got, err)
	}
	use("c", "1", false)
}

// HistoryAfter tells what comes after an event, wherever in a row it stands.
func TestHistoryAfter(t *testing.T) { onEachDialect(t, testHistoryAfter) }

func testHistoryAfter(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	x := execution(1)
	must(t, s.Accept(t.Context(), x))
	must(t, s.Begin(t.Context(), x.ID, moment()))
	for _, row := range [][]int{{1, 2, 3}, {4}, {5, 6}} {
		for _, seq := range row {
			s.Append(x.ID, event(seq, record.KeyPressed, nil))
		}
		must(t, s.Check(t.Context())) // a commit each
	}
	must(t, s.End(t.Context(), x.ID, ending(7, record.StatusFinished)))
	for after := range 9 {
		h, err := s.HistoryAfter(t.Context(), "acme", x.ID, after)
		must(t, err)
		if h.Status != record.StatusFinished || h.FlowID != x.FlowID || len(h.Events) != max(0, 7-after) || len(h.Events) > 0 && h.Events[0].Seq != after+1 {
			t.Errorf("after %d: %+v", after, h)
		}
	}
	if _, err := s.HistoryAfter(t.Context(), "other", x.ID, 0); !errors.Is(err, record.ErrNoExecution) {
		t.Errorf("another account reads it: %v", err)
	}
}

// PublishAll publishes every flow or none.
func TestPublishAll(t *testing.T) { onEachDialect(t, testPublishAll) }

func testPublishAll(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	flow := func(id, definition string) record.Version {
		return record.Version{Account: "acme", FlowID: id, Definition: []byte(definition)}
	}
	if _, err := s.PublishAll(t.Context(), []record.Version{flow("a", "1"), flow("", "1")}); err == nil {
		t.Error("a flow without an id is published")
	}
	if _, err := s.Published(t.Context(), "acme", "a"); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("the flow beside it: %v", err)
	}
	for range 2 { // the same again is the same version
		published, err := s.PublishAll(t.Context(), []record.Version{flow("a", "1"), flow("b", "1")})
		must(t, err)
		for i, v := range published {
			if v.FlowID != []string{"a", "b"}[i] || v.Number != 1 || v.Status != record.Published || v.ID == "" {
				t.Errorf("published %+v", v)
			}
		}
	}
	published, err := s.PublishAll(t.Context(), []record.Version{flow("a", "2"), flow("b", "1")})
	must(t, err)
	if published[0].Number != 2 || published[1].Number != 1 {
		t.Errorf("published %+v", published)
	}
	if v, err := s.Published(t.Context(), "acme", "a"); err != nil || string(v.Definition) != "2" {
		t.Errorf("then %+v, %v", v, err)
	}
}
