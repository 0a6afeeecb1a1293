package store_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/flowengine/record"
	"ringflow/internal/store"
)

// The log of changes begins anew while others write and read, and is gone when
// the store closes.
func TestCheckpoint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	s.CheckpointEvery(20)
	log := filepath.Join(dir, "ringflow.db-wal")
	begun := func() uint32 { // how often it began anew, which its head says
		text, err := os.ReadFile(log)
		must(t, err)
		return binary.BigEndian.Uint32(text[12:])
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		var err error
		for err == nil && ctx.Err() == nil {
			if _, err = s.History(t.Context(), "acme", execution(0).ID); errors.Is(err, record.ErrNoExecution) {
				err = nil
			}
		}
		done <- err
	}()
	must(t, s.Accept(t.Context(), execution(0)))
	first, last := begun(), 0
	for begun() < first+3 {
		if last++; last == 2000 {
			t.Fatalf("after %d commits the log began anew %d times", last, begun()-first)
		}
		must(t, s.Accept(t.Context(), execution(last)))
	}
	stop()
	must(t, <-done)
	must(t, s.Close())
	if _, err := os.Stat(log); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the end there is a log: %v", err)
	}
	if _, err := openIn(t, dir).History(t.Context(), "acme", execution(last).ID); err != nil {
		t.Error(err)
	}
}

// While the disk fails, events wait in memory up to so many bytes; the log says
// how many are lost beyond, and what waited is written.
func TestEventsThatWaitAreBoundedInBytes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var log strings.Builder
	s, err := store.Open(dir, slog.New(slog.NewTextHandler(&log, nil)))
	must(t, err)
	must(t, s.Accept(t.Context(), execution(1)))
	s.Narrow(1 << 20)
	other, err := sql.Open("sqlite", filepath.Join(dir, "ringflow.db"))
	must(t, err)
	defer other.Close()
	conn, err := other.Conn(t.Context())
	must(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), `BEGIN IMMEDIATE`)
	must(t, err)
	const events, each = 100, 50_000
	for seq := 1; seq <= events; seq++ {
		s.Append(execution(1).ID, event(seq, record.KeyPressed, func(e *record.Event) { e.Detail = strings.Repeat("x", each) }))
	}
	if err := s.Check(t.Context()); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("Check says %v", err)
	}
	_, err = conn.ExecContext(t.Context(), `ROLLBACK`)
	must(t, err)
	const stored = 1 << 20 / (each + 100)
	eventually(t, s, execution(1).ID, stored)
	s.Append(execution(1).ID, event(events+1, record.KeyPressed, nil))
	if h := eventually(t, s, execution(1).ID, stored+1); len(h.Events) != stored+1 {
		t.Errorf("%d events are stored, want %d", len(h.Events)-1, stored)
	}
	must(t, s.Close())
	if !strings.Contains(log.String(), "events were lost") {
		t.Errorf("the log says %s", log.String())
	}
}
