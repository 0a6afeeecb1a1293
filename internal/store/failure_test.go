package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/auth"
	"ringflow/internal/store"
)

// refusedThenTaken checks that the store refuses work while it cannot write,
// keeps what has already happened, and goes on by itself.
func refusedThenTaken(t testing.TB, s *store.Store, fail, mend func()) {
	t.Helper()
	running := execution(1)
	must(t, s.Accept(t.Context(), running))
	must(t, s.Begin(t.Context(), running.ID, moment()))
	fail()
	if err := s.Accept(t.Context(), execution(2)); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("Accept says %v, want ErrUnavailable", err)
	}
	if err := s.AddToken(t.Context(), auth.TokenRecord{Client: "c", Expires: moment().Add(time.Minute)}); !errors.Is(err, auth.ErrNotStored) {
		t.Errorf("AddToken says %v, want auth.ErrNotStored", err)
	}
	if _, err := s.UseAssertion(t.Context(), "c", "1", moment().Add(time.Minute)); !errors.Is(err, auth.ErrNotStored) {
		t.Errorf("UseAssertion says %v, want auth.ErrNotStored", err)
	}
	s.Append(running.ID, event(1, record.KeyPressed, nil))
	if err := s.Check(t.Context()); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("Check says %v, want ErrUnavailable", err)
	}
	if err := s.End(t.Context(), running.ID, ending(2, record.StatusFinished)); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("End says %v, want ErrUnavailable", err)
	}
	if _, err := s.History(t.Context(), "acme", execution(2).ID); !errors.Is(err, record.ErrNoExecution) && !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("what was refused is there: %v", err)
	}
	mend()
	if _, err := s.History(t.Context(), "acme", execution(2).ID); !errors.Is(err, record.ErrNoExecution) {
		t.Errorf("what was refused is there: %v", err)
	}
	h := eventually(t, s, running.ID, 2)
	whole(t, h)
	if h.Status != record.StatusFinished {
		t.Errorf("the end was lost: %+v", h)
	}
	must(t, s.Accept(t.Context(), execution(2)))
	must(t, s.Check(t.Context()))
}

// A writer that is held up keeps nobody waiting: the ready probe ends with its context, a
// request is refused and not carried out later, and what has happened is.
func TestWriterThatIsHeldUp(t *testing.T) { onEachDialect(t, testWriterThatIsHeldUp) }

