package webhook

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"ringflow/flowengine/record"
)

// Config is what a Dispatcher works with. Outbox is required.
type Config struct {
	Outbox Outbox
	// Timeout bounds one attempt. 0: 10 s.
	Timeout time.Duration
	// FirstPause is the pause after a first failure; it doubles from there. 0: 1 s.
	FirstPause time.Duration
	Log        *slog.Logger // nil: discarded
}

// Dispatcher posts the deliveries of an outbox to the hooks, which may change while it
// does. Its methods may be called by several goroutines. It owns a goroutine
// for each hook, which Close waits for.
type Dispatcher struct {
	config   Config
	ctx      context.Context
	stop     context.CancelFunc
	draining chan struct{}
	work     sync.WaitGroup

	changing sync.Mutex // held while hooks change; guards the two below
	started  bool
	closed   bool

	mu      sync.RWMutex // guards senders
	senders map[ID]*sender
}

// New returns a Dispatcher without hooks that sends nothing yet.
func New(c Config) *Dispatcher {
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.FirstPause = cmp.Or(c.FirstPause, firstPause)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	d := &Dispatcher{config: c, senders: make(map[ID]*sender), draining: make(chan struct{})}
	d.ctx, d.stop = context.WithCancel(context.Background())
	return d
}

// Backlog counts the deliveries of a hook in the outbox.
type Backlog struct {
	Waiting int       // to be posted
	Oldest  time.Time // when the oldest of them was written; zero without any
	Dead    int       // dead letters
}

// Start has deliveries written from now on, and posts them. Call it once, before the
// first event is written.
func (d *Dispatcher) Start(ctx context.Context) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	if err := d.config.Outbox.Subscribe(ctx, d.hooks(), d.wake); err != nil {
		return fmt.Errorf("start webhooks: %w", err)
	}
	d.started = true
	for _, l := range d.senders {
		d.launch(l)
	}
	return nil
}

// launch runs a sender. The caller holds changing.
func (d *Dispatcher) launch(l *sender) {
	ctx, end := context.WithCancel(d.ctx)
	l.end, l.ended = end, make(chan struct{})
	d.work.Go(func() {
		defer close(l.ended)
		defer end()
		l.run(ctx, d.draining)
	})
}

// Set adds a hook, or replaces the one of its name, whose deliveries are then posted to
// this one. It fails if the hook lacks something, and
// changes nothing then.
func (d *Dispatcher) Set(ctx context.Context, h Hook) error {
	if err := h.Check(); err != nil {
		return err
	}
	d.changing.Lock()
	defer d.changing.Unlock()
	l := d.sender(h.ID)
	if l != nil {
		old := l.target.Swap(&target{h, newHTTP(h.Private)})
		old.http.CloseIdleConnections()
		d.subscribe(ctx)
		if d.started {
			if err := d.config.Outbox.RetryNow(context.WithoutCancel(ctx), h.ID); err != nil {
				l.log.Warn("what waits for a webhook that has changed is not hastened", "error", err)
			}
			d.wake(h.ID)
		}
		return nil
	}
	l = &sender{
		id: h.ID, config: d.config, log: d.config.Log.With("account", h.Account, "webhook", h.Name),
		wake: make(chan struct{}, 1), results: make(chan result), delivering: make(map[record.ExecutionID]bool),
	}
	l.target.Store(&target{h, newHTTP(h.Private)})
	d.mu.Lock()
	d.senders[h.ID] = l
	d.mu.Unlock()
	d.subscribe(ctx)
	if d.started && !d.closed {
		d.launch(l)
	}
	return nil
}

// Remove removes a hook: nothing is posted to it once Remove has returned, and its
// deliveries become dead letters. It may not exist.
func (d *Dispatcher) Remove(ctx context.Context, id ID) {
	d.changing.Lock()
	defer d.changing.Unlock()
	l := d.sender(id)
	if l == nil {
		return
	}
	if l.end != nil {
		l.end()
		<-l.ended
	}
	d.mu.Lock()
	delete(d.senders, id)
	d.mu.Unlock()
	d.subscribe(ctx)
}

// subscribe hands the current hooks to the outbox, which stores them later if it cannot
// now. The caller holds changing.
func (d *Dispatcher) subscribe(ctx context.Context) {
	if !d.started || d.closed {
		return
	}
	if err := d.config.Outbox.Subscribe(context.WithoutCancel(ctx), d.hooks(), d.wake); err != nil {
		d.config.Log.Warn("a change of webhooks is recorded as soon as that can be done", "error", err)
	}
}

// hooks returns all hooks, sorted.
func (d *Dispatcher) hooks() []Hook {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var out []Hook
	for _, l := range d.senders {
		out = append(out, l.target.Load().Hook)
	}
	slices.SortFunc(out, func(a, b Hook) int { return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Name, b.Name)) })
	return out
}

// Failing reports of each hook whether its last attempts all failed.
func (d *Dispatcher) Failing() map[ID]bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := make(map[ID]bool)
	for id, l := range d.senders {
		out[id] = l.isDown.Load()
	}
	return out
}

func (d *Dispatcher) sender(id ID) *sender {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.senders[id]
}

// wake has a hook's sender look for due deliveries.
func (d *Dispatcher) wake(hook ID) {
	if l := d.sender(hook); l != nil {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// Close posts what is due until ctx ends, and keeps the rest in the outbox. It
// may be called more than once. The outbox must still be open.
func (d *Dispatcher) Close(ctx context.Context) {
	d.changing.Lock()
	if !d.closed {
		close(d.draining)
	}
	d.closed = true
	d.changing.Unlock()
	release := context.AfterFunc(ctx, d.stop)
	defer release()
	d.work.Wait()
	d.stop()
}

// DeadLetters returns a hook's dead letters as Outbox does, or ErrNoHook.
func (d *Dispatcher) DeadLetters(ctx context.Context, hook ID, cursor string, limit int) ([]DeadLetter, string, error) {
	if d.sender(hook) == nil {
		return nil, "", ErrNoHook
	}
	return d.config.Outbox.DeadLetters(ctx, hook, cursor, limit)
}

// Redeliver sends dead letters of a hook again, as Outbox does.
func (d *Dispatcher) Redeliver(ctx context.Context, hook ID, id string) (int, error) {
	if d.sender(hook) == nil {
		return 0, ErrNoHook
	}
	return d.config.Outbox.Redeliver(ctx, hook, id)
}
