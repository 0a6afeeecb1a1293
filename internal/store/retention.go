package store

import (
	"context"
	"fmt"
	"time"
)

// forgetBatch is how many executions are removed in one commit, so that nobody
// who waits for the writer waits long.
const forgetBatch = 200

// Forget removes the account's executions that ended before the time, with
// their journals, and returns how many there were. It goes on until none is
// left or ctx ends; what others write in the meantime comes in between.
func (s *Store) Forget(ctx context.Context, account string, before time.Time) (int, error) {
	for total := 0; ; {
		o := &forget{account: account, before: before}
		if err := s.writer.do(ctx, o); err != nil {
			return total, fmt.Errorf("forget executions of %s: %w", account, err)
		}
		total += o.removed
		if o.removed < forgetBatch {
			return total, nil
		}
	}
}

type forget struct {
	account string
	before  time.Time
	removed int
}

func (o *forget) apply(t *transaction) error {
	s, err := t.w.statement(`SELECT no FROM executions WHERE account = ? AND ended_at < ? ORDER BY ended_at LIMIT ?`)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(context.Background(), o.account, o.before.UnixMicro(), forgetBatch)
	if err != nil {
		return err
	}
	var old []int64
	for rows.Next() {
		var no int64
		if err := rows.Scan(&no); err != nil {
			_ = rows.Close()
			return err
		}
		old = append(old, no)
	}
	if err := rows.Close(); err != nil {
		return err
	}
	for _, no := range old {
		for _, statement := range []string{`DELETE FROM journal WHERE execution = ?`, `DELETE FROM executions WHERE no = ?`} {
			if err := t.exec(statement, no); err != nil {
				return err
			}
		}
	}
	o.removed = len(old)
	return rows.Err()
}

func (o *forget) settle(_ *writer, err error) {
	if err != nil {
		o.removed = 0
	}
}

func (*forget) kept() bool { return false }