func testWriterThatIsHeldUp(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	s.QueueLimit(time.Second) // far from the probe's limit: a machine that stands still must not meet both at once
	must(t, s.Accept(t.Context(), execution(1)))
	holds, release := make(chan bool), make(chan bool)
	var held sync.WaitGroup
	held.Go(func() {
		_, err := s.SaveDraft(t.Context(), "acme", "play", []byte("{}"), func([]byte) error { close(holds); <-release; return nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-holds
	limit, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if err := s.Check(limit); !errors.Is(err, record.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Check says %v", err)
	}
	if err := s.Flush(limit); err != nil {
		t.Errorf("Flush says %v, and nothing is missing", err)
	}
	if err := s.Accept(t.Context(), execution(2)); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("Accept says %v", err)
	}
	if err := s.End(t.Context(), execution(1).ID, ending(1, record.StatusFinished)); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("End says %v", err)
	}
	if err := s.Unwritten(); !errors.Is(err, record.ErrUnavailable) || !strings.Contains(err.Error(), string(execution(1).ID)) {
		t.Errorf("unwritten: %v", err)
	}
	close(release)
	held.Wait()
	must(t, s.Flush(t.Context()))
	must(t, s.Unwritten())
	if h, err := s.History(t.Context(), "acme", execution(1).ID); err != nil || h.Status != record.StatusFinished {
		t.Errorf("the end is lost: %+v, %v", h, err)
	}
	if _, err := s.Accepted(t.Context(), execution(2).ID); !errors.Is(err, record.ErrNoExecution) {
		t.Errorf("what was refused is there: %v", err)
	}
}

// flushed checks that what has happened while the database fails is written as soon as
// it can be, and named if it cannot be in time.
func flushed(t *testing.T, at string, fail, mend func()) {
	var log syncBuilder
	s, err := store.Open(at, slog.New(slog.NewTextHandler(&log, nil)))
	must(t, err)
	must(t, s.Accept(t.Context(), execution(1)))
	must(t, s.Begin(t.Context(), execution(1).ID, moment()))
	fail()
	s.Append(execution(1).ID, event(1, record.KeyPressed, nil))
	limit, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.Flush(limit); !errors.Is(err, record.ErrUnavailable) || !strings.Contains(err.Error(), string(execution(1).ID)) {
		t.Errorf("Flush says %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Flush(t.Context()) }()
	<-time.After(300 * time.Millisecond) // some attempts
	mend()
	must(t, <-done)
	if h, err := s.History(t.Context(), "acme", execution(1).ID); err != nil || len(h.Events) != 1 {
		t.Errorf("the event is lost: %+v, %v", h, err)
	}
	fail()
	s.Append(execution(1).ID, event(2, record.KeyPressed, nil))
	must(t, s.Close())
	mend()
	if !strings.Contains(log.String(), "events were lost") || !strings.Contains(log.String(), string(execution(1).ID)) {
		t.Errorf("the log says %s", log.String())
	}
}

func TestFlushOverALockedFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, openIn(t, dir).Close())
	other, err := sql.Open("sqlite", filepath.Join(dir, "ringflow.db"))
	must(t, err)
	defer other.Close()
	other.SetMaxOpenConns(1)
	do := func(statement string) func() {
		return func() { _, err := other.ExecContext(t.Context(), statement); must(t, err) }
	}
	flushed(t, dir, do(`BEGIN IMMEDIATE`), do(`ROLLBACK`))
}

func TestFlushOverARestart(t *testing.T) {
	t.Parallel()
	server, at := haltingPostgres(t)
	flushed(t, at, func() { must(t, server.Halt()) }, func() { must(t, server.Restart()) })
}

// TestKilledAtAnyMoment kills a process that accepts, runs and ends executions,
// again and again, and every write that it reported is there.
func TestKilledAtAnyMoment(t *testing.T) { onEachDialect(t, testKilledAtAnyMoment) }

func testKilledAtAnyMoment(t *testing.T, newRecord newRecord) {
	dir := newRecord(t)
	reported := map[string]map[record.ExecutionID]bool{"accepted": {}, "begun": {}, "ended": {}}
	for range 25 {
		c := command("work", dir)
		out, err := c.StdoutPipe()
		must(t, err)
		c.Stderr = os.Stderr
		must(t, c.Start())
		lines := bufio.NewReader(out)
		if first, err := lines.ReadString('\n'); first != "open\n" {
			t.Fatalf("the process says %q, %v", first, err)
		}
		killed := time.AfterFunc(time.Duration(rand.IntN(60_000))*time.Microsecond, func() { _ = c.Process.Kill() })
		text, err := io.ReadAll(lines)
		must(t, err)
		killed.Stop()
		_ = c.Wait()
		for line := range strings.Lines(string(text)) {
			if word, id, whole := strings.Cut(strings.TrimSuffix(line, "\n"), " "); whole && strings.HasSuffix(line, "\n") {
				reported[word][record.ExecutionID(id)] = true
			}
		}
	}
	t.Logf("%d accepted, %d begun, %d ended", len(reported["accepted"]), len(reported["begun"]), len(reported["ended"]))
	s := openIn(t, dir)
	_, err := s.Interrupt(t.Context())
	must(t, err)
	waiting := map[record.ExecutionID]bool{}
	unfinished := unfinishedIn(t, s)
	for _, x := range unfinished {
		waiting[x.ID] = true
	}
	for id := range reported["accepted"] {
		h, err := s.History(t.Context(), "acme", id)
		if err != nil {
			t.Fatalf("%s was accepted and is lost: %v", id, err)
		}
		switch {
		case reported["ended"][id] && h.Status != record.StatusFinished:
			t.Errorf("%s had ended and is %s", id, h.Status)
		case reported["begun"][id] && waiting[id]:
			t.Errorf("%s had begun and would be dialled again", id)
		case h.Status == record.StatusRunning:
			t.Errorf("%s stays running", id)
		case h.Status == record.StatusAccepted != waiting[id]:
			t.Errorf("%s is %s, waiting to be run: %v", id, h.Status, waiting[id])
		case h.Status != record.StatusAccepted:
			whole(t, h)
		}
	}
	if len(reported["accepted"]) < 25 {
		t.Errorf("only %d were accepted", len(reported["accepted"]))
	}
}

// work accepts, runs and ends executions until it is killed, and says on its
// standard output what was written.
func work(dir string) {
	s, err := store.Open(dir, nil)
	check(err)
	_, err = s.Interrupt(context.Background())
	check(err)
	var mu sync.Mutex
	say := func(word string, id record.ExecutionID) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(word, id)
	}
	fmt.Println("open")
	base, n := rand.Int64(), atomic.Int64{}
	for range 16 {
		go func() {
			for {
				x := execution(0)
				x.ID = record.ExecutionID(fmt.Sprintf("%016x%016x", base, n.Add(1)))
				check(s.Accept(context.Background(), x))
				say("accepted", x.ID)
				leg := func(e *record.Event) { e.Leg = &record.LegEvent{ID: "1"} }
				s.Append(x.ID, event(1, record.ExecutionStarted, nil))
				check(s.Begin(context.Background(), x.ID, moment()))
				say("begun", x.ID)
				s.Append(x.ID, event(2, record.LegDialling, leg), event(3, record.LegAnswered, leg))
				if rand.IntN(4) == 0 {
					continue
				}
				s.Append(x.ID, event(4, record.LegEnded, leg))
				check(s.End(context.Background(), x.ID, ending(5, record.StatusFinished)))
				say("ended", x.ID)
			}
		}()
	}
	select {}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
