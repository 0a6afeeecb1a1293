package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/webhook"
)

// Dead implements webhook.Outbox. The cursor is the id of the last letter shown.
func (s *Store) Dead(ctx context.Context, hook webhook.ID, cursor string, limit int) (_ []webhook.DeadLetter, next string, err error) {
	where, args := `account = ? AND hook = ? AND dead_at IS NOT NULL`, []any{hook.Account, hook.Name}
	if cursor != "" {
		x, seq, ok := parseLetterID(cursor)
		var before int64
		err := s.reads.QueryRowContext(ctx, `SELECT no FROM outbox WHERE account = ? AND hook = ? AND execution = ? AND seq = ?`,
			hook.Account, hook.Name, x, seq).Scan(&before)
		if !ok || errors.Is(err, sql.ErrNoRows) {
			return nil, "", flowengine.ErrBadCursor
		} else if err != nil {
			return nil, "", fmt.Errorf("list dead letters: %w", err)
		}
		where, args = where+` AND no < ?`, append(args, before)
	}
	rows, err := s.reads.QueryContext(ctx, `SELECT `+letterColumns+` FROM outbox WHERE `+where+` ORDER BY no DESC LIMIT ?`, append(args, limit+1)...)
	if err != nil {
		return nil, "", fmt.Errorf("list dead letters: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []webhook.DeadLetter
	for rows.Next() {
		l, err := scanLetter(rows, hook)
		if err != nil {
			return nil, "", fmt.Errorf("list dead letters: %w", err)
		}
		out = append(out, l)
	}
	if len(out) > limit {
		out = out[:limit]
		next = out[limit-1].ID()
	}
	return out, next, rows.Err()
}

// parseLetterID reads what webhook.LetterID writes.
func parseLetterID(id string) (x string, seq int, ok bool) {
	x, number, ok := strings.Cut(id, ".")
	seq, err := strconv.Atoi(number)
	return x, seq, ok && err == nil
}

// Redeliver implements webhook.Outbox.
func (s *Store) Redeliver(ctx context.Context, hook webhook.ID, id string) (int, error) {
	o := &redeliver{hook: hook, id: id}
	if err := s.writer.do(ctx, o); err != nil {
		return 0, fmt.Errorf("redeliver: %w", err)
	}
	return o.n, nil
}

type redeliver struct {
	hook webhook.ID
	id   string
	n    int
}

func (o *redeliver) apply(t *transaction) error {
	if !t.w.subscriptions.has(o.hook) {
		return webhook.ErrNoHook
	}
	where, args := `account = ? AND hook = ? AND dead_at IS NOT NULL`, []any{o.hook.Account, o.hook.Name}
	if o.id != "" {
		x, seq, ok := parseLetterID(o.id)
		if !ok {
			return webhook.ErrNoLetter
		}
		where, args = where+` AND execution = ? AND seq = ?`, append(args, x, seq)
	}
	now := time.Now()
	if err := t.exec(`INSERT INTO streams (account, hook, execution, due_at, attempts)
		SELECT DISTINCT account, hook, execution, ?, 0 FROM outbox WHERE `+where+`
		ON CONFLICT (account, hook, execution) DO NOTHING`, append([]any{now.UnixMicro()}, args...)...); err != nil {
		return err
	}
	n, err := t.affect(`UPDATE outbox SET dead_at = NULL, reason = NULL, since = ? WHERE `+where, append([]any{now.UnixMicro()}, args...)...)
	if err != nil {
		return err
	}
	if n == 0 && o.id != "" {
		return webhook.ErrNoLetter
	}
	o.n = int(n)
	return nil
}

func (o *redeliver) settle(w *writer, err error) {
	if err == nil {
		w.subscriptions.posted(o.hook)
	}
}

func (*redeliver) kept() bool { return false }

func (s *subscriptions) has(hook webhook.ID) bool {
	for i := range s.hooks {
		if s.hooks[i].ID == hook {
			return true
		}
	}
	return false
}
