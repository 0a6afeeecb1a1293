package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ringflow/flowengine"
)

// Config is what a Dispatcher works with. Hooks and Outbox are required.
type Config struct {
	Hooks  []Hook
	Outbox Outbox
	// Workers is how many executions a hook is told of at the same time. 0: 8.
	Workers int
	// Timeout bounds one attempt. 0: 10 s.
	Timeout time.Duration
	// FirstPause is the pause after a first failure; it doubles from there. 0: 1 s.
	FirstPause time.Duration
	Log        *slog.Logger // nil: discarded
}

// Dispatcher sends the letters of an outbox to the hooks. Its methods may be
// called by several goroutines. It owns a goroutine for each hook, which Close
// waits for.
type Dispatcher struct {
	config   Config
	lines    map[ID]*line
	ctx      context.Context
	stop     context.CancelFunc
	draining chan struct{}
	work     sync.WaitGroup
	close    sync.Once
}

// New returns a Dispatcher that sends nothing yet. It fails if a hook lacks
// something, and tells which.
func New(c Config) (*Dispatcher, error) {
	if c.Workers == 0 {
		c.Workers = 8
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.FirstPause == 0 {
		c.FirstPause = firstPause
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	d := &Dispatcher{config: c, lines: make(map[ID]*line), draining: make(chan struct{})}
	d.ctx, d.stop = context.WithCancel(context.Background())
	for _, h := range c.Hooks {
		if err := h.Check(); err != nil {
			return nil, err
		}
		if d.lines[h.ID] != nil {
			return nil, fmt.Errorf("webhook %s: the account has two of this name", h.Name)
		}
		d.lines[h.ID] = &line{
			hook: h, outbox: c.Outbox, http: newHTTP(h.Private), log: c.Log.With("account", h.Account, "webhook", h.Name),
			workers: c.Workers, timeout: c.Timeout, first: c.FirstPause,
			kick: make(chan struct{}, 1), results: make(chan result), busy: make(map[flowengine.ExecutionID]bool),
		}
	}
	return d, nil
}

// Start has letters written from now on, and sends them. Call it once, before
// anything is written that hooks are to be told.
func (d *Dispatcher) Start(ctx context.Context) error {
	if err := d.config.Outbox.Subscribe(ctx, d.config.Hooks, d.posted); err != nil {
		return fmt.Errorf("start webhooks: %w", err)
	}
	for _, l := range d.lines {
		d.work.Go(func() { l.run(d.ctx, d.draining) })
	}
	return nil
}

// posted tells a hook's line that something new can be sent.
func (d *Dispatcher) posted(hook ID) {
	if l := d.lines[hook]; l != nil {
		select {
		case l.kick <- struct{}{}:
		default:
		}
	}
}

// Close sends what is due until ctx ends, and leaves the rest in the outbox. It
// may be called more than once. The outbox must still be open.
func (d *Dispatcher) Close(ctx context.Context) {
	d.close.Do(func() { close(d.draining) })
	release := context.AfterFunc(ctx, d.stop)
	defer release()
	d.work.Wait()
	d.stop()
}

// Hooks returns the account's hooks in the order of the configuration, without
// their secrets.
func (d *Dispatcher) Hooks(account string) []Hook {
	var out []Hook
	for _, h := range d.config.Hooks {
		if h.Account == account {
			h.Secret, h.Previous = "", ""
			out = append(out, h)
		}
	}
	return out
}

// Dead returns a hook's dead letters as Outbox does, or ErrNoHook.
func (d *Dispatcher) Dead(ctx context.Context, hook ID, cursor string, limit int) ([]DeadLetter, string, error) {
	if d.lines[hook] == nil {
		return nil, "", ErrNoHook
	}
	return d.config.Outbox.Dead(ctx, hook, cursor, limit)
}

// Redeliver sends dead letters of a hook again, as Outbox does.
func (d *Dispatcher) Redeliver(ctx context.Context, hook ID, id string) (int, error) {
	if d.lines[hook] == nil {
		return 0, ErrNoHook
	}
	return d.config.Outbox.Redeliver(ctx, hook, id)
}
