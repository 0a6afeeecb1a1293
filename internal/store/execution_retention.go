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
	for b := (forgetting{account: account, before: before, next: position{at: math.MinInt64}}); !b.last; {
		var tried forgetting // apply may be called more than once
		err := s.writer.write(ctx, op{apply: func(t *transaction) error { tried = b; return tried.apply(t) }})
		if err != nil {
			return total, fmt.Errorf("forget executions of %s: %w", account, err)
		}
		b = tried
		total += b.removed
	}
	return total, nil
}

// forgetting goes through executions in the order of acceptance, a batch a commit.
// What was accepted later than its time has not ended before it.
type forgetting struct {
	account string
	before  time.Time
	next    position // the last of the batch
	removed int      // of the batch
	last    bool     // no batch follows
}

func (b *forgetting) apply(t *transaction) error {
	type row struct {
		position
		id    string
		ended time.Time
	}
	scan := func(r scanner) (x row, err error) {
		err = r.Scan(&x.no, &x.id, &x.at, (*micros)(&x.ended))
		return x, err
	}
	found, err := all(context.Background(), t, scan, `SELECT no, id, accepted_at, ended_at FROM executions
		WHERE account = ? AND accepted_at < ? AND (accepted_at, no) > (?, ?) ORDER BY accepted_at, no LIMIT ?`,
		b.account, b.before.UnixMicro(), b.next.at, b.next.no, forgetBatch)
	if err != nil {
		return err
	}
	hooks, err := t.hooksOf(b.account)
	if err != nil {
		return err
	}
	b.removed, b.last = 0, len(found) < forgetBatch
	for _, x := range found {
		b.next = x.position
		if !x.ended.IsZero() && x.ended.Before(b.before) {
			b.removed++
			if err := t.forget(b.account, x.no, x.id, hooks); err != nil {
				return err
			}
		}
	}
	return nil
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
