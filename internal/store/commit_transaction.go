package store

import "strings"

// transaction is one commit in the making. It belongs to the writer.
type transaction struct {
	w      *writer
	chunks map[int64]*chunk
	order  []*chunk

	pending []statement    // of a dialect that is pipelined
	ended   map[int64]bool // executions, by this transaction
}

// chunk is a row of journal in the making: the events that this commit brings
// for one execution.
type chunk struct {
	execution int64
	seq       int
	events    [][]byte // JSON objects separated by commas
	size      int      // bytes of the row
}

// text is the row: a JSON array.
func (c *chunk) text() string {
	var b strings.Builder
	b.Grow(c.size)
	for i, events := range c.events {
		if i == 0 {
			b.WriteByte('[')
		} else {
			b.WriteByte(',')
		}
		b.Write(events)
	}
	b.WriteByte(']')
	return b.String()
}

// transact applies ops and commits them. results are what each op returned.
func (w *writer) transact(ops []*queued) (results []error, err error) {
	t := &transaction{w: w, chunks: make(map[int64]*chunk), ended: make(map[int64]bool)}
	if err := w.dialect.begin(t); err != nil {
		return nil, err
	}
	results = make([]error, len(ops))
	for i, q := range ops {
		if err := q.apply(t); err != nil {
			if w.dialect.fault(err) != faultStatement {
				return nil, err
			}
			results[i] = err
		}
	}
	for _, end := range []func() error{t.writeChunks, t.writeDeliveries, t.purge, t.send} {
		if err := end(); err != nil {
			return nil, err
		}
	}
	return results, w.dialect.commit(t)
}

// numbers is a block of values of a table's key. The database hands out blocks, so
// that no value comes twice, whatever writes and whatever was deleted.
type numbers struct{ next, end int64 }

// blockSize is how many values the writer takes at once; what is left at its end
// is a gap.
const blockSize = 1000

// number returns the next value of a table's key.
func (t *transaction) number(table string) (int64, error) {
	n := t.w.numbers[table]
	if n == nil || n.next == n.end {
		end, err := row(t, column[int64], `UPDATE numbers SET next = next + ? WHERE name = ? RETURNING next`, blockSize, table)
		if err != nil {
			return 0, err
		}
		n = &numbers{end - blockSize, end}
		t.w.numbers[table] = n
	}
	n.next++
	return n.next - 1, nil
}

// add appends events, JSON objects separated by commas, to an execution's
// journal, and keeps them. seq is that of the first.
func (t *transaction) add(execution int64, seq int, events []byte) {
	c := t.chunks[execution]
	if c == nil {
		c = &chunk{execution: execution, seq: seq, events: make([][]byte, 0, 4), size: len("[")}
		t.chunks[execution] = c
		t.order = append(t.order, c)
	}
	c.events = append(c.events, events)
	c.size += len(events) + len("]")
}

// writeChunks writes the rows of journal that the batch has gathered. A row that
// is there already was written by a commit that reported an error and came about
// all the same; what it holds comes again.
func (t *transaction) writeChunks() error {
	for _, c := range t.order {
		no, err := t.number("journal")
		if err != nil {
			return err
		}
		if err := t.exec(`INSERT INTO journal (no, execution, seq, events) VALUES (?, ?, ?, ?)
			ON CONFLICT (execution, seq) DO UPDATE SET events = excluded.events`,
			no, c.execution, c.seq, c.text()); err != nil {
			return err
		}
	}
	return nil
}
