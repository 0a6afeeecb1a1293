package store

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/webhook"
)

// How the writer groups ops into commits.
const (
	// delayPerOp is the least time between two commits for each urgent op of the
	// last one but the first, up to maxDelay: a single op waits for nothing, and
	// the more there are, the more share one commit, whose price in processor time
	// is that of many ops.
	delayPerOp = 3 * time.Millisecond
	maxDelay   = 8 * time.Millisecond
	// lazyDelay is how long ops wait that are not urgent: events, and the end of an
	// execution. At a hundred calls a second the commits of others bring them, and
	// they cost none of their own.
	lazyDelay = 15 * time.Millisecond
	// retryDelay is the pause after a commit that failed.
	retryDelay = 250 * time.Millisecond
	// queueLimit is how long an op waits for its batch: commits take milliseconds, unless
	// the database does not answer.
	queueLimit = 10 * time.Second
	// maxBatch bounds one transaction.
	maxBatch = 2000
	// maxQueued and maxQueuedBytes bound what is held in memory while the database
	// fails: events beyond either are lost.
	maxQueued      = 200_000
	maxQueuedBytes = 256 << 20
)

// writer is the one goroutine that writes.
type writer struct {
	dialect dialect
	log     *slog.Logger
	urgent  chan struct{} // an urgent op is queued
	lazy    chan struct{} // another op is queued
	quit    chan struct{}
	done    chan struct{}
	watches watches

	mu       sync.Mutex
	queue    []*queued
	batch    []*queued // that is being written, or whose outcome is unknown
	bytes    int       // of the ops in the queue and in the batch
	maxBytes int       // beyond which ops that nothing waits for are refused
	stopped  bool
	lost     int // events refused because of maxQueued or maxBytes

	queueLimit time.Duration // does not change

	// The fields below belong to the writer's goroutine.

	db         *sql.DB
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	live       map[record.ExecutionID]int64 // executions.no of those not ended
	deleted    map[flowKey]bool             // flows: a start may have read them before
	numbers    map[string]*numbers          // by table
	doubt      *doubt                       // nil but while the outcome of a commit is unknown
	lastCommit time.Time
	urgentOps  int // of the last commit
	purged     time.Time
	failing    bool

	subscriptions subscriptions
}

// doubt is a batch that was sent, and whose outcome is unknown because the
// connection was lost.
type doubt struct {
	ops     []*queued
	results []error
	fresh   map[webhook.ID]bool
}

// errInDoubt: the connection was lost while a commit was under way.
var errInDoubt = errors.New("the outcome of the commit is unknown")

func newWriter(d dialect, log *slog.Logger) *writer {
	return &writer{
		dialect: d, log: log,
		urgent: make(chan struct{}, 1), lazy: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{}),
		live: make(map[record.ExecutionID]int64), deleted: make(map[flowKey]bool), numbers: make(map[string]*numbers),
		watches:  watches{byID: make(map[record.ExecutionID]map[chan struct{}]bool)},
		maxBytes: maxQueuedBytes, queueLimit: queueLimit,
	}
}

// stop writes what is queued and ends the goroutine.
func (w *writer) stop() error {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	close(w.quit)
	<-w.done
	return w.disconnect()
}

func (w *writer) run() {
	defer close(w.done)
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	for {
		select {
		case <-w.urgent:
			w.gather(timer, w.delay())
		case <-w.lazy:
			w.gather(timer, lazyDelay)
		case <-w.quit:
			for w.flush() {
			}
			w.refuseRest()
			return
		}
		for w.flush() {
		}
	}
}

// delay is how long to wait before the next commit of an urgent op.
func (w *writer) delay() time.Duration {
	return time.Until(w.lastCommit.Add(min(time.Duration(w.urgentOps-1)*delayPerOp, maxDelay)))
}

// gather waits for ops. An urgent one shortens that to its delay. It ends at once
// when the store closes.
func (w *writer) gather(timer *time.Timer, wait time.Duration) {
	for wait > 0 {
		timer.Reset(wait)
		select {
		case <-timer.C:
			return
		case <-w.urgent:
			wait = w.delay()
		case <-w.quit:
			wait = 0
		}
	}
	timer.Stop()
}

// flush commits one batch and reports whether the queue holds more.
func (w *writer) flush() bool {
	b := w.dequeue()
	if b.lost > 0 {
		w.log.Error("events were lost: the record could not be written for too long", "events", b.lost)
	}
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.bytes -= b.bytes
		if w.batch = nil; w.doubt != nil {
			w.batch = w.doubt.ops
		}
	}()
	if len(b.ops) == 0 && w.doubt == nil {
		return b.more
	}
	w.urgentOps = 0
	for _, q := range b.ops {
		if q.urgent {
			w.urgentOps++
		}
	}
	rest, err := w.commit(b.ops)
	w.lastCommit = time.Now()
	if err == nil {
		if w.failing {
			w.log.Info("the record can be written again")
		}
		w.failing = false
		w.dialect.committed(w.conn)
		return b.more
	}
	if !w.failing {
		w.log.Error("the record cannot be written", "error", err)
	}
	w.failing = true
	w.requeue(rest, fmt.Errorf("%w: %w", record.ErrUnavailable, err))
	return false
}

// commit ends the doubt about the last commit, writes ops in one transaction and answers
// them. rest are those that it has not answered and that are not in doubt, in their
// order, if there is an error.
func (w *writer) commit(ops []*queued) (rest []*queued, err error) {
	if err := w.dialect.writable(); err != nil {
		return ops, err
	}
	if w.conn == nil {
		committed, err := w.connect()
		if err != nil {
			return ops, errors.Join(err, w.disconnect())
		}
		if d := w.doubt; d != nil && committed {
			w.doubt, w.subscriptions.fresh = nil, d.fresh
			w.finish(d.ops, d.results)
		} else if d != nil {
			w.doubt, ops = nil, slices.Concat(d.ops, ops)
		}
	}
	if len(ops) == 0 {
		return nil, nil
	}
	results, err := w.transact(ops)
	if err == nil {
		w.finish(ops, results)
		return nil, nil
	}
	fresh := w.subscriptions.fresh
	w.subscriptions.undo()
	clear(w.numbers) // taken in the transaction
	if errors.Is(err, errInDoubt) {
		w.doubt = &doubt{ops, results, fresh}
		return nil, errors.Join(err, w.disconnect())
	}
	switch w.dialect.fault(err) {
	case faultConnection:
		return ops, errors.Join(err, w.disconnect())
	case faultBusy:
		w.rollback()
		return ops, err
	}
	w.rollback()
	// An error that is of no op shows again in each half; one that is, in a commit
	// of that op alone, and holds up no other.
	if len(ops) == 1 {
		w.finish(ops, []error{err})
		return nil, nil
	}
	half := len(ops) / 2
	if rest, err := w.commit(ops[:half]); err != nil {
		return append(rest, ops[half:]...), err
	}
	return w.commit(ops[half:])
}

// finish reports what a commit has brought.
func (w *writer) finish(ops []*queued, results []error) {
	w.subscriptions.publish()
	for i, q := range ops {
		w.answer(q, results[i])
		if q.done == nil && results[i] != nil {
			w.log.Error("a write was refused", "error", results[i])
		}
	}
}
