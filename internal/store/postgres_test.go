package store_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/store"
)

// What cannot be used is refused in words, which never have the password.
func TestPostgresThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := postgres(t)
	must(t, s.Exec("postgres", `CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`))
	t.Cleanup(func() { must(t, s.Exec("postgres", `DROP DATABASE latin`)) })
	used, foreign, newer := newSchema(t), newSchema(t), newSchema(t)
	openIn(t, used)
	schema := func(at string) string { return at[strings.LastIndex(at, "=")+1:] }
	must(t, s.Exec("ringflow", `CREATE TABLE `+schema(foreign)+`.recipes (name text)`))
	must(t, openIn(t, newer).Close())
	must(t, s.Exec("ringflow", `UPDATE `+schema(newer)+`.schema_version SET version = version + 1`))
	for _, c := range []struct{ name, at, want string }{
		{"no URL", "postgres://ringflow:hush@[::1/ringflow", "write postgres://"},
		{"a port that is none", "postgres://ringflow:hush@localhost:port/ringflow", "write postgres://"},
		{"a setting that is none", "postgres://ringflow:hush@localhost/ringflow?sslmode=hush", "write postgres://"},
		{"no server", "postgres://ringflow:hush@localhost/ringflow?host=" + t.TempDir(), "open database"},
		{"no database", s.URL("none", ""), "does not exist"},
		{"another encoding", s.URL("latin", ""), "LATIN1"},
		{"no schema", s.URL("ringflow", "none"), "no schema"},
		{"tables of another program", foreign, "another program"},
		{"a newer schema", newer, "newer program"},
		{"another server", used, "another server uses it"},
	} {
		s, err := store.Open(c.at, nil)
		if err == nil {
			must(t, s.Close())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if err := store.CheckServer("ringflow", 140_012); err == nil || !strings.Contains(err.Error(), "PostgreSQL 14.12") {
		t.Errorf("an old version: %v", err)
	}
	if err := store.CheckServer("ringflow", 150_000); err != nil {
		t.Errorf("the oldest version: %v", err)
	}
}

// The server stops amid the work and comes back.
func TestPostgresThatIsRestarted(t *testing.T) {
	t.Parallel()
	server, at := haltingPostgres(t)
	s := openIn(t, at)
	refusedThenTaken(t, s, func() { must(t, server.Halt()) }, func() { must(t, server.Restart()) })
}

// The server is alive and does not answer, and later it does.
func TestPostgresThatHangs(t *testing.T) {
	t.Parallel()
	server, at := haltingPostgres(t)
	s, err := store.OpenImpatient(at+"&connect_timeout=3", 2*time.Second)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	resume := sync.OnceFunc(func() {
		must(t, server.Resume())
		must(t, server.Exec("ringflow", `SELECT 1`)) // it has caught up with what waited
	})
	t.Cleanup(resume)
	refusedThenTaken(t, s, func() { must(t, server.Pause()) }, resume)
	must(t, server.Pause())
	t.Cleanup(func() { must(t, server.Resume()) })
	limit, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := s.Check(limit); !errors.Is(err, record.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Check says %v", err)
	}
	if _, err := s.Accepted(t.Context(), execution(1).ID); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("Accepted says %v", err)
	}
	must(t, s.Close())
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
}

// Whatever became of a commit whose connection was lost: what it brings is there
// once, and nothing is reported before that is known.
func TestCommitInDoubt(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fate{"unsent": unsent, "unheard": unheard} {
		t.Run(name, func(t *testing.T) {
			p, at := newProxy(t, postgres(t)), newSchema(t)
			s := openIn(t, p.through(at))
			must(t, s.Accept(t.Context(), execution(1)))
			for round := 1; round <= 3; round++ {
				p.meet(f)
				s.Append(execution(1).ID, event(round, record.KeyPressed, nil))
				x := keyed(10+round, "acme", fmt.Sprint("k", round), "d")
				must(t, s.Accept(t.Context(), x))
				if h := eventually(t, s, execution(1).ID, round); len(h.Events) != round {
					t.Errorf("round %d: the journal has %d events", round, len(h.Events))
				}
				if h, err := s.History(t.Context(), "acme", x.ID); err != nil || h.Status != record.StatusAccepted {
					t.Errorf("round %d: %+v, %v", round, h, err)
				}
				p.meet(f)
				must(t, s.Begin(t.Context(), x.ID, moment(), event(1, record.ExecutionAccepted, nil)))
				if err := s.Begin(t.Context(), x.ID, moment()); err == nil {
					t.Error("it begins twice")
				}
			}
			must(t, s.End(t.Context(), execution(1).ID, ending(4, record.StatusFinished)))
			h, err := s.History(t.Context(), "acme", execution(1).ID)
			must(t, err)
			whole(t, h)
		})
	}
}

