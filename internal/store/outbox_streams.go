package store

import (
	"context"
	"fmt"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/webhook"
)

// notSubscribed is the reason of letters to hooks that are configured no more.
const notSubscribed = "the webhook is no longer configured"

// Subscribe implements webhook.Outbox.
func (s *Store) Subscribe(ctx context.Context, hooks []webhook.Hook, posted func(webhook.ID)) error {
	return s.writer.do(ctx, &subscribe{hooks: hooks, posted: posted})
}

type subscribe struct {
	hooks  []webhook.Hook
	posted func(webhook.ID)

	applied bool
	before  subscriptions // restored if the commit comes to nothing
}

// apply gives up what waits for other hooks. From here on the events of this
// very commit are told to the new hooks and no others.
func (o *subscribe) apply(t *transaction) error {
	if !o.applied {
		o.before, o.applied = t.w.subscriptions, true
	}
	t.w.subscriptions = subscriptions{hooks: o.hooks, posted: o.posted}
	configured := make(map[webhook.ID]bool)
	for _, h := range o.hooks {
		configured[h.ID] = true
	}
	rows, err := t.w.conn.QueryContext(context.Background(), `SELECT DISTINCT account, hook FROM streams`)
	if err != nil {
		return err
	}
	var gone []webhook.ID
	for rows.Next() {
		var id webhook.ID
		if err := rows.Scan(&id.Account, &id.Name); err != nil {
			_ = rows.Close()
			return err
		}
		if !configured[id] {
			gone = append(gone, id)
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	for _, id := range gone {
		if err := t.exec(`UPDATE outbox SET dead_at = ?, reason = ? WHERE account = ? AND hook = ? AND dead_at IS NULL`,
			time.Now().UnixMicro(), notSubscribed, id.Account, id.Name); err != nil {
			return err
		}
		if err := t.exec(`DELETE FROM streams WHERE account = ? AND hook = ?`, id.Account, id.Name); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (o *subscribe) settle(w *writer, err error) {
	if err != nil {
		w.subscriptions, o.applied = o.before, false
	}
}

// kept: who is told is decided already, and the record follows as soon as it can.
func (*subscribe) kept() bool { return true }

// Delivered implements webhook.Outbox.
func (s *Store) Delivered(l webhook.Letter) { s.writer.later(delivered(l.No)) }

type delivered int64

func (o delivered) apply(t *transaction) error {
	return t.exec(`DELETE FROM outbox WHERE no = ?`, int64(o))
}
func (delivered) settle(*writer, error) {}
func (delivered) kept() bool            { return true }

// Settle implements webhook.Outbox.
func (s *Store) Settle(ctx context.Context, x webhook.Stream) error {
	return s.writer.do(ctx, settled(x))
}

type settled webhook.Stream

func (o settled) apply(t *transaction) error {
	if err := t.exec(`UPDATE streams SET due_at = ?, attempts = ? WHERE account = ? AND hook = ? AND execution = ?`,
		o.Due.UnixMicro(), o.Attempts, o.Hook.Account, o.Hook.Name, string(o.Execution)); err != nil {
		return err
	}
	return t.exec(`DELETE FROM streams WHERE account = ? AND hook = ? AND execution = ? AND NOT EXISTS (
		SELECT 1 FROM outbox WHERE outbox.account = streams.account AND outbox.hook = streams.hook AND outbox.execution = streams.execution AND dead_at IS NULL)`,
		o.Hook.Account, o.Hook.Name, string(o.Execution))
}
func (settled) settle(*writer, error) {}
func (settled) kept() bool            { return false }

// Bury implements webhook.Outbox.
func (s *Store) Bury(ctx context.Context, hook webhook.ID, x flowengine.ExecutionID, before time.Time, reason string) (int, error) {
	o := &bury{hook: hook, execution: x, before: before, reason: reason}
	if err := s.writer.do(ctx, o); err != nil {
		return 0, fmt.Errorf("give up letters: %w", err)
	}
	return int(o.n), nil
}

type bury struct {
	hook      webhook.ID
	execution flowengine.ExecutionID
	before    time.Time
	reason    string
	n         int64
}

func (o *bury) apply(t *transaction) (err error) {
	statement := `UPDATE outbox SET dead_at = ?, reason = ? WHERE account = ? AND hook = ? AND dead_at IS NULL AND since <= ?`
	args := []any{time.Now().UnixMicro(), o.reason, o.hook.Account, o.hook.Name, o.before.UnixMicro()}
	if o.execution != "" {
		statement, args = statement+` AND execution = ?`, append(args, string(o.execution))
	}
	o.n, err = t.affect(statement, args...)
	return err
}
func (*bury) settle(*writer, error) {}
func (*bury) kept() bool            { return false }

// Hasten implements webhook.Outbox.
func (s *Store) Hasten(ctx context.Context, hook webhook.ID) error {
	return s.writer.do(ctx, hasten(hook))
}

type hasten webhook.ID

func (o hasten) apply(t *transaction) error {
	now := time.Now().UnixMicro()
	return t.exec(`UPDATE streams SET due_at = ? WHERE account = ? AND hook = ? AND due_at > ?`, now, o.Account, o.Name, now)
}
func (hasten) settle(*writer, error) {}
func (hasten) kept() bool            { return false }
