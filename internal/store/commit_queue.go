package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"ringflow/flowengine"
)

// How the writer gathers what it commits.
const (
	// pace is the least time between two commits for each op of the last one that
	// was in a hurry, but for the first, up to maxPace: who comes alone waits for
	// nothing, and the more there are, the more share one commit, whose price in
	// processor time is that of many ops.
	pace    = 3 * time.Millisecond
	maxPace = 8 * time.Millisecond
	// lazy is how long may lie what is in no hurry: events, and the end of an
	// execution. At a hundred calls a second it rides on the commits of others and
	// costs none of its own.
	lazy = 15 * time.Millisecond
	// retry is the pause after a commit that failed.
	retry = 250 * time.Millisecond
	// maxBatch bounds one transaction.
	maxBatch = 2000
	// maxWaiting and maxBytes bound what lies in memory while the disk fails:
	// events beyond either are lost.
	maxWaiting = 200_000
	maxBytes   = 256 << 20
)

// op is something to write.
type op interface {
	// apply writes it. An error whose fault is faultStatement fails only this op.
	apply(t *transaction) error
	// settle is called after the commit, or with the error that undid it.
	settle(w *writer, err error)
	// kept reports whether the op is tried again when the disk fails, until it
	// succeeds: what has already happened must be told, while what is only
	// wished may be refused.
	kept() bool
}

// writer is the one goroutine that writes. All fields below the line belong to
// that goroutine.
type writer struct {
	dir     string
	log     *slog.Logger
	urgent  chan struct{} // somebody is in a hurry
	relaxed chan struct{} // something waits, and nobody is
	quit    chan struct{}
	done    chan struct{}
	watches watches
	folder  *folder

	mu      sync.Mutex
	queue   []*queued
	bytes   int // of the ops in the queue and in the batch
	most    int // bytes, for those that nobody waits for
	stopped bool
	lost    int // events refused because of maxWaiting or maxBytes

	// ——————
	file       os.FileInfo // the database as it was opened first
	db         *sql.DB
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	spare      [][]byte                         // buffers, to be used again
	live       map[flowengine.ExecutionID]int64 // executions.no of those not ended
	deleted    map[flowKey]bool                 // flows: a start may have read them before
	next       int64                            // executions.no
	row        int64                            // journal.no, likewise; no number comes twice while the process lives
	committed  time.Time
	commits    int64 // so far
	hurried    int   // ops of the last commit that were in a hurry
	purged     time.Time
	failing    bool

	subscriptions subscriptions
}

// heavy is an op that may hold much in memory.
type heavy interface{ size() int }

func sizeOf(o op) int {
	if h, ok := o.(heavy); ok {
		return h.size()
	}
	return 0
}

// queued is an op on its way.
type queued struct {
	op    op
	done  chan error   // nil: nobody waits
	hurry bool         // the commit is not to be put off
	state atomic.Int32 // waiting, then taken or abandoned
}

const (
	waiting int32 = iota
	taken
	abandoned
)

func newWriter(dir string, log *slog.Logger) *writer {
	return &writer{
		dir: dir, log: log,
		urgent: make(chan struct{}, 1), relaxed: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{}),
		live: make(map[flowengine.ExecutionID]int64), deleted: make(map[flowKey]bool),
		most: maxBytes,
	}
}

// do queues an op and waits for its commit, which is not put off. An op that
// the writer has not taken up when ctx ends is not carried out; otherwise do
// waits for its end, because nobody may believe undone what is on the disk.
func (w *writer) do(ctx context.Context, o op) error {
	return w.wait(ctx, &queued{op: o, done: make(chan error, 1), hurry: true}, w.urgent)
}

// ride does the same in no hurry: the op shares a commit with others, and waits
// for it as long as events do.
func (w *writer) ride(ctx context.Context, o op) error {
	return w.wait(ctx, &queued{op: o, done: make(chan error, 1)}, w.relaxed)
}

func (w *writer) wait(ctx context.Context, q *queued, bell chan struct{}) error {
	if !w.enqueue(q) {
		return fmt.Errorf("%w: the store is closed", flowengine.ErrUnavailable)
	}
	signal(bell)
	select {
	case err := <-q.done:
		return err
	case <-ctx.Done():
		if q.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
		return <-q.done
	}
}

