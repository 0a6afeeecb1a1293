package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"
)

// forgetBatch is how many executions are looked at in one commit, so that other
// ops do not wait long for the writer.
const forgetBatch = 200

// Forget removes the account's executions that ended before the time, with their
// journals and their deliveries to webhooks, sent or not, and returns how many there
// were. It goes on until none is left or ctx ends; what others write in the
// meantime comes in between. The time must be record.IdempotencyKeyLifetime ago or more:
// idempotency keys expire by themselves, and must not outlive their executions.
func (s *Store) Forget(ctx context.Context, account string, before time.Time) (total int, err error) {
	for last := (position{at: math.MinInt64}); ; {
		var found []forgettable
		removed := 0
		err := s.writer.write(ctx, op{apply: func(t *transaction) (err error) {
			found, removed, err = t.forgetAfter(last, account, before)
			return err
		}})
		if err != nil {
			return total, fmt.Errorf("forget executions of %s: %w", account, err)
		}
		if total += removed; len(found) < forgetBatch {
			return total, nil
		}
		last = found[forgetBatch-1].position
	}
}

// forgettable is an execution that may be forgotten, if it ended long enough ago.
type forgettable struct {
	position
	id    string
	ended time.Time
}

// forgetAfter looks at the batch after a position, in the order of acceptance: what was
// accepted later than the time has not ended before it.
func (t *transaction) forgetAfter(last position, account string, before time.Time) (found []forgettable, removed int, err error) {
	found, err = all(context.Background(), t, func(x *forgettable) []any { return []any{&x.no, &x.id, &x.at, (*micros)(&x.ended)} }, `SELECT no, id, accepted_at, ended_at FROM executions
		WHERE account = ? AND accepted_at < ? AND (accepted_at, no) > (?, ?) ORDER BY accepted_at, no LIMIT ?`,
		account, before.UnixMicro(), last.at, last.no, forgetBatch)
	if err != nil {
		return nil, 0, err
	}
	hooks, err := t.hooksOf(account)
	for _, x := range found {
		if err == nil && !x.ended.IsZero() && x.ended.Before(before) {
			removed++
			err = t.forget(account, x.no, x.id, hooks)
		}
	}
	return found, removed, err
}

// forget removes an execution and all that hangs on it.
func (t *transaction) forget(account string, no int64, id string, hooks []string) error {
	for _, hook := range hooks {
		if err := t.execEach([]any{account, hook, id},
			`DELETE FROM outbox WHERE account = ? AND hook = ? AND execution = ?`,
			`DELETE FROM streams WHERE account = ? AND hook = ? AND execution = ?`); err != nil {
			return err
		}
	}
	return t.execEach([]any{no}, `DELETE FROM journal WHERE execution = ?`, `DELETE FROM executions WHERE no = ?`)
}

// hooksOf names the webhooks that have deliveries, dead or alive: one step
// along the index for each.
func (t *transaction) hooksOf(account string) (hooks []string, err error) {
	for last := ""; ; {
		next, err := row(t, column[sql.NullString], `SELECT min(hook) FROM outbox WHERE account = ? AND hook > ?`, account, last)
		if err != nil || !next.Valid {
			return hooks, err
		}
		last = next.String
		hooks = append(hooks, last)
	}
}
