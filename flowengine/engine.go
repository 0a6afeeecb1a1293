package flowengine

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// EngineConfig is what an Engine works with.
type EngineConfig struct {
	Components []flowfile.Component
	Dialer     Dialer
	// HangUpLimit is how long Dialer.Dial and Contact.Connect may take to return after
	// their ctx has ended: a far end need not respond to a hang-up. 0: no longer than any
	// other step.
	HangUpLimit time.Duration
	Versions    Versions
	Executions  Executions
	Counters    Counters    // nil: counters end with the engine
	Prepare     Preparer    // nil: audio is rendered when it is played
	Connections Connections // nil: no account has a connection
	Functions   Functions   // nil: functions cannot run
	// Function returns the account's function of the name as it is now, false if there
	// is none. nil: no account has a function.
	Function func(account, name string) (flowfile.Function, bool)
	// Admit decides whether an account may start more work: nil, or ErrQueueFull with what
	// is full. It is called before an execution that begins at once is accepted, and never
	// for one that was accepted. nil: any work is admitted.
	Admit func(account string) error
	// MaxScheduled is how many executions of an account may wait for their time;
	// 0: no limit. nil: none for any account.
	MaxScheduled func(account string) int
	Log          *slog.Logger // nil: discarded
	// WallClock is the clock that says when executions may begin and stamps their
	// events. It may be set at any time: no duration comes from it. nil: time.Now.
	WallClock func() time.Time
	// Observe gets each event of each execution, in the order of its journal.
	// It must not block. May be nil.
	Observe func(record.ExecutionID, record.Event)
}

// Engine runs flows, each execution in a goroutine that Drain waits for. Its methods may
// be called by several goroutines.
type Engine struct {
	config   EngineConfig
	log      *slog.Logger
	wall     func() time.Time
	programs programs
	// beginning ends when the engine drains: then no execution waits until its begin
	// can be stored.
	beginning    context.Context
	endBeginning context.CancelFunc
	ended        map[record.Status]*atomic.Uint64 // executions that have ended since the start

	mu        sync.Mutex // guards what follows
	draining  bool
	stopping  bool // what runs is cancelled, and what has not begun never begins
	live      map[record.ExecutionID]*execution
	scheduled map[record.ExecutionID]*scheduled
	waiting   map[string]int // of scheduled, and those that are just being accepted, by account
	counters  map[stepKey]*stepCounters
	work      sync.WaitGroup // one for each call of Start and each live execution
}

// NewEngine returns an Engine that runs nothing yet.
func NewEngine(c EngineConfig) *Engine {
	e := &Engine{config: c, log: c.Log, live: map[record.ExecutionID]*execution{}, scheduled: map[record.ExecutionID]*scheduled{}, waiting: map[string]int{}, counters: map[stepKey]*stepCounters{},
		ended: map[record.Status]*atomic.Uint64{record.StatusFinished: {}, record.StatusFailed: {}, record.StatusCancelled: {}}}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.beginning, e.endBeginning = context.WithCancel(context.Background())
	if e.wall = c.WallClock; e.wall == nil {
		e.wall = time.Now
	}
	e.programs = programs{byName: flowfile.ComponentsByName(c.Components), cache: map[string]func() (*program, error){}}
	return e
}

// CannotRunError is why a published version cannot run: a release before let a mistake
// pass that this one finds.
type CannotRunError struct{ Mistake error }

// Error implements error.
func (e *CannotRunError) Error() string { return e.Mistake.Error() }

// Unwrap returns the mistake.
func (e *CannotRunError) Unwrap() error { return e.Mistake }

// Start accepts one execution and runs it. When it returns nil, the execution
// is durable and under way, on the version that was published at that moment.
// It returns ErrNoFlow, ErrNotPublished, ErrUnavailable, ErrDraining, ErrQueueFull,
// ErrManyScheduled, an *ArgumentError, a *RepeatedError or a *CannotRunError.
func (e *Engine) Start(ctx context.Context, t Trigger) (record.Execution, error) {
	if !e.enter() {
		return record.Execution{}, ErrDraining
	}
	defer e.work.Done()
	v, err := e.config.Versions.Published(ctx, t.Account, t.FlowID)
	if err != nil {
		return record.Execution{}, fmt.Errorf("find the published version: %w", err)
	}
	p, err := e.programs.of(v)()
	if err != nil {
		return record.Execution{}, &CannotRunError{err}
	}
	if err := p.checkArguments(t); err != nil {
		return record.Execution{}, err
	}
	x := record.Execution{
		ID: record.ExecutionID(newID()), InteractionID: newID(), Account: t.Account, FlowID: v.FlowID, VersionID: v.ID,
		Arguments: t.recordedArguments(), AcceptedAt: e.wall(), IdempotencyKey: t.IdempotencyKey, StartAt: t.StartAt, CallingHours: t.CallingHours,
	}
	begin, err := x.NextBegin(x.AcceptedAt)
	if err != nil {
		return record.Execution{}, fmt.Errorf("calling hours: %w", err)
	}
	if begin.After(x.AcceptedAt) {
		x.StartAt = begin.UTC()
		return x, e.acceptLater(ctx, x)
	}
	if e.config.Admit != nil {
		if err := e.config.Admit(t.Account); err != nil {
			return record.Execution{}, err
		}
	}
	run := e.execution(x, p)
	if err := run.acceptAndBegin(ctx); err != nil {
		run.stop(errEnded)
		return record.Execution{}, fmt.Errorf("accept: %w", err)
	}
	e.run(run)
	return x, nil
}