// later queues an op that nobody waits for.
func (w *writer) later(o op) {
	if w.enqueue(&queued{op: o}) {
		signal(w.relaxed)
	}
}

func (w *writer) enqueue(q *queued) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return false
	}
	size := sizeOf(q.op)
	if q.done == nil && (len(w.queue) >= maxWaiting || w.bytes+size > w.most) {
		w.lost++
		return false
	}
	w.bytes += size
	w.queue = append(w.queue, q)
	return true
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// stop writes what is waiting and ends the goroutine.
func (w *writer) stop() error {
	w.mu.Lock()
	already := w.stopped
	w.stopped = true
	w.mu.Unlock()
	if !already {
		close(w.quit)
	}
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
			w.gather(timer, w.pause())
		case <-w.relaxed:
			w.gather(timer, lazy)
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

// pause is how long to wait before the next commit.
func (w *writer) pause() time.Duration {
	return time.Until(w.committed.Add(min(time.Duration(w.hurried-1)*pace, maxPace)))
}

// gather waits for so long; somebody in a hurry shortens that to the pace. It
// ends at once when the store closes.
func (w *writer) gather(timer *time.Timer, wait time.Duration) {
	for wait > 0 {
		timer.Reset(wait)
		select {
		case <-timer.C:
			return
		case <-w.urgent:
			wait = w.pause()
		case <-w.quit:
			wait = 0
		}
	}
	timer.Stop()
}

// flush commits one batch and reports whether more was waiting than it holds.
func (w *writer) flush() bool {
	b := w.take()
	if b.lost > 0 {
		w.log.Error("events were lost: the record could not be written for too long", "events", b.lost)
	}
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.bytes -= b.bytes
	}()
	if len(b.ops) == 0 {
		return b.more
	}
	w.hurried = 0
	for _, q := range b.ops {
		if q.hurry {
			w.hurried++
		}
	}
	err := w.commit(b.ops)
	w.committed = time.Now()
	if err == nil {
		if w.failing {
			w.log.Info("the record can be written again")
		}
		w.failing = false
		w.folder.committed(w)
		return b.more
	}
	if !w.failing {
		w.log.Error("the record cannot be written", "error", err)
	}
	w.failing = true
	w.giveBack(b.ops, fmt.Errorf("%w: %w", flowengine.ErrUnavailable, err))
	return false
}

// batch is what one transaction is to bring.
type batch struct {
	ops   []*queued
	bytes int  // that it holds, with what was abandoned
	more  bool // is left in the queue
	lost  int  // events, since the last one
}

// take removes the next batch from the queue.
func (w *writer) take() batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b batch
	n := min(len(w.queue), maxBatch)
	for _, q := range w.queue[:n] {
		b.bytes += sizeOf(q.op)
		if q.state.CompareAndSwap(waiting, taken) || q.state.Load() == taken {
			b.ops = append(b.ops, q)
		}
	}
	rest := copy(w.queue, w.queue[n:])
	clear(w.queue[rest:])
	w.queue = w.queue[:rest]
	b.more = rest > 0
	b.lost, w.lost = w.lost, 0
	return b
}

// giveBack tells those who wait that their batch failed, and puts what is kept
// back in front of the queue.
func (w *writer) giveBack(batch []*queued, err error) {
	var kept []*queued
	for _, q := range batch {
		q.op.settle(w, err)
		if q.done != nil {
			q.done <- err
		}
		if q.op.kept() {
			again := &queued{op: q.op}
			again.state.Store(taken)
			kept = append(kept, again)
		}
	}
	if len(kept) == 0 {
		return
	}
	w.mu.Lock()
	for _, q := range kept {
		w.bytes += sizeOf(q.op)
	}
	w.queue = append(kept, w.queue...)
	w.mu.Unlock()
	time.AfterFunc(retry, func() { signal(w.relaxed) })
}

// refuseRest answers those whom the closing store can no longer serve.
func (w *writer) refuseRest() {
	w.mu.Lock()
	defer w.mu.Unlock()
	lost := 0
	for _, q := range w.queue {
		if q.done != nil {
			q.done <- fmt.Errorf("%w: the store is closed", flowengine.ErrUnavailable)
		} else {
			lost++
		}
	}
	w.queue = nil
	if lost > 0 {
		w.log.Error("events were lost: the record could not be written before the store closed", "writes", lost)
	}
}
