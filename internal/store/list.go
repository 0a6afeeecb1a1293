package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"ringflow/flowengine"
)

// page is how many executions Each reads from one snapshot.
const page = 500

// List returns the account's executions without their journals, the newest
// first, at most limit of them, and the cursor of what follows, "" at the end.
// An empty cursor begins with the newest. It returns flowengine.ErrBadCursor.
// The cursor is the id of the last execution shown: the number that orders them
// would tell an account how busy all others are.
func (s *Store) List(ctx context.Context, account string, f flowengine.Filter, cursor string, limit int) ([]flowengine.History, string, error) {
	where, args := conditions(account, f)
	if cursor != "" {
		var before int64
		err := s.reads.QueryRowContext(ctx, `SELECT no FROM executions WHERE id = ? AND account = ?`, cursor, account).Scan(&before)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, "", flowengine.ErrBadCursor
		} else if err != nil {
			return nil, "", fmt.Errorf("list executions: %w", err)
		}
		where, args = where+` AND no < ?`, append(args, before)
	}
	found, err := query(ctx, s.reads, where+` ORDER BY no DESC LIMIT ?`, append(args, limit+1)...)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(found) > limit {
		found = found[:limit]
		next = string(found[limit-1].ID)
	}
	out := make([]flowengine.History, 0, len(found))
	for _, h := range found {
		out = append(out, h.History)
	}
	return out, next, nil
}

// Each calls yield with every execution of the account, journal included, both
// of the same commit, the oldest first, until yield returns an error, which it
// returns. It holds a page of them in memory and, while yield works, no lock.
func (s *Store) Each(ctx context.Context, account string, f flowengine.Filter, yield func(flowengine.History) error) error {
	where, args := conditions(account, f)
	where += ` AND no > ? ORDER BY no LIMIT ?`
	for last := int64(0); ; {
		var found []numbered
		err := s.snapshot(ctx, func(q querier) (err error) {
			if found, err = query(ctx, q, where, append(args[:len(args):len(args)], last, page)...); err != nil {
				return err
			}
			for i := range found {
				if err := fill(ctx, q, &found[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, h := range found {
			last = h.no
			if err := yield(h.History); err != nil {
				return err
			}
		}
		if len(found) < page {
			return nil
		}
	}
}

// conditions returns the WHERE of a filter.
func conditions(account string, f flowengine.Filter) (string, []any) {
	where, args := []string{`account = ?`}, []any{account}
	add := func(condition string, arg any) { where, args = append(where, condition), append(args, arg) }
	if f.FlowID != "" {
		add(`flow_id = ?`, flowengine.CanonicalFlowID(f.FlowID))
	}
	if f.Status != "" {
		add(`status = ?`, string(f.Status))
	}
	if !f.From.IsZero() {
		add(`accepted_at >= ?`, f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		add(`accepted_at < ?`, f.To.UnixMicro())
	}
	return strings.Join(where, ` AND `), args
}

func query(ctx context.Context, q querier, rest string, args ...any) (_ []numbered, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+executionColumns+` FROM executions WHERE `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list executions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []numbered
	for rows.Next() {
		h, err := scanExecution(rows)
		if err != nil {
			return nil, fmt.Errorf("list executions: %w", err)
		}
		out = append(out, h)
	}
	return out, rows.Err()
}
