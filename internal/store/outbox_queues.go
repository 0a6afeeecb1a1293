package store

import (
	"context"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/webhook"
)

// notSubscribed is the reason of dead letters of hooks that are configured no more.
const notSubscribed = "the webhook is no longer configured"

// Subscribe implements webhook.Outbox.
func (s *Store) Subscribe(ctx context.Context, hooks []webhook.Hook, posted func(webhook.ID)) error {
	var before *subscriptions
	return s.writer.write(ctx, op{
		apply: func(t *transaction) error {
			if before == nil {
				old := t.w.subscriptions
				before = &old
			}
			t.w.subscriptions = subscriptions{hooks: hooks, posted: posted}
			return t.dropUnsubscribed()
		},
		failed: func() {
			if before != nil {
				s.writer.subscriptions, before = *before, nil
			}
		},
		retryable: true, // the hooks have changed already, and the record follows as soon as it can
	})
}

// dropUnsubscribed moves to the dead letters what is queued for hooks that are not
// configured.
func (t *transaction) dropUnsubscribed() error {
	queued, err := all(context.Background(), t, func(id *webhook.ID) []any { return []any{&id.Account, &id.Name} }, `SELECT DISTINCT account, hook FROM streams`)
	if err != nil {
		return err
	}
	for _, id := range queued {
		if t.w.subscriptions.has(id) {
			continue
		}
		if err := t.exec(`UPDATE outbox SET dead_at = ?, reason = ? WHERE account = ? AND hook = ? AND dead_at IS NULL`,
			time.Now().UnixMicro(), notSubscribed, id.Account, id.Name); err != nil {
			return err
		}
		if err := t.exec(`DELETE FROM streams WHERE account = ? AND hook = ?`, id.Account, id.Name); err != nil {
			return err
		}
	}
	return nil
}

// Queues implements webhook.Outbox.
func (s *Store) Queues(ctx context.Context, hook webhook.ID, limit int) ([]webhook.Queue, error) {
	found, err := all(ctx, s.reads, func(x *webhook.Queue) []any {
		x.Hook = hook
		return []any{&x.Execution, (*micros)(&x.Due), &x.Attempts}
	}, `SELECT execution, due_at, attempts FROM streams WHERE account = ? AND hook = ? ORDER BY due_at LIMIT ?`, hook.Account, hook.Name, limit)
	return found, wrap("read queues", err)
}

// Deliveries implements webhook.Outbox.
func (s *Store) Deliveries(ctx context.Context, x webhook.Queue, limit int) ([]webhook.Delivery, error) {
	found, err := all(ctx, s.reads, func(d *webhook.Delivery) []any { return scanDelivery(d, x.Hook) }, `SELECT `+deliveryColumns+` FROM outbox
		WHERE account = ? AND hook = ? AND execution = ? AND dead_at IS NULL ORDER BY seq LIMIT ?`, x.Hook.Account, x.Hook.Name, string(x.Execution), limit)
	return found, wrap("read deliveries", err)
}

// deliveryColumns are what scanDelivery reads.
const deliveryColumns = `no, execution, seq, kind, body, since`

func scanDelivery(l *webhook.Delivery, hook webhook.ID) []any {
	l.Hook = hook
	return []any{&l.No, &l.Execution, &l.Seq, &l.Kind, &l.Body, (*micros)(&l.Since)}
}

// Delivered implements webhook.Outbox.
func (s *Store) Delivered(l webhook.Delivery) {
	s.writer.writeLater(op{retryable: true, apply: func(t *transaction) error { return t.exec(`DELETE FROM outbox WHERE no = ?`, l.No) }})
}

// UpdateQueue implements webhook.Outbox.
func (s *Store) UpdateQueue(ctx context.Context, x webhook.Queue) error {
	return s.writer.write(ctx, op{apply: func(t *transaction) error {
		if err := t.exec(`UPDATE streams SET due_at = ?, attempts = ? WHERE account = ? AND hook = ? AND execution = ?`,
			x.Due.UnixMicro(), x.Attempts, x.Hook.Account, x.Hook.Name, string(x.Execution)); err != nil {
			return err
		}
		return t.exec(`DELETE FROM streams WHERE account = ? AND hook = ? AND execution = ? AND NOT EXISTS (
			SELECT 1 FROM outbox WHERE outbox.account = streams.account AND outbox.hook = streams.hook AND outbox.execution = streams.execution AND dead_at IS NULL)`,
			x.Hook.Account, x.Hook.Name, string(x.Execution))
	}})
}

// MoveToDeadLetters implements webhook.Outbox.
func (s *Store) MoveToDeadLetters(ctx context.Context, hook webhook.ID, x record.ExecutionID, before time.Time, reason string) (int, error) {
	statement := `UPDATE outbox SET dead_at = ?, reason = ? WHERE account = ? AND hook = ? AND dead_at IS NULL AND since <= ?`
	args := []any{time.Now().UnixMicro(), reason, hook.Account, hook.Name, before.UnixMicro()}
	if x != "" {
		statement, args = statement+` AND execution = ?`, append(args, string(x))
	}
	var n int64
	err := s.writer.write(ctx, op{apply: func(t *transaction) (err error) { n, err = t.affect(statement, args...); return err }})
	return int(n), wrap("move to dead letters", err)
}

// RetryNow implements webhook.Outbox.
func (s *Store) RetryNow(ctx context.Context, hook webhook.ID) error {
	return s.writer.write(ctx, op{apply: func(t *transaction) error {
		now := time.Now().UnixMicro()
		return t.exec(`UPDATE streams SET due_at = ? WHERE account = ? AND hook = ? AND due_at > ?`, now, hook.Account, hook.Name, now)
	}})
}

// Backlogs counts what each hook has not taken. Hooks that have taken all are
// not among them.
func (s *Store) Backlogs(ctx context.Context) (map[webhook.ID]webhook.Backlog, error) {
	type row struct {
		id webhook.ID
		webhook.Backlog
	}
	scan := func(x *row) []any { return []any{&x.id.Account, &x.id.Name, &x.Waiting, &x.Dead, (*micros)(&x.Oldest)} }
	// Each half is counted along its own index.
	found, err := all(ctx, s.reads, scan, `SELECT account, hook, max(waiting), max(dead), min(oldest) FROM (
		SELECT account, hook, count(*) AS waiting, 0 AS dead, min(since) AS oldest FROM outbox WHERE dead_at IS NULL GROUP BY account, hook
		UNION ALL SELECT account, hook, 0, count(*), NULL FROM outbox WHERE dead_at IS NOT NULL GROUP BY account, hook) AS halves GROUP BY account, hook`)
	out := make(map[webhook.ID]webhook.Backlog)
	for _, x := range found {
		out[x.id] = x.Backlog
	}
	return out, wrap("count what webhooks have not taken", err)
}
