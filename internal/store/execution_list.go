package store

import (
	"context"
	"math"
	"strings"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// page is how many executions Each reads from one snapshot.
const page = 500

// unsuccessful is the condition of executions that ended and did not finish.
const unsuccessful = `status <> 'finished' AND ended_at IS NOT NULL`

// position is where an execution stands in lists and reports: by the time of its
// acceptance, and among those of one microsecond in the order of the record.
type position struct{ at, no int64 }

func scanPosition(p *position) []any { return []any{&p.at, &p.no} }

// List returns the account's executions without their journals, the newest
// first, at most limit of them, and the cursor of what follows, "" at the end.
// An empty cursor begins with the newest. It returns record.ErrBadCursor.
// The cursor is the id of the last execution shown: the number that orders them
// would tell an account how busy all others are.
func (s *Store) List(ctx context.Context, account string, f record.Filter, cursor string, limit int) ([]record.History, string, error) {
	where, args := conditions(account, f)
	if cursor != "" {
		last, err := one(ctx, s.reads, scanPosition, `SELECT accepted_at, no FROM executions WHERE id = ? AND account = ?`, cursor, account)
		if err = orNone(err, record.ErrBadCursor, "list executions"); err != nil {
			return nil, "", err
		}
		where, args = where+` AND (accepted_at, no) < (?, ?)`, append(args, last.at, last.no)
	}
	found, err := selectExecutions(ctx, s.reads, where+` ORDER BY accepted_at DESC, no DESC LIMIT ?`, append(args, limit+1)...)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(found) > limit {
		found = found[:limit]
		next = string(found[limit-1].ID)
	}
	out := make([]record.History, 0, len(found))
	for _, h := range found {
		out = append(out, h.History)
	}
	return out, next, nil
}

// Each calls yield with every execution of the account, journal included, both
// of the same commit, the oldest first, until yield returns an error, which it
// returns. It holds a page of them in memory and, while yield works, no lock.
func (s *Store) Each(ctx context.Context, account string, f record.Filter, yield func(record.History) error) error {
	for last := (position{at: math.MinInt64}); ; {
		found, err := s.pageAfter(ctx, account, f, last)
		if err != nil {
			return err
		}
		for _, h := range found {
			last = position{h.AcceptedAt.UnixMicro(), h.no}
			if err := yield(h.History); err != nil {
				return err
			}
		}
		if len(found) < page {
			return nil
		}
	}
}

// pageAfter reads the page of Each that follows a position.
func (s *Store) pageAfter(ctx context.Context, account string, f record.Filter, last position) (found []numbered, err error) {
	where, args := conditions(account, f)
	args = append(args, last.at, last.no, page)
	err = s.snapshot(ctx, func(q reader) (err error) {
		if found, err = selectExecutions(ctx, q, where+` AND (accepted_at, no) > (?, ?) ORDER BY accepted_at, no LIMIT ?`, args...); err != nil {
			return err
		}
		return addJournals(ctx, q, found)
	})
	return found, err
}

// conditions returns the WHERE of a filter.
func conditions(account string, f record.Filter) (string, []any) {
	where, args := []string{`account = ?`}, []any{account}
	add := func(condition string, arg any) { where, args = append(where, condition), append(args, arg) }
	few := "" // the condition of the index of the few that have such a status
	switch f.Status {
	case record.StatusAccepted, record.StatusRunning:
		few = `ended_at IS NULL`
	case record.StatusFailed, record.StatusCancelled, record.StatusInterrupted:
		few = unsuccessful
	}
	switch {
	case f.FlowID != "" && few != "": // the flow is no key, so that the few are found by the index of their own
		add(`flow_id || '' = ?`, flowfile.CanonicalFlowID(f.FlowID))
	case f.FlowID != "":
		add(`flow_id = ?`, flowfile.CanonicalFlowID(f.FlowID))
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

func selectExecutions(ctx context.Context, q reader, rest string, args ...any) ([]numbered, error) {
	found, err := all(ctx, q, scanExecution, `SELECT `+executionColumns+` FROM executions WHERE `+rest, args...)
	return found, wrap("list executions", err)
}