// While it is not known what became of a commit, what it brings is answered by
// nothing, and what is new is refused; a store that closes then says that it is not
// known.
func TestDoubtThatLasts(t *testing.T) {
	t.Parallel()
	p, at := newProxy(t, postgres(t)), newSchema(t)
	var log syncBuilder
	s, err := store.Open(p.through(at), slog.New(slog.NewTextHandler(&log, nil)))
	must(t, err)
	must(t, s.Accept(t.Context(), execution(1)))
	doubtful := func(n int) <-chan error {
		p.meet(cutOff)
		answer := make(chan error, 1)
		go func() { answer <- s.Accept(t.Context(), execution(n)) }()
		<-p.met
		if err := s.Accept(t.Context(), execution(n+100)); !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("while it lasts, Accept says %v", err)
		}
		select {
		case err := <-answer:
			t.Errorf("what is in doubt was answered: %v", err)
		default:
		}
		return answer
	}
	answer := doubtful(2)
	p.lose(false)
	must(t, <-answer)
	must(t, s.Accept(t.Context(), execution(102)))

	answer = doubtful(3)
	must(t, s.Close())
	if err := <-answer; !errors.Is(err, record.ErrUnavailable) || !strings.Contains(err.Error(), "known") {
		t.Errorf("at the end it says %v", err)
	}
	s = openIn(t, at)
	for n, want := range map[int]error{2: nil, 3: nil, 102: nil, 103: record.ErrNoExecution} {
		if _, err := s.Accepted(t.Context(), execution(n).ID); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", n, err, want)
		}
	}
}

// A server that has lost commits, as after a fail-over, is named in the log; what is
// written of executions that are gone does not get into others with their numbers.
func TestCommitsThatPostgresLost(t *testing.T) {
	t.Parallel()
	server, at := postgres(t), newSchema(t)
	schema := at[strings.LastIndex(at, "=")+1:]
	p := newProxy(t, server)
	var log syncBuilder
	s, err := store.Open(p.through(at), slog.New(slog.NewTextHandler(&log, nil)))
	must(t, err)
	must(t, s.Accept(t.Context(), execution(1)))
	p.lose(true)
	must(t, server.Exec("ringflow", `SET search_path = `+schema+`; DELETE FROM executions; UPDATE numbers SET next = 1; UPDATE writer SET batch = batch - 1`))
	p.lose(false)
	s.Append(execution(1).ID, event(1, record.LegDialling, nil))
	for limit := time.Now().Add(10 * time.Second); s.Accept(t.Context(), execution(2)) != nil; {
		if time.Now().After(limit) {
			t.Fatal("nothing can be accepted any more")
		}
	}
	must(t, s.Begin(t.Context(), execution(2).ID, moment(), event(1, record.ExecutionAccepted, nil)))
	s.Append(execution(1).ID, event(2, record.LegEnded, nil))
	must(t, s.End(t.Context(), execution(2).ID, ending(2, record.StatusFinished)))
	h, err := s.History(t.Context(), "acme", execution(2).ID)
	must(t, err)
	if whole(t, h); len(h.Events) != 2 || h.Events[0].Kind != record.ExecutionAccepted {
		t.Errorf("its journal is %+v", h.Events)
	}
	must(t, s.Close())
	if !strings.Contains(log.String(), "has lost commits") || !strings.Contains(log.String(), "a write was refused") {
		t.Errorf("the log says %s", log.String())
	}
}

// The statements of a commit go to the server together, however many calls it writes:
// with one after the other, each call would wait for the way of all before it.
func TestStatementsAreSentTogether(t *testing.T) {
	t.Parallel()
	p := newProxy(t, postgres(t))
	s := openIn(t, p.through(newSchema(t)))
	const calls = 200
	every := func(do func(n int) error) {
		var work sync.WaitGroup
		for n := range calls {
			work.Go(func() { must(t, do(n)) })
		}
		work.Wait()
	}
	every(func(n int) error { return s.Accept(t.Context(), execution(n)) })
	before := p.flights.Load()
	every(func(n int) error {
		return s.Begin(t.Context(), execution(n).ID, moment(), event(1, record.ExecutionAccepted, nil))
	})
	every(func(n int) error { return s.End(t.Context(), execution(n).ID, ending(2, record.StatusFinished)) })
	if n := p.flights.Load() - before; n >= calls { // of 4 statements each
		t.Errorf("%d calls took %d flights of messages", calls, n)
	}
}

// syncBuilder is a strings.Builder of several goroutines.
type syncBuilder struct {
	mu sync.Mutex
	strings.Builder
}

func (b *syncBuilder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Builder.Write(p)
}

