package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ringflow/flowengine"
)

// How the feed is kept and read.
const (
	feedLife = 24 * time.Hour // how far back somebody who was cut off can go on
	feedPage = 200            // commits that one News reads
)

// feedSchema is what following many executions needs. A row is a commit that
// brought events; parts are the rows of journal that it wrote, as a JSON array
// of [executions.no, journal.seq], in the order of writing.
func feedSchema() []string {
	return []string{
		`CREATE TABLE feed (
			no {key},
			at {int} NOT NULL,
			parts TEXT NOT NULL)`,
		`CREATE INDEX feed_at ON feed (at)`,
	}
}

// part is a row of journal in the feed.
type part [2]int64

func (p part) execution() int64 { return p[0] }
func (p part) seq() int64       { return p[1] }

// writeFeed writes which rows of journal this commit brings.
func (t *transaction) writeFeed(now time.Time) error {
	if len(t.order) == 0 {
		return nil
	}
	parts := []byte{'['}
	for i, c := range t.order {
		if i > 0 {
			parts = append(parts, ',')
		}
		parts = append(strconv.AppendInt(append(parts, '['), c.execution, 10), ',')
		parts = append(strconv.AppendInt(parts, int64(c.seq), 10), ']')
	}
	return t.exec(`INSERT INTO feed (no, at, parts) SELECT COALESCE(MAX(no), 0) + 1, ?, ? FROM feed`, now.UnixMicro(), string(append(parts, ']')))
}

// purgeFeed forgets what nobody can go back to. The newest row stays, because
// the next one counts on from it.
func (t *transaction) purgeFeed(now time.Time) error {
	return t.exec(`DELETE FROM feed WHERE at < ? AND no < (SELECT MAX(no) FROM feed)`, now.Add(-feedLife).UnixMicro())
}

// Mark returns the place after an event of the account, which is named as
// EXECUTION.SEQ, and after everything there is if it is named "". It returns
// flowengine.ErrBadCursor for an event that is unknown or older than a day.
func (s *Store) Mark(ctx context.Context, account, after string) (flowengine.Mark, error) {
	if after == "" {
		var last sql.NullInt64
		err := s.reads.QueryRowContext(ctx, `SELECT MAX(no) FROM feed`).Scan(&last)
		return flowengine.Mark{Commit: last.Int64}, wrap("read the feed", err)
	}
	where, at, err := s.written(ctx, account, after)
	if err != nil {
		return flowengine.Mark{}, err
	}
	seq, _ := strconv.Atoi(after[strings.LastIndexByte(after, '.')+1:])
	// A commit is never older than its events, unless the clock went back.
	for _, from := range []int64{at.UnixMicro(), 0} {
		m, err := s.markIn(ctx, where, from)
		if err == nil {
			m.Seq = seq
		}
		if !errors.Is(err, flowengine.ErrBadCursor) {
			return m, err
		}
	}
	return flowengine.Mark{}, flowengine.ErrBadCursor
}

// written returns the row of journal that an event stands in, and its time.
func (s *Store) written(ctx context.Context, account, event string) (part, time.Time, error) {
	dot := strings.LastIndexByte(event, '.')
	seq, err := strconv.Atoi(event[dot+1:])
	if dot < 0 || err != nil {
		return part{}, time.Time{}, flowengine.ErrBadCursor
	}
	var p part
	var text string
	err = s.reads.QueryRowContext(ctx, `SELECT j.execution, j.seq, j.events FROM executions e JOIN journal j ON j.execution = e.no
		WHERE e.id = ? AND e.account = ? AND j.seq <= ? ORDER BY j.seq DESC LIMIT 1`, event[:dot], account, seq).Scan(&p[0], &p[1], &text)
	if errors.Is(err, sql.ErrNoRows) {
		return part{}, time.Time{}, flowengine.ErrBadCursor
	} else if err != nil {
		return part{}, time.Time{}, wrap("read the feed", err)
	}
	events, err := decode(nil, text)
	for _, e := range events {
		if e.Seq == seq {
			return p, e.At, nil
		}
	}
	return part{}, time.Time{}, errors.Join(flowengine.ErrBadCursor, err)
}

