package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"

	"ringflow/flowengine"
)

// page is how many executions Each reads from one snapshot.
const page = 500

// astray is what holds for executions that did not finish.
const astray = `status <> 'finished' AND ended_at IS NOT NULL`

// place is where an execution stands in lists and reports: by the time of its
// acceptance, and among those of one microsecond in the order of the record.
type place struct{ at, no int64 }

// List returns the account's executions without their journals, the newest
// first, at most limit of them, and the cursor of what follows, "" at the end.
// An empty cursor begins with the newest. It returns flowengine.ErrBadCursor.
// The cursor is the id of the last execution shown: the number that orders them
// would tell an account how busy all others are.
func (s *Store) List(ctx context.Context, account string, f flowengine.Filter, cursor string, limit int) ([]flowengine.History, string, error) {
	where, args := conditions(account, f)
	if cursor != "" {
		var last place
		err := s.reads.QueryRowContext(ctx, `SELECT accepted_at, no FROM executions WHERE id = ? AND account = ?`, cursor, account).Scan(&last.at, &last.no)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, "", flowengine.ErrBadCursor
		} else if err != nil {
			return nil, "", fmt.Errorf("list executions: %w", err)
		}
		where, args = where+` AND (accepted_at, no) < (?, ?)`, append(args, last.at, last.no)
	}
	found, err := query(ctx, s.reads, where+` ORDER BY accepted_at DESC, no DESC LIMIT ?`, append(args, limit+1)...)
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
	for last := (place{at: math.MinInt64}); ; {
		found, err := s.pageAfter(ctx, account, f, last)
		if err != nil {
			return err
		}
		for _, h := range found {
			last = place{h.AcceptedAt.UnixMicro(), h.no}
			if err := yield(h.History); err != nil {
				return err
			}
		}
		if len(found) < page {
			return nil
		}
	}
}

// pageAfter reads the page of Each that follows a place.
func (s *Store) pageAfter(ctx context.Context, account string, f flowengine.Filter, last place) (found []numbered, err error) {
	where, args := conditions(account, f)
	args = append(args, last.at, last.no, page)
	err = s.snapshot(ctx, func(q querier) (err error) {
		if found, err = query(ctx, q, where+` AND (accepted_at, no) > (?, ?) ORDER BY accepted_at, no LIMIT ?`, args...); err != nil {
			return err
		}
		return fillAll(ctx, q, found)
	})
	return found, err
}

// conditions returns the WHERE of a filter.
func conditions(account string, f flowengine.Filter) (string, []any) {
	where, args := []string{`account = ?`}, []any{account}
	add := func(condition string, arg any) { where, args = append(where, condition), append(args, arg) }
	few := "" // the condition of the index of the few that have such a status
	switch f.Status {
	case flowengine.StatusAccepted, flowengine.StatusRunning:
		few = `ended_at IS NULL`
	case flowengine.StatusFailed, flowengine.StatusCancelled, flowengine.StatusInterrupted:
		few = astray
	}
	switch {
	case f.FlowID != "" && few != "": // the flow is no key, so that the few are found by the index of their own
		add(`flow_id || '' = ?`, flowengine.CanonicalFlowID(f.FlowID))
	case f.FlowID != "":
		add(`flow_id = ?`, flowengine.CanonicalFlowID(f.FlowID))
	}
	if f.Status != "" {
		add(`status = ?`, string(f.Status))
	}
	if few != "" {
		where = append(where, few)
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