// The sessions of the server are killed again and again under load: what was
// accepted is there, what was refused is not, and no event comes twice.
func TestKilledSessions(t *testing.T) {
	t.Parallel()
	server := postgres(t)
	must(t, server.Exec("postgres", `CREATE DATABASE killed`)) // in which no other test has sessions
	s := openIn(t, server.URL("killed", ""))
	var stop atomic.Bool
	var work sync.WaitGroup
	var mu sync.Mutex
	accepted := map[int]error{}
	var next atomic.Int64
	for range 8 {
		work.Go(func() {
			for !stop.Load() {
				n := int(next.Add(1))
				err := s.Accept(t.Context(), execution(n))
				if err == nil {
					s.Append(execution(n).ID, event(1, record.ExecutionAccepted, nil))
					if err := s.End(t.Context(), execution(n).ID, ending(2, record.StatusFinished)); err != nil && !errors.Is(err, record.ErrUnavailable) {
						t.Error(err)
					}
				}
				mu.Lock()
				accepted[n] = err
				mu.Unlock()
			}
		})
	}
	for range 20 {
		must(t, server.Exec("ringflow", `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'killed' AND application_name LIKE 'ringflow %'`))
		before := next.Load()
		for limit := time.After(20 * time.Second); next.Load() < before+20; {
			select {
			case <-limit:
				t.Fatal("nothing goes on")
			case <-time.After(time.Millisecond):
			}
		}
	}
	stop.Store(true)
	work.Wait()
	refused := 0
	for n, err := range accepted {
		switch {
		case err == nil:
			whole(t, eventually(t, s, execution(n).ID, 2))
		case !errors.Is(err, record.ErrUnavailable):
			t.Error(err)
		default:
			refused++
			if _, err := s.Accepted(t.Context(), execution(n).ID); !errors.Is(err, record.ErrNoExecution) {
				t.Errorf("%d was refused and is there: %v", n, err)
			}
		}
	}
	t.Logf("%d accepted, %d refused", len(accepted)-refused, refused)
}

// A server that lost its connection, and whose database another took meanwhile,
// writes nothing more.
func TestDatabaseThatWasTakenOver(t *testing.T) {
	t.Parallel()
	p, at := newProxy(t, postgres(t)), newSchema(t)
	s := openIn(t, p.through(at))
	must(t, s.Accept(t.Context(), execution(1)))
	p.lose(true)
	other := openIn(t, at)
	must(t, other.Accept(t.Context(), execution(2)))
	must(t, other.Close()) // the lock is free, and the database is not the first one's any more
	p.lose(false)
	for n := range 3 {
		err := s.Begin(t.Context(), execution(1).ID, moment())
		if !errors.Is(err, record.ErrUnavailable) || n > 0 && !strings.Contains(err.Error(), "taken the database over") { // the first notices the loss
			t.Errorf("Begin says %v", err)
		}
	}
	if h, err := openIn(t, at).History(t.Context(), "acme", execution(1).ID); err != nil || h.Status != record.StatusAccepted {
		t.Errorf("it is %+v, %v", h, err)
	}
}

// A server on the copy of a database dials nothing that the copy has as accepted.
func TestRestoredPostgresDialsNothing(t *testing.T) {
	t.Parallel()
	server := postgres(t)
	must(t, server.Exec("postgres", `CREATE DATABASE original`))
	s := openIn(t, server.URL("original", ""))
	must(t, s.Accept(t.Context(), execution(1)))
	must(t, s.Close())
	// A template has no sessions; those of a closed connection end a moment later.
	must(t, server.Exec("postgres", `SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = 'original'`))
	must(t, server.Exec("postgres", `CREATE DATABASE restored TEMPLATE original`))
	restored := openIn(t, server.URL("restored", ""))
	if n, err := restored.Interrupt(t.Context()); n != 1 || err != nil {
		t.Errorf("Interrupt = %d, %v", n, err)
	}
	must(t, restored.Accept(t.Context(), execution(2)))
	must(t, restored.Close())
	for name, want := range map[string]int{"original": 1, "restored": 2} {
		s := openIn(t, server.URL(name, ""))
		if n, err := s.Interrupt(t.Context()); n != 0 || err != nil {
			t.Errorf("%s: Interrupt = %d, %v", name, n, err)
		}
		if left := unfinishedIn(t, s); len(left) != 1 || left[0].ID != execution(want).ID {
			t.Errorf("%s: unfinished are %+v", name, left)
		}
	}
}

// TestPostgresWithoutTLSTellsTheCause: the server is asked for TLS first, has none, and
// then refuses for another reason, which is the one to mend.
func TestPostgresWithoutTLSTellsTheCause(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var accepting sync.WaitGroup
	defer accepting.Wait()
	defer listener.Close()
	accepting.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			begin := make([]byte, 8)
			if _, err := io.ReadFull(conn, begin); err == nil && binary.BigEndian.Uint32(begin[4:]) == 80877103 { // SSLRequest
				_, _ = conn.Write([]byte("N"))
			} else {
				refusal := "SFATAL\x00C3D000\x00Mno such database\x00\x00"
				_, _ = conn.Write(append(binary.BigEndian.AppendUint32([]byte("E"), uint32(4+len(refusal))), refusal...))
			}
			_ = conn.Close()
		}
	})
	_, err = store.Open("postgres://ringflow@"+listener.Addr().String()+"/ringflow", nil)
	if err == nil {
		t.Fatal("it was opened")
	}
	cause, tls := strings.Index(err.Error(), "no such database"), strings.Index(err.Error(), "server refused TLS connection")
	if cause < 0 || tls < cause {
		t.Errorf("it tells %v", err)
	}
}
