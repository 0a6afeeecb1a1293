package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ringflow/flowengine"
)

// transaction is one commit in the making. It belongs to the writer.
type transaction struct {
	w      *writer
	chunks map[int64]*chunk
	order  []*chunk
}

// chunk is a row of journal in the making: the events that this commit brings
// for one execution.
type chunk struct {
	execution int64
	seq       int
	events    []byte // a JSON array without its end
}

// probe is an op that writes what nobody reads.
type probe struct{}

func (probe) apply(t *transaction) error {
	var d dialect
	for _, statement := range d.probe() {
		if err := t.exec(statement); err != nil {
			return err
		}
	}
	return nil
}
func (probe) settle(*writer, error) {}
func (probe) kept() bool            { return false }

// commit writes a batch in one transaction and answers those who wait. When it
// returns an error, nothing was written and nobody was answered.
func (w *writer) commit(batch []*queued) error {
	if err := w.present(); err != nil {
		return err
	}
	if w.conn == nil {
		if err := w.connect(); err != nil {
			return errors.Join(err, w.disconnect())
		}
	}
	results, err := w.attempt(batch)
	w.subscriptions.told(err != nil)
	if err == nil {
		for i, q := range batch {
			w.answer(q, results[i])
		}
		return nil
	}
	var d dialect
	_ = (&transaction{w: w}).exec(`ROLLBACK`) // the database may have done it already
	switch d.fault(err) {
	case faultConnection:
		return errors.Join(err, w.disconnect())
	case faultBusy:
		return err
	}
	// What no op can be blamed for shows again when each is tried alone, so that
	// one that can never be written holds up nobody else.
	if len(batch) == 1 {
		w.answer(batch[0], err)
		return nil
	}
	for i := range batch {
		if err := w.commit(batch[i : i+1]); err != nil {
			w.giveBack(batch[i+1:], fmt.Errorf("%w: %w", flowengine.ErrUnavailable, err))
			w.giveBack(batch[i:i+1], fmt.Errorf("%w: %w", flowengine.ErrUnavailable, err))
			return nil
		}
	}
	return nil
}

// answer tells whoever waits for an op how it went.
func (w *writer) answer(q *queued, err error) {
	q.op.settle(w, err)
	if q.done != nil {
		q.done <- err
	} else if err != nil {
		w.log.Error("a write was refused", "error", err)
	}
}

func (w *writer) attempt(batch []*queued) (results []error, err error) {
	var d dialect
	t := &transaction{w: w, chunks: make(map[int64]*chunk)}
	if err := t.exec(d.begin()); err != nil {
		return nil, err
	}
	results = make([]error, len(batch))
	for i, q := range batch {
		if err := q.op.apply(t); err != nil {
			if d.fault(err) != faultStatement {
				return nil, err
			}
			results[i] = err
		}
	}
	if err := t.writeChunks(); err != nil {
		return nil, err
	}
	if err := t.tell(); err != nil {
		return nil, err
	}
	if now := time.Now(); now.Sub(w.purged) >= purgeEvery {
		if err := t.purge(now); err != nil {
			return nil, err
		}
		w.purged = now
	}
	return results, t.exec(`COMMIT`)
}

// exec runs a prepared statement.
func (t *transaction) exec(text string, args ...any) error {
	_, err := t.affect(text, args...)
	return err
}

// affect runs a prepared statement and returns how many rows it changed.
func (t *transaction) affect(text string, args ...any) (int64, error) {
	s, err := t.w.statement(text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// row runs a prepared query for one row.
func (t *transaction) row(text string, args ...any) *sql.Row {
	s, err := t.w.statement(text)
	if err != nil {
		return t.w.conn.QueryRowContext(context.Background(), text, args...) // whose Scan returns the error
	}
	return s.QueryRowContext(context.Background(), args...)
}

// query runs a prepared query. The rows must be closed before the next statement.
func (t *transaction) query(text string, args ...any) (*sql.Rows, error) {
	s, err := t.w.statement(text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.Background(), args...)
}

// add appends events, JSON objects separated by commas, to an execution's
// journal. seq is that of the first.
func (t *transaction) add(execution int64, seq int, events []byte) {
	c := t.chunks[execution]
	if c == nil {
		c = &chunk{execution: execution, seq: seq, events: append(t.w.buffer(), '[')}
		t.chunks[execution] = c
		t.order = append(t.order, c)
	} else {
		c.events = append(c.events, ',')
	}
	c.events = append(c.events, events...)
}

// writeChunks writes the rows of journal that the batch has gathered. A row that
// is there already was written by a commit that reported an error and came about
// all the same; what it holds comes again.
func (t *transaction) writeChunks() error {
	for _, c := range t.order {
		if err := t.exec(`INSERT INTO journal (no, execution, seq, events) VALUES (?, ?, ?, ?)
			ON CONFLICT (execution, seq) DO UPDATE SET events = excluded.events`,
			t.w.row, c.execution, c.seq, string(append(c.events, ']'))); err != nil {
			return err
		}
		t.w.row++
		t.w.keep(c.events)
	}
	return nil
}

// buffer returns room for what a commit brings of one execution.
func (w *writer) buffer() []byte {
	if n := len(w.spare); n > 0 {
		b := w.spare[n-1]
		w.spare = w.spare[:n-1]
		return b
	}
	return make([]byte, 0, 1024)
}

// keep has buffer return b again. What came in a rush is not kept.
func (w *writer) keep(b []byte) {
	const most, size = 32, 16 << 10
	if len(w.spare) < most && cap(b) <= size {
		w.spare = append(w.spare, b[:0])
	}
}
