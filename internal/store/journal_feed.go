package store

import (
	"context"
	"errors"
	"sort"
	"time"

	"ringflow/flowengine/record"
)

// How far back the event feed goes, and how much of it is read at once.
const (
	feedLife = 24 * time.Hour
	feedPage = 500   // rows of journal that one Events or EventsOfAccounts returns
	feedSpan = 5_000 // values of journal.no that one News goes through
)

// CursorAfter returns the cursor after an event of the account, which is named as
// EXECUTION.SEQ, and after everything there is if it is named "". It returns
// record.ErrBadCursor for an event that is unknown or older than a day.
func (s *Store) CursorAfter(ctx context.Context, account, after string) (record.Cursor, error) {
	if after == "" {
		last, err := s.lastRow(ctx)
		return record.Cursor{Row: last}, err
	}
	id, seq, ok := parseEventID(after)
	if !ok {
		return record.Cursor{}, record.ErrBadCursor
	}
	row, err := one(ctx, s.reads, scanFeedRow, `SELECT j.no, '', '', '', j.events FROM executions e JOIN journal j ON j.execution = e.no
		WHERE e.id = ? AND e.account = ? AND j.seq <= ? ORDER BY j.seq DESC LIMIT 1`, id, account, seq)
	if err = orNone(err, record.ErrBadCursor, "read the journal"); err != nil {
		return record.Cursor{}, err
	}
	events, err := decode(nil, row.events)
	for _, e := range events {
		if e.Seq == seq && time.Since(e.At) < feedLife {
			return record.Cursor{Row: row.Row - 1, Seq: seq}, nil
		}
	}
	return record.Cursor{}, errors.Join(record.ErrBadCursor, err)
}

// lastRow returns the number of the journal's last row, 0 if there is none.
func (s *Store) lastRow(ctx context.Context) (int64, error) {
	last, err := one(ctx, s.reads, column[int64], `SELECT coalesce(max(no), 0) FROM journal`)
	return last, wrap("read the journal", err)
}

// OldestCursor returns the cursor before everything of the last day. Rows are in the order
// of writing, so the first of them is found by halving.
func (s *Store) OldestCursor(ctx context.Context) (record.Cursor, error) {
	r, err := one(ctx, s.reads, scanPosition, `SELECT coalesce(min(no), 0), coalesce(max(no), 0) + 1 FROM journal`)
	since := time.Now().Add(-feedLife)
	first := sort.Search(int(r.no-r.at), func(i int) bool { // whether row i, or the next that has not been forgotten, is of the day
		if err != nil {
			return true
		}
		events, failed := journal(ctx, s.reads, `SELECT events FROM journal WHERE no >= ? ORDER BY no LIMIT 1`, r.at+int64(i))
		err = failed
		return len(events) == 0 || !events[len(events)-1].At.Before(since)
	})
	return record.Cursor{Row: max(r.at+int64(first)-1, 0)}, wrap("read the journal", err)
}

// Events returns what was written after a cursor of the account's executions, or of
// one flow's if flowID is not empty, and the cursor after it, which differs as
// long as more may be there. WatchAll says when to ask again. Rows of other accounts
// are passed over inside the database.
func (s *Store) Events(ctx context.Context, account, flowID string, m record.Cursor) ([]record.FeedEvent, record.Cursor, error) {
	last, err := s.lastRow(ctx)
	upTo := min(last, m.Row+feedSpan)
	if err != nil || upTo <= m.Row {
		return nil, m, err
	}
	every := func(string) bool { return true }
	// It must not follow the indexes of executions: the account may have millions.
	found, next, rows, err := s.feed(ctx, m, every, `j.no > ? AND j.no <= ? AND e.account || '' = ? AND (? = '' OR e.flow_id || '' = ?)`,
		m.Row, upTo, account, flowID, flowID, feedPage)
	if err == nil && rows < feedPage {
		next = record.Cursor{Row: upTo}
	}
	return found, next, err
}

// EventsOfAccounts is News of every account that is wanted.
func (s *Store) EventsOfAccounts(ctx context.Context, m record.Cursor, wanted func(account string) bool) ([]record.FeedEvent, record.Cursor, error) {
	found, next, _, err := s.feed(ctx, m, wanted, `j.no > ?`, m.Row, feedPage)
	return found, next, err
}

// feedRow is a row of journal: its events are those of one execution.
type feedRow struct {
	record.FeedEvent
	events string
}

func scanFeedRow(r *feedRow) []any {
	return []any{&r.Row, &r.Account, &r.Execution, &r.FlowID, &r.events}
}

// feed reads on from a cursor, and returns how many rows the query gave.
func (s *Store) feed(ctx context.Context, m record.Cursor, wanted func(string) bool, where string, args ...any) (out []record.FeedEvent, next record.Cursor, n int, err error) {
	rows, err := all(ctx, s.reads, scanFeedRow, `SELECT j.no, e.account, e.id, e.flow_id, j.events FROM `+s.dialect.journalJoin()+`
		WHERE `+where+` ORDER BY j.no LIMIT ?`, args...)
	next = m
	for _, r := range rows {
		next = record.Cursor{Row: r.Row}
		if !wanted(r.Account) {
			continue
		}
		events, err := decode(nil, r.events)
		if err != nil {
			return nil, m, 0, wrap("read the journal", err)
		}
		for _, e := range events {
			if r.Row != m.Row+1 || e.Seq > m.Seq {
				r.Event = e
				out = append(out, r.FeedEvent)
			}
		}
	}
	if err != nil {
		return nil, m, 0, wrap("read the journal", err)
	}
	return out, next, len(rows), nil
}
