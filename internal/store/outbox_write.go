package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/webhook"
)

var _ webhook.Outbox = (*Store)(nil)

// deadLife is how long dead letters are kept.
const deadLife = 30 * 24 * time.Hour

// outboxSchema is what webhooks need. A letter is alive until dead_at is set;
// of each execution with living letters to a hook, streams has a row.
func outboxSchema() []string {
	return []string{
		`CREATE TABLE outbox (
			no {key},
			account TEXT NOT NULL,
			hook TEXT NOT NULL,
			execution TEXT NOT NULL,
			seq {int} NOT NULL,
			kind TEXT NOT NULL,
			body TEXT NOT NULL,
			since {int} NOT NULL,
			dead_at {int},
			reason TEXT,
			UNIQUE (account, hook, execution, seq))`,
		`CREATE INDEX outbox_dead ON outbox (account, hook, no) WHERE dead_at IS NOT NULL`,
		`CREATE INDEX outbox_died ON outbox (dead_at) WHERE dead_at IS NOT NULL`,
		`CREATE INDEX outbox_alive ON outbox (account, hook, since) WHERE dead_at IS NULL`,
		`CREATE TABLE streams (
			account TEXT NOT NULL,
			hook TEXT NOT NULL,
			execution TEXT NOT NULL,
			due_at {int} NOT NULL,
			attempts {int} NOT NULL,
			PRIMARY KEY (account, hook, execution)) {clustered}`,
		`CREATE INDEX streams_due ON streams (account, hook, due_at)`,
	}
}

// subscriptions say who is told what. They belong to the writer.
type subscriptions struct {
	hooks  []webhook.Hook
	posted func(webhook.ID)
	// audiences are those of executions that go on, by executions.no.
	audiences map[int64]audience
	// fresh are the hooks that this commit brings something for.
	fresh map[webhook.ID]bool
}

// audience is who may be told of an execution.
type audience struct {
	x     flowengine.Execution
	hooks []*webhook.Hook
}

// tell writes a letter for each event of this commit that a hook wants: it is
// on the disk with the event, or neither is.
func (t *transaction) tell() error {
	s := &t.w.subscriptions
	if len(s.hooks) == 0 {
		return nil
	}
	s.fresh = make(map[webhook.ID]bool)
	now := time.Now()
	for _, c := range t.order {
		a, err := t.audience(c.execution)
		if err != nil {
			return err
		}
		if len(a.hooks) == 0 {
			continue
		}
		events, err := decode(nil, string(c.events)+"]")
		if err != nil {
			return err
		}
		for _, h := range a.hooks {
			if err := t.tellHook(h, a.x, events, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellHook writes the letters that events of one execution give for one hook.
func (t *transaction) tellHook(h *webhook.Hook, x flowengine.Execution, events []flowengine.Event, now time.Time) error {
	told := false
	for _, e := range events {
		if !h.Wants(x.FlowID, e.Kind) {
			continue
		}
		told = true
		l, err := webhook.Write(h.ID, x, e, now)
		if err != nil {
			return err
		}
		if err := t.exec(`INSERT INTO outbox (account, hook, execution, seq, kind, body, since) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (account, hook, execution, seq) DO NOTHING`,
			l.Hook.Account, l.Hook.Name, string(l.Execution), l.Seq, string(l.Kind), string(l.Body), l.Since.UnixMicro()); err != nil {
			return err
		}
	}
	if !told {
		return nil
	}
	t.w.subscriptions.fresh[h.ID] = true
	return t.exec(`INSERT INTO streams (account, hook, execution, due_at, attempts) VALUES (?, ?, ?, ?, 0)
		ON CONFLICT (account, hook, execution) DO NOTHING`, h.Account, h.Name, string(x.ID), now.UnixMicro())
}

// maxAudiences bounds the executions whose audience is remembered.
const maxAudiences = 20_000

// audience finds who may be told of an execution.
func (t *transaction) audience(no int64) (audience, error) {
	s := &t.w.subscriptions
	if a, known := s.audiences[no]; known {
		return a, nil
	}
	var a audience
	err := t.row(`SELECT id, interaction_id, account, flow_id, version_id FROM executions WHERE no = ?`, no).
		Scan(&a.x.ID, &a.x.InteractionID, &a.x.Account, &a.x.FlowID, &a.x.VersionID)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return a, fmt.Errorf("find who is told of an execution: %w", err)
	}
	for i := range s.hooks {
		if s.hooks[i].Account == a.x.Account {
			a.hooks = append(a.hooks, &s.hooks[i])
		}
	}
	if s.audiences == nil || len(s.audiences) >= maxAudiences {
		s.audiences = make(map[int64]audience)
	}
	s.audiences[no] = a
	return a, nil
}

// told passes on what a commit has brought; undone says that it came to
// nothing, and with it what was read on the way.
func (s *subscriptions) told(undone bool) {
	if undone {
		s.audiences = nil
	} else if s.posted != nil {
		for hook := range s.fresh {
			s.posted(hook)
		}
	}
	s.fresh = nil
}

// Streams implements webhook.Outbox.
func (s *Store) Streams(ctx context.Context, hook webhook.ID, limit int) (_ []webhook.Stream, err error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT execution, due_at, attempts FROM streams WHERE account = ? AND hook = ? ORDER BY due_at LIMIT ?`,
		hook.Account, hook.Name, limit)
	if err != nil {
		return nil, fmt.Errorf("read streams: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []webhook.Stream
	for rows.Next() {
		x, due := webhook.Stream{Hook: hook}, sql.NullInt64{}
		if err := rows.Scan(&x.Execution, &due, &x.Attempts); err != nil {
			return nil, fmt.Errorf("read streams: %w", err)
		}
		x.Due = fromMicros(due)
		out = append(out, x)
	}
	return out, rows.Err()
}

// Letters implements webhook.Outbox.
func (s *Store) Letters(ctx context.Context, x webhook.Stream, limit int) (_ []webhook.Letter, err error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT `+letterColumns+` FROM outbox WHERE account = ? AND hook = ? AND execution = ? AND dead_at IS NULL
		ORDER BY seq LIMIT ?`, x.Hook.Account, x.Hook.Name, string(x.Execution), limit)
	if err != nil {
		return nil, fmt.Errorf("read letters: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []webhook.Letter
	for rows.Next() {
		l, err := scanLetter(rows, x.Hook)
		if err != nil {
			return nil, fmt.Errorf("read letters: %w", err)
		}
		out = append(out, l.Letter)
	}
	return out, rows.Err()
}

// letterColumns are what scanLetter reads.
const letterColumns = `no, execution, seq, kind, body, since, dead_at, reason`

func scanLetter(row scanner, hook webhook.ID) (webhook.DeadLetter, error) {
	l := webhook.DeadLetter{Letter: webhook.Letter{Hook: hook}}
	var since, died sql.NullInt64
	var reason sql.NullString
	err := row.Scan(&l.No, &l.Execution, &l.Seq, &l.Kind, &l.Body, &since, &died, &reason)
	l.Since, l.Died, l.Reason = fromMicros(since), fromMicros(died), reason.String
	return l, err
}
