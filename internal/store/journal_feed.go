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
)

// How far those who follow many executions can go back, and how they read.
const (
	newsLife = 24 * time.Hour
	newsPage = 500   // rows of journal that one News or AllNews returns
	newsSpan = 5_000 // rows that one News goes through
)

// feedSchema was what following many executions needed before the journal itself
// was in the order of writing.
func feedSchema() []string {
	return []string{
		`CREATE TABLE feed (
			no {key},
			at {int} NOT NULL,
			parts TEXT NOT NULL)`,
		`CREATE INDEX feed_at ON feed (at)`,
	}
}

// Mark returns the place after an event of the account, which is named as
// EXECUTION.SEQ, and after everything there is if it is named "". It returns
// flowengine.ErrBadCursor for an event that is unknown or older than a day.
func (s *Store) Mark(ctx context.Context, account, after string) (flowengine.Mark, error) {
	if after == "" {
		var last sql.NullInt64
		err := s.reads.QueryRowContext(ctx, `SELECT MAX(no) FROM journal`).Scan(&last)
		return flowengine.Mark{Row: last.Int64}, wrap("read the journal", err)
	}
	dot := strings.LastIndexByte(after, '.')
	seq, err := strconv.Atoi(after[dot+1:])
	if dot < 0 || err != nil {
		return flowengine.Mark{}, flowengine.ErrBadCursor
	}
	var no int64
	var text string
	err = s.reads.QueryRowContext(ctx, `SELECT j.no, j.events FROM executions e JOIN journal j ON j.execution = e.no
		WHERE e.id = ? AND e.account = ? AND j.seq <= ? ORDER BY j.seq DESC LIMIT 1`, after[:dot], account, seq).Scan(&no, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return flowengine.Mark{}, flowengine.ErrBadCursor
	} else if err != nil {
		return flowengine.Mark{}, wrap("read the journal", err)
	}
	events, err := decode(nil, text)
	for _, e := range events {
		if e.Seq == seq && time.Since(e.At) < newsLife {
			return flowengine.Mark{Row: no - 1, Seq: seq}, nil
		}
	}
	return flowengine.Mark{}, errors.Join(flowengine.ErrBadCursor, err)
}

// Oldest returns the place before everything of the last day. Rows are in the order
// of writing, so the first of them is found by halving.
func (s *Store) Oldest(ctx context.Context) (flowengine.Mark, error) {
	var first, last sql.NullInt64
	if err := s.reads.QueryRowContext(ctx, `SELECT MIN(no), MAX(no) FROM journal`).Scan(&first, &last); err != nil {
		return flowengine.Mark{}, wrap("read the journal", err)
	}
	since := time.Now().Add(-newsLife)
	from, to := first.Int64, last.Int64+1 // the first row of the day is in [from, to]
	for from < to {
		middle := from + (to-from)/2
		no, at, err := s.rowFrom(ctx, middle)
		switch {
		case errors.Is(err, sql.ErrNoRows): // it has been forgotten meanwhile
			to = middle
		case err != nil:
			return flowengine.Mark{}, wrap("read the journal", err)
		case at.Before(since):
			from = no + 1
		default:
			to = middle
		}
	}
	return flowengine.Mark{Row: max(from-1, 0)}, nil
}

// rowFrom returns the first row of the journal from a number on, and the time of
// its last event.
func (s *Store) rowFrom(ctx context.Context, from int64) (no int64, at time.Time, err error) {
	var text string
	if err := s.reads.QueryRowContext(ctx, `SELECT no, events FROM journal WHERE no >= ? ORDER BY no LIMIT 1`, from).Scan(&no, &text); err != nil {
		return 0, at, err
	}
	events, err := decode(nil, text)
	if err != nil || len(events) == 0 {
		return no, at, err
	}
	return no, events[len(events)-1].At, nil
}

// News returns what was written after a mark of the account's executions, or of
// one flow's if flowID is not empty, and the mark after it, which differs as
// long as more may be there. WatchAll tells when to ask again. What others wrote
// in between is passed over inside the database.
func (s *Store) News(ctx context.Context, account, flowID string, m flowengine.Mark) ([]flowengine.News, flowengine.Mark, error) {
	var last sql.NullInt64
	if err := s.reads.QueryRowContext(ctx, `SELECT MAX(no) FROM journal`).Scan(&last); err != nil {
		return nil, m, wrap("read the journal", err)
	}
	upTo := min(last.Int64, m.Row+newsSpan)
	if upTo <= m.Row {
		return nil, m, nil
	}
	all := func(string) bool { return true }
	found, next, rows, err := s.news(ctx, m, all, selectNews, m.Row, upTo, account, flowID, flowID, newsPage)
	if err == nil && rows < newsPage {
		next = flowengine.Mark{Row: upTo}
	}
	return found, next, err
}

// selectNews must not follow the indexes of executions: the account may have
// millions of them.
const selectNews = `SELECT j.no, e.account, e.id, e.flow_id, j.events FROM journal j JOIN executions e ON e.no = j.execution
	WHERE j.no > ? AND j.no <= ? AND e.account || '' = ? AND (? = '' OR e.flow_id || '' = ?) ORDER BY j.no LIMIT ?`

// AllNews is News for whoever tells many: it returns the events of every account
// that is wanted.
func (s *Store) AllNews(ctx context.Context, m flowengine.Mark, wanted func(account string) bool) ([]flowengine.News, flowengine.Mark, error) {
	found, next, _, err := s.news(ctx, m, wanted, `SELECT j.no, e.account, e.id, e.flow_id, j.events
		FROM journal j JOIN executions e ON e.no = j.execution WHERE j.no > ? ORDER BY j.no LIMIT ?`, m.Row, newsPage)
	return found, next, err
}

// news reads on from a mark, and returns how many rows the query gave.
func (s *Store) news(ctx context.Context, m flowengine.Mark, wanted func(string) bool, query string, args ...any) (out []flowengine.News, next flowengine.Mark, n int, err error) {
	rows, err := s.reads.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, m, 0, wrap("read the journal", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	next = m
	for rows.Next() {
		var one flowengine.News
		var text string
		if err := rows.Scan(&one.Row, &one.Account, &one.Execution, &one.FlowID, &text); err != nil {
			return nil, m, 0, wrap("read the journal", err)
		}
		next = flowengine.Mark{Row: one.Row}
		if n++; !wanted(one.Account) {
			continue
		}
		events, err := decode(nil, text)
		if err != nil {
			return nil, m, 0, wrap("read the journal", err)
		}
		for _, e := range events {
			if one.Row != m.Row+1 || e.Seq > m.Seq {
				one.Event = e
				out = append(out, one)
			}
		}
	}
	if err := rows.Err(); err != nil {
		return nil, m, 0, wrap("read the journal", err)
	}
	return out, next, n, nil
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
