package store

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"ringflow/flowengine/record"
)

// op is something to write.
type op struct {
	// apply writes it, perhaps more than once. An error of its own fails only this op.
	apply func(t *transaction) error
	// committed and failed, if there are any, are called after the commit, or where an
	// error undid it. They belong to the writer's goroutine.
	committed, failed func()
	// retryable has the op tried again while the database fails, until it is written:
	// an event has happened, while a request may be refused.
	retryable bool
	// changesNothing has its caller wait no longer than ctx, whatever becomes of it.
	changesNothing bool
	execution      record.ExecutionID // whose watches are notified; "": none
	size           int                // bytes that it holds, if they may be many
}

// queued is an op on its way.
type queued struct {
	op
	done   chan error   // nil: nothing waits for it
	urgent bool         // the commit is not to be put off
	state  atomic.Int32 // stateQueued, then stateDequeued and stateAnswered, or stateAbandoned
}

const (
	stateQueued int32 = iota
	stateDequeued
	stateAnswered
	stateAbandoned
)

// write queues an op and waits for its commit, which is not put off. An op that
// is still queued when ctx ends, or after queueLimit, is not carried out, unless it is
// retryable; otherwise write waits for its end, because nothing that is on the disk
// may pass for undone.
func (w *writer) write(ctx context.Context, o op) error {
	return w.wait(ctx, &queued{op: o, done: make(chan error, 1), urgent: true})
}

// writeLazy does the same for an op that shares the commit of others: it waits up
// to lazyDelay.
func (w *writer) writeLazy(ctx context.Context, o op) error {
	return w.wait(ctx, &queued{op: o, done: make(chan error, 1)})
}

// writeLater queues an op like writeLazy and waits for nothing.
func (w *writer) writeLater(o op) { w.enqueue(&queued{op: o}) }

func (w *writer) wait(ctx context.Context, q *queued) error {
	if !w.enqueue(q) {
		return errClosed
	}
	late := time.NewTimer(w.queueLimit)
	defer late.Stop()
	var err error
	select {
	case err := <-q.done:
		return err
	case <-ctx.Done():
		err = ctx.Err()
	case <-late.C:
		if q.retryable { // it is written as soon as it can be
			return errNoAnswer
		}
		err = errNoAnswer
	}
	if q.changesNothing || q.state.CompareAndSwap(stateQueued, stateAbandoned) {
		return err
	}
	return <-q.done
}

var errNoAnswer = fmt.Errorf("%w: the database does not answer", record.ErrUnavailable)

var errClosed = fmt.Errorf("%w: the store is closed", record.ErrUnavailable)

func (w *writer) enqueue(q *queued) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return false
	}
	if q.done == nil && (len(w.queue) >= maxQueued || w.bytes+q.size > w.maxBytes) {
		w.lost++
		return false
	}
	w.bytes += q.size
	w.queue = append(w.queue, q)
	if q.urgent {
		signal(w.urgent)
	} else {
		signal(w.lazy)
	}
	return true
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// batch is what one transaction is to write.
type batch struct {
	ops   []*queued
	bytes int  // of the ops, abandoned ones included
	more  bool // the queue holds more
	lost  int  // events that were refused since the last batch
}

// dequeue removes the next batch from the queue.
func (w *writer) dequeue() batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b batch
	n := min(len(w.queue), maxBatch)
	for _, q := range w.queue[:n] {
		b.bytes += q.size
		if q.state.CompareAndSwap(stateQueued, stateDequeued) || q.state.Load() == stateDequeued {
			b.ops = append(b.ops, q)
		}
	}
	rest := copy(w.queue, w.queue[n:])
	clear(w.queue[rest:])
	w.queue = w.queue[:rest]
	b.more = rest > 0
	b.lost, w.lost = w.lost, 0
	w.batch = b.ops
	if w.doubt != nil {
		w.batch = slices.Concat(w.doubt.ops, b.ops)
	}
	return b
}

// maxNamed is how many executions an error names.
const maxNamed = 20

// unwritten counts what has happened and is not known to be in the database, and returns
// maxNamed of the executions whose events are among it.
func (w *writer) unwritten() (writes int, executions []record.ExecutionID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ops := range [][]*queued{w.batch, w.queue} {
		for _, q := range ops {
			if !q.retryable || q.state.Load() == stateAnswered {
				continue
			}
			writes++
			if q.execution != "" && len(executions) < maxNamed && !slices.Contains(executions, q.execution) {
				executions = append(executions, q.execution)
			}
		}
	}
	return writes, executions
}

// requeue answers ops that were not written, and puts the retryable ones in front
// of the queue.
func (w *writer) requeue(ops []*queued, err error) {
	var again []*queued
	bytes := 0
	for _, q := range ops {
		w.answer(q, err)
		if q.retryable {
			r := &queued{op: q.op}
			r.state.Store(stateDequeued)
			again = append(again, r)
			bytes += q.size
		}
	}
	if len(again) == 0 && w.doubt == nil {
		return
	}
	w.mu.Lock()
	w.bytes += bytes
	w.queue = append(again, w.queue...)
	w.mu.Unlock()
	time.AfterFunc(retryDelay, func() { signal(w.lazy) })
}

// refuseRest answers what the closing store can no longer write.
func (w *writer) refuseRest() {
	if writes, executions := w.unwritten(); writes > 0 {
		w.log.Error("events were lost: the record could not be written before the store closed", "writes", writes, "executions", executions)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, q := range w.batch { // in doubt
		w.answer(q, fmt.Errorf("%w: the store was closed before it was known whether it was written", record.ErrUnavailable))
	}
	for _, q := range w.queue {
		if q.done != nil {
			q.done <- errClosed
		}
	}
	w.batch, w.queue = nil, nil
}

// answer reports the outcome of an op to whatever waits for it.
func (w *writer) answer(q *queued, err error) {
	if err == nil {
		q.state.Store(stateAnswered) // it is not missing
	}
	if err == nil && q.execution != "" {
		w.watches.notify(q.execution)
	}
	if err == nil && q.committed != nil {
		q.committed()
	}
	if err != nil && q.failed != nil {
		q.failed()
	}
	if q.done != nil {
		q.done <- err
	}
}
