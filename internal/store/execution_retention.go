package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"
)

// forgetBatch is how many executions are looked at in one commit, so that nobody
// who waits for the writer waits long.
const forgetBatch = 200

// Forget removes the account's executions that ended before the time, with their
// journals and their letters to webhooks, sent or not, and returns how many there
// were. It goes on until none is left or ctx ends; what others write in the
// meantime comes in between. The time must be flowengine.OnceLife ago or more:
// the keys of executions go by themselves, and must not outlive them.
func (s *Store) Forget(ctx context.Context, account string, before time.Time) (int, error) {
	o := &forget{account: account, before: before, from: place{at: math.MinInt64}}
	for !o.over {
		if err := s.writer.do(ctx, o); err != nil {
			return o.total, fmt.Errorf("forget executions of %s: %w", account, err)
		}
	}
	return o.total, nil
}

// forget removes what goes of the next batch in the order of acceptance, which
// the end of the batch is known by: what was accepted later has not ended before.
type forget struct {
	account string
	before  time.Time
	from    place // what stands before it is done

	next    place
	removed int // by this commit
	last    bool

	total int
	over  bool
}

func (o *forget) apply(t *transaction) error {
	o.removed, o.next = 0, o.from
	rows, err := t.query(`SELECT no, id, accepted_at, ended_at FROM executions
		WHERE account = ? AND accepted_at < ? AND (accepted_at, no) > (?, ?) ORDER BY accepted_at, no LIMIT ?`,
		o.account, o.before.UnixMicro(), o.from.at, o.from.no, forgetBatch)
	if err != nil {
		return err
	}
	seen, old := 0, make(map[int64]string)
	for rows.Next() {
		var id string
		var ended sql.NullInt64
		if err := rows.Scan(&o.next.no, &id, &o.next.at, &ended); err != nil {
			return errors.Join(err, rows.Close())
		}
		seen++
		if ended.Valid && ended.Int64 < o.before.UnixMicro() {
			old[o.next.no] = id
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	o.last, o.removed = seen < forgetBatch, len(old)
	hooks, err := t.hooksOf(o.account)
	if err != nil {
		return err
	}
	for no, id := range old {
		if err := t.forget(o.account, no, id, hooks); err != nil {
			return err
		}
	}
	return nil
}

// forget removes an execution and all that hangs on it.
func (t *transaction) forget(account string, no int64, id string, hooks []string) error {
	for _, hook := range hooks {
		for _, statement := range []string{
			`DELETE FROM outbox WHERE account = ? AND hook = ? AND execution = ?`,
			`DELETE FROM streams WHERE account = ? AND hook = ? AND execution = ?`,
		} {
			if err := t.exec(statement, account, hook, id); err != nil {
				return err
			}
		}
	}
	for _, statement := range []string{
		`DELETE FROM journal WHERE execution = ?`,
		`DELETE FROM executions WHERE no = ?`,
	} {
		if err := t.exec(statement, no); err != nil {
			return err
		}
	}
	return nil
}

// hooksOf names the webhooks that there are letters to, dead or alive: one step
// along the index for each.
func (t *transaction) hooksOf(account string) (hooks []string, err error) {
	for last := ""; ; {
		var next sql.NullString
		if err := t.row(`SELECT min(hook) FROM outbox WHERE account = ? AND hook > ?`, account, last).Scan(&next); err != nil || !next.Valid {
			return hooks, err
		}
		last = next.String
		hooks = append(hooks, last)
	}
}

func (o *forget) settle(_ *writer, err error) {
	if err == nil {
		o.from, o.over = o.next, o.last
		o.total += o.removed
	}
}

func (*forget) kept() bool { return false }
