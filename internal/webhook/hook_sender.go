package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"ringflow/flowengine/record"
)

const (
	// workers is how many executions are delivered to a hook at once.
	workers = 8
	// maxAge is how long a delivery is retried before it becomes a dead letter.
	maxAge = 24 * time.Hour
	// startGrace is the time after a start in which nothing becomes a dead letter: what
	// waited while the process was down has not been retried for long.
	startGrace = 10 * time.Minute
	// queueBatch is how many deliveries of one execution are posted before those of
	// other executions.
	queueBatch = 20
	// outboxPause is the pause after the outbox could not be read or written.
	outboxPause = time.Second
)

// sender posts the deliveries of one hook. run owns all fields below the line.
type sender struct {
	id      ID
	target  atomic.Pointer[target]
	config  Config
	log     *slog.Logger
	wake    chan struct{} // receives when something may be due
	results chan result
	end     context.CancelFunc // nil: it does not run
	ended   chan struct{}
	isDown  atomic.Bool // see down

	// ——————
	started      time.Time
	delivering   map[record.ExecutionID]bool // queues that a goroutine delivers
	failing      *target                     // that failures and until are of
	failures     int                         // attempts in a row that failed
	until        time.Time                   // no attempt before, because the hook is down or asked for a pause
	outboxFailed bool                        // the outbox could not be read
}

// target is a hook with its HTTP client.
type target struct {
	Hook
	http *http.Client
}

// result is that of deliver.
type result struct {
	stream    Queue
	delivered int
	err       error // nil: every attempt succeeded
}

// never is a pause that only wake ends.
const never = time.Duration(1<<63 - 1)

// run sends what is due until ctx ends, or until nothing more is due once
// draining is closed. It waits for the goroutines it started.
func (l *sender) run(ctx context.Context, draining <-chan struct{}) {
	defer func() { l.target.Load().http.CloseIdleConnections() }()
	l.started = time.Now()
	timer := time.NewTimer(never)
	defer timer.Stop()
	for ctx.Err() == nil {
		wait := l.startDue(ctx)
		quit := draining
		select {
		case <-draining:
			if len(l.delivering) == 0 {
				return
			}
			quit = nil
		default:
		}
		timer.Reset(wait)
		select {
		case <-l.wake:
		case <-timer.C:
		case <-quit:
		case <-ctx.Done():
		case r := <-l.results:
			l.handleResult(ctx, r)
		}
	}
	for len(l.delivering) > 0 {
		delete(l.delivering, (<-l.results).stream.Execution)
	}
}

// startDue starts a goroutine for each queue that is due, as far as there are workers, and
// returns how long to wait for the next.
func (l *sender) startDue(ctx context.Context) time.Duration {
	if to := l.target.Load(); to != l.failing {
		l.failing, l.failures, l.until = to, 0, time.Time{}
	}
	now, free := time.Now(), workers-len(l.delivering)
	if l.down() {
		free = 1 - len(l.delivering)
	}
	if now.Before(l.until) {
		return l.until.Sub(now)
	}
	if free <= 0 {
		return never
	}
	streams, err := l.config.Outbox.Queues(ctx, l.id, len(l.delivering)+free)
	if err != nil {
		if !l.outboxFailed && ctx.Err() == nil {
			l.log.Error("what waits for a webhook cannot be read", "error", err)
		}
		l.outboxFailed = true
		return outboxPause
	}
	l.outboxFailed = false
	for _, s := range streams {
		switch {
		case l.delivering[s.Execution]:
			continue
		case free == 0:
			return never
		case s.Due.After(now) && s.Due.Sub(now) <= longestPause: // beyond that, the clock was set back
			return s.Due.Sub(now)
		}
		l.delivering[s.Execution] = true
		free--
		go func() { l.results <- l.deliver(ctx, s) }()
	}
	return never
}

// down reports whether every attempt fails. Then one attempt at a time is made until one
// succeeds.
func (l *sender) down() bool { return l.failures >= downAfter }

// handleResult updates the state of the hook.
func (l *sender) handleResult(ctx context.Context, r result) {
	delete(l.delivering, r.stream.Execution)
	if r.delivered > 0 {
		if l.down() {
			l.log.Info("a webhook takes events again")
			if err := l.config.Outbox.RetryNow(ctx, l.id); err != nil {
				l.log.Error("what waits for a webhook is not hastened", "error", err)
			}
			l.until = time.Time{}
		}
		l.failures = 0
	}
	defer func() { l.isDown.Store(l.down()) }()
	if r.err == nil || ctx.Err() != nil {
		return
	}
	if l.failures++; l.failures == downAfter {
		l.log.Warn("a webhook takes no events; they are kept and tried again", "error", r.err)
	}
	l.suspend(requestedPause(r.err))
	if l.down() {
		l.suspend(pause(l.config.FirstPause, longestDown, l.failures-downAfter+1))
		l.moveToDeadLetters(ctx, "", r.err)
	}
}

// suspend makes no attempt for so long.
func (l *sender) suspend(wait time.Duration) {
	if until := time.Now().Add(wait); until.After(l.until) {
		l.until = until
	}
}

// deliver posts deliveries of one queue, each after the previous one succeeded, and stores
// the queue's state. It does not return before that is stored, so that a full disk causes
// no repeated delivery.
func (l *sender) deliver(ctx context.Context, s Queue) result {
	r := result{stream: s}
	letters, err := l.config.Outbox.Deliveries(ctx, s, queueBatch)
	s.Due = time.Now()
	if err != nil {
		s.Due = s.Due.Add(outboxPause)
	}
	for _, letter := range letters {
		if err := l.post(ctx, letter); err != nil {
			if ctx.Err() != nil {
				return r // ended by the shutdown: neither delivered nor failed
			}
			s.Attempts++
			s.Due = time.Now().Add(max(pause(l.config.FirstPause, longestPause, s.Attempts), requestedPause(err)))
			r.err = err
			l.log.Debug("a webhook did not take an event", "id", letter.ID(), "attempt", s.Attempts, "error", err)
			if time.Since(letter.Since) >= maxAge {
				l.moveToDeadLetters(ctx, s.Execution, err)
			}
			break
		}
		l.config.Outbox.Delivered(letter)
		s.Attempts = 0
		r.delivered++
	}
	for l.config.Outbox.UpdateQueue(ctx, s) != nil && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(outboxPause):
		}
	}
	return r
}

// moveToDeadLetters gives up deliveries older than maxAge.
func (l *sender) moveToDeadLetters(ctx context.Context, x record.ExecutionID, reason error) {
	now := time.Now()
	if now.Sub(l.started) < startGrace {
		return
	}
	n, err := l.config.Outbox.MoveToDeadLetters(ctx, l.id, x, now.Add(-maxAge), reason.Error())
	if err != nil {
		l.log.Error("events that a webhook did not take cannot be given up", "error", err)
	}
	if n > 0 {
		l.log.Error("events were given up: a webhook has not taken them for a day; they are kept as dead letters", "events", n, "error", reason)
	}
}