// markIn finds a part in the commits since a time.
func (s *Store) markIn(ctx context.Context, wanted part, from int64) (_ flowengine.Mark, err error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT no, parts FROM feed WHERE at >= ? ORDER BY no`, from)
	if err != nil {
		return flowengine.Mark{}, wrap("read the feed", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		no, parts, err := scanFeed(rows)
		if err != nil {
			return flowengine.Mark{}, err
		}
		for i, p := range parts {
			if p == wanted {
				return flowengine.Mark{Commit: no - 1, Parts: i}, nil
			}
		}
	}
	return flowengine.Mark{}, errors.Join(flowengine.ErrBadCursor, rows.Err())
}

func scanFeed(row scanner) (no int64, parts []part, err error) {
	var text string
	if err := row.Scan(&no, &text); err != nil {
		return 0, nil, wrap("read the feed", err)
	}
	return no, parts, wrap("read the feed", json.Unmarshal([]byte(text), &parts))
}

// News returns what was written after a mark of the account's executions, or of
// one flow's if flowID is not empty, and the mark after it, which differs as
// long as more may be there. WatchAll tells when to ask again.
func (s *Store) News(ctx context.Context, account, flowID string, m flowengine.Mark) ([]flowengine.News, flowengine.Mark, error) {
	commits, err := s.commitsAfter(ctx, m.Commit)
	if err != nil {
		return nil, m, err
	}
	var out []flowengine.News
	whose := make(map[int64]*flowengine.News) // nil: nobody who asks
	next := m
	for _, c := range commits {
		skip, seq := 0, 0
		if c.no == m.Commit+1 {
			skip, seq = m.Parts, m.Seq
		}
		for _, p := range c.parts[min(skip, len(c.parts)):] {
			if out, err = s.tellPart(ctx, out, whose, p, account, flowID, seq); err != nil {
				return nil, m, err
			}
			seq = 0
		}
		next = flowengine.Mark{Commit: c.no}
	}
	return out, next, nil
}

type commit struct {
	no    int64
	parts []part
}

func (s *Store) commitsAfter(ctx context.Context, no int64) (out []commit, err error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT no, parts FROM feed WHERE no > ? ORDER BY no LIMIT ?`, no, feedPage)
	if err != nil {
		return nil, wrap("read the feed", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		no, parts, err := scanFeed(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, commit{no, parts})
	}
	return out, rows.Err()
}

// tellPart adds the events of a part that come after seq, if they are for the
// one who asks.
func (s *Store) tellPart(ctx context.Context, out []flowengine.News, whose map[int64]*flowengine.News, p part, account, flowID string, after int) ([]flowengine.News, error) {
	of, known := whose[p.execution()]
	if !known {
		var n flowengine.News
		var owner string
		err := s.reads.QueryRowContext(ctx, `SELECT id, account, flow_id FROM executions WHERE no = ?`, p.execution()).Scan(&n.Execution, &owner, &n.FlowID)
		if err != nil && !errors.Is(err, sql.ErrNoRows) { // forgotten since
			return nil, wrap("read the feed", err)
		}
		if err == nil && owner == account && (flowID == "" || flowID == n.FlowID) {
			of = &n
		}
		whose[p.execution()] = of
	}
	if of == nil {
		return out, nil
	}
	var text string
	err := s.reads.QueryRowContext(ctx, `SELECT events FROM journal WHERE execution = ? AND seq = ?`, p.execution(), p.seq()).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return out, nil
	} else if err != nil {
		return nil, wrap("read the feed", err)
	}
	events, err := decode(nil, text)
	for _, e := range events {
		if e.Seq > after {
			n := *of
			n.Event = e
			out = append(out, n)
		}
	}
	return out, wrap("read the feed", err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