// acceptLater accepts an execution that is to begin at its StartAt. The
// slot that is reserved becomes its own.
func (e *Engine) acceptLater(ctx context.Context, x record.Execution) error {
	if err := e.reserve(x.Account); err != nil {
		return err
	}
	err := e.config.Executions.Accept(ctx, x)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.release(x.Account)
	if err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	e.schedule(x, x.StartAt)
	return nil
}

// newID returns 32 lower-case hex digits: the milliseconds since 1970, then 80
// random bits. Ids made at the same time stand side by side in the index of a
// database, where random ones would touch a page each.
func newID() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(time.Now().UnixMilli())<<16)
	rand.Read(b[6:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// enter adds one caller to work, unless the engine drains.
func (e *Engine) enter() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.draining {
		return false
	}
	e.work.Add(1)
	return true
}

// add makes an execution live, which the caller runs once e.mu, which is held, is unlocked.
// The caller has entered, or the engine does not drain.
func (e *Engine) add(x *execution) {
	e.live[x.ID] = x
	e.work.Add(1)
	if e.stopping {
		x.stop(ErrShutdown)
	}
}

// execution makes what is to run. It allocates, as starting a goroutine does, so e.mu is not
// held: for each goroutine that waits for a mutex, Go 1.26 walks the queue of all when it
// shrinks its stack.
func (e *Engine) execution(accepted record.Execution, p *program) *execution {
	ctx, stop := context.WithCancelCause(context.Background())
	x := &execution{
		Execution: accepted, engine: e, program: p, ctx: ctx, stop: stop,
		journal:   &journalWriter{id: accepted.ID, executions: e.config.Executions, observe: e.config.Observe, wall: e.wall, shown: map[string]string{}},
		vars:      variables{values: maps.Clone(p.initial), declared: p.declared},
		entered:   make([]uint8, p.steps),
		beginDone: make(chan struct{}),
		ended:     make(chan struct{}),
	}
	for name := range p.initial {
		x.journal.shown[name] = x.vars.shown(name)
	}
	return x
}

// forget removes an execution that has ended from the live ones, once.
func (e *Engine) forget(x *execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.live[x.ID] == x {
		delete(e.live, x.ID)
		e.work.Done()
	}
}

// Resume runs executions that were accepted before a restart and never begun,
// each on the version that it was accepted with and in its calling hours. One
// whose version cannot run any more ends as failed. When the engine drains they
// stay accepted.
func (e *Engine) Resume(ctx context.Context, xs []record.Execution) {
	for _, x := range xs {
		if !e.enter() {
			e.requeue(x)
			continue
		}
		if !e.scheduleLater(x) {
			if p, err := e.programOf(ctx, x); err != nil {
				e.requeue(x) // the schedule reads it again
			} else {
				e.dispatch(x, p)
			}
		}
		e.work.Done()
	}
}

// requeue schedules an execution that has not begun, in a process that drains for the
// next one. Until it begins it can be cancelled.
func (e *Engine) requeue(x record.Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.schedule(x, e.wall())
}

// Cancel ends an execution with the status cancelled, whether it runs or waits
// for its time; the legs of one that runs end within 100 ms, and it does not wait
// for that. When it returns nil, no restart begins the execution any more: one
// that had not begun is recorded as cancelled. It returns ErrNoExecution if there
// is none of this id for the account, and ErrUnavailable if the record cannot be
// written, in which case nothing was cancelled.
func (e *Engine) Cancel(ctx context.Context, account string, id record.ExecutionID) error {
	e.mu.Lock()
	if s := e.scheduled[id]; s != nil && s.account.Value() == account {
		e.mu.Unlock()
		return e.cancelScheduled(ctx, s)
	}
	x := e.live[id]
	if x == nil || x.Account != account {
		e.mu.Unlock()
		return record.ErrNoExecution
	}
	x.stop(ErrCancelled)
	e.mu.Unlock()
	select {
	case <-x.beginDone:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", record.ErrUnavailable, context.Cause(ctx))
	}
	if x.staysAccepted { // it waits again, because the engine was stopping before
		return e.Cancel(ctx, account, id)
	}
	return x.beginErr
}

// Drain refuses new work and waits for what runs. When ctx ends, it cancels
// what still runs, waits for that too and returns ctx's error if it has ended
// anything that had begun. What was accepted and has not begun by then stays
// accepted. It may be called more than once.
func (e *Engine) Drain(ctx context.Context) error {
	e.mu.Lock()
	e.draining = true
	e.endBeginning()
	for _, s := range e.scheduled { // it waits for the next process
		s.timer.Stop()
	}
	e.mu.Unlock()
	done := make(chan struct{})
	go func() {
		e.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	e.mu.Lock()
	e.stopping = true
	running := slices.Collect(maps.Values(e.live))
	for _, x := range running {
		x.stop(ErrShutdown)
	}
	e.mu.Unlock()
	<-done
	if slices.ContainsFunc(running, func(x *execution) bool { return !x.staysAccepted && context.Cause(x.ctx) == ErrShutdown }) {
		return ctx.Err()
	}
	return nil
}

// Ended returns how many executions have ended since the start, by status.
func (e *Engine) Ended() map[record.Status]uint64 {
	ended := map[record.Status]uint64{}
	for status, n := range e.ended {
		ended[status] = n.Load()
	}
	return ended
}

// Running returns how many executions run now.
func (e *Engine) Running() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.live)
}
