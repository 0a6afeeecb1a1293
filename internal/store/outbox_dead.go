package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/webhook"
)

// DeadLetters implements webhook.Outbox. The cursor is the id of the last one shown.
func (s *Store) DeadLetters(ctx context.Context, hook webhook.ID, cursor string, limit int) (_ []webhook.DeadLetter, next string, err error) {
	where, args := `account = ? AND hook = ? AND dead_at IS NOT NULL`, []any{hook.Account, hook.Name}
	if cursor != "" {
		x, seq, ok := parseEventID(cursor)
		if !ok {
			return nil, "", record.ErrBadCursor
		}
		before, err := one(ctx, s.reads, column[int64], `SELECT no FROM outbox WHERE account = ? AND hook = ? AND execution = ? AND seq = ?`,
			hook.Account, hook.Name, x, seq)
		if err = orNone(err, record.ErrBadCursor, "list dead letters"); err != nil {
			return nil, "", err
		}
		where, args = where+` AND no < ?`, append(args, before)
	}
	out, err := all(ctx, s.reads, func(l *webhook.DeadLetter) []any {
		return append(scanDelivery(&l.Delivery, hook), (*micros)(&l.At), &l.Reason)
	}, `SELECT `+deliveryColumns+`, dead_at, coalesce(reason, '') FROM outbox WHERE `+where+` ORDER BY no DESC LIMIT ?`, append(args, limit+1)...)
	if err != nil {
		return nil, "", fmt.Errorf("list dead letters: %w", err)
	}
	if len(out) > limit {
		out = out[:limit]
		next = out[limit-1].ID()
	}
	return out, next, nil
}

// parseEventID reads what webhook.DeliveryID writes.
func parseEventID(id string) (x string, seq int, ok bool) {
	x, number, ok := strings.Cut(id, ".")
	seq, err := strconv.Atoi(number)
	return x, seq, ok && err == nil
}

// Redeliver implements webhook.Outbox.
func (s *Store) Redeliver(ctx context.Context, hook webhook.ID, id string) (n int, _ error) {
	err := s.writer.write(ctx, op{
		apply:     func(t *transaction) (err error) { n, err = t.redeliver(hook, id); return err },
		committed: func() { s.writer.subscriptions.posted(hook) },
	})
	return n, wrap("redeliver", err)
}

func (t *transaction) redeliver(hook webhook.ID, id string) (int, error) {
	if !t.w.subscriptions.has(hook) {
		return 0, webhook.ErrNoHook
	}
	now := time.Now().UnixMicro()
	where, args := `account = ? AND hook = ? AND dead_at IS NOT NULL`, []any{now, hook.Account, hook.Name}
	if id != "" {
		x, seq, ok := parseEventID(id)
		if !ok {
			return 0, webhook.ErrNoDeadLetter
		}
		where, args = where+` AND execution = ? AND seq = ?`, append(args, x, seq)
	}
	if err := t.exec(`INSERT INTO streams (account, hook, execution, due_at, attempts)
		SELECT DISTINCT account, hook, execution, CAST(? AS bigint), 0 FROM outbox WHERE `+where+`
		ON CONFLICT (account, hook, execution) DO NOTHING`, args...); err != nil {
		return 0, err
	}
	n, err := t.affect(`UPDATE outbox SET dead_at = NULL, reason = NULL, since = ? WHERE `+where, args...)
	if err == nil && n == 0 && id != "" {
		err = webhook.ErrNoDeadLetter
	}
	return int(n), err
}
