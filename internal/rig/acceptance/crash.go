package acceptance

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/platform"
)

// The durations of a round of the crash test.
const (
	shortestLife  = 100 * time.Millisecond // from ready to the kill
	longestLife   = 2500 * time.Millisecond
	atRecovery    = 0.25 // part of the kills that hit a server which is starting
	repeats       = 20   // orders of before a kill that are posted again after it
	hungUp        = 5    // phones that hang up on a server which has died
	refusedLetter = 0.01 // part of the webhook's posts that its server refuses
	recoveryLimit = 30 * time.Second
)

// crash is a server under load that is killed again and again on one record.
type crash struct {
	*Suite
	server   *platform.Server
	sink     *platform.Sink
	follower *platform.Follower
	journal  *crashJournal
	up       atomic.Bool // the server takes requests
	recovery []time.Duration
	early    int // kills of a server that was not ready yet
	late     int // kills under load
	live     int // calls at the carrier at the kills under load
	repeated int // answers to a repeated order that were compared

	mu    sync.Mutex
	calls map[string][]carrier.Record // by number, of calls that are over
}

// Crash starts the server by the settings' command, pours orders into it without
// a break, and ends it so many times with SIGKILL at moments of chance, some of
// them while it recovers from the one before. The record is the same all along.
func (t *Suite) Crash(ctx context.Context, kills int) {
	c := &crash{Suite: t, journal: newCrashJournal(), calls: map[string][]carrier.Record{}, follower: platform.NewFollower(t.platform)}
	var err error
	if c.sink, err = platform.Listen(t.Sink, refusedLetter); !t.Check(err == nil, "the webhook's server listens (%v)", err) {
		return
	}
	defer c.sink.Close()
	if !c.start(ctx) {
		return
	}
	defer func() { c.server.Kill() }()
	began := time.Now()
	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	following := make(chan struct{})
	beside.Go(func() { c.follow(ctx, following) })
	<-following
	pouring, dry := context.WithCancel(ctx)
	defer dry()
	beside.Go(func() { c.pour(ctx, pouring) })
	for n := 1; n <= kills && ctx.Err() == nil; n++ {
		if !c.round(ctx, n) {
			return
		}
	}
	dry()
	t.Figure("rounds", "%d kills in %s: %d under load, with %d calls live, %d amid a start", kills, time.Since(began).Round(time.Second), c.late, c.live, c.early)
	t.Figure("start to ready", "%s", Distribute(c.recovery))
	c.check(ctx)
}

// start launches the server, waits until it is ready and gets a token.
func (c *crash) start(ctx context.Context) bool {
	server, err := platform.Launch(c.Restart, c.Directory)
	if !c.Check(err == nil, "the server is started (%v)", err) {
		return false
	}
	c.server = server
	if _, err = server.Ready(ctx, c.platform, recoveryLimit); err == nil {
		err = c.platform.Authorize(ctx)
	}
	if !c.Check(err == nil, "the server is ready (%v)", err) {
		server.Kill()
		return false
	}
	c.up.Store(true)
	return true
}

// round kills the server at a moment of chance and starts it again, if chance
// wants it killing that start too.
func (c *crash) round(ctx context.Context, n int) bool {
	if rand.Float64() < atRecovery && len(c.recovery) > 0 {
		c.early++
		c.end()
		usual := Distribute(c.recovery).At(0.5)
		server, err := platform.Launch(c.Restart, c.Directory)
		if err != nil {
			return c.Check(false, "round %d: the server is started: %v", n, err)
		}
		time.Sleep(rand.N(usual * 5 / 4))
		server.Kill()
		return c.revive(ctx, n)
	}
	c.late++
	time.Sleep(shortestLife + rand.N(longestLife-shortestLife))
	c.live += c.carrier.Live()
	c.end()
	return c.revive(ctx, n)
}

// end kills the server.
func (c *crash) end() {
	c.up.Store(false)
	c.server.Kill()
}

// revive starts the server again on what the dead one left. The carrier learns
// of the death as carriers do: a few phones hang up, the others are given up.
func (c *crash) revive(ctx context.Context, n int) bool {
	killed := time.Now()
	server, err := platform.Launch(c.Restart, c.Directory)
	if err != nil {
		return c.Check(false, "round %d: the server is started: %v", n, err)
	}
	c.server = server
	took, err := server.Ready(ctx, c.platform, recoveryLimit)
	if err != nil {
		return c.Check(false, "round %d: the server recovers: %v", n, err)
	}
	c.recovery = append(c.recovery, took)
	c.carrier.Orphan(killed, hungUp)
	c.up.Store(true)
	if n%20 == 0 { // before that, the token of before the kill has to do
		if err := c.platform.Authorize(ctx); err != nil {
			c.Check(false, "round %d: a new token: %v", n, err)
		}
		c.Print("     round %d: ready after %s, %d orders", n, took.Round(time.Millisecond), c.journal.count())
	}
	c.repeat(ctx)
	c.gather()
	return true
}

// repeat posts some orders again that were answered before: the answer must be
// the same.
func (c *crash) repeat(ctx context.Context) {
	for _, o := range c.journal.answered(repeats) {
		a, err := c.platform.StartAs(ctx, o.flow, o.arguments, o.wish)
		switch {
		case err != nil:
			c.Check(false, "an order that was answered 202 is repeated: %v", err)
		case a.ExecutionID != o.accepted.ExecutionID || a.InteractionID != o.accepted.InteractionID || a.VersionID != o.accepted.VersionID:
			c.Check(false, "an order that was answered %s is answered %s when it is repeated", o.accepted.ExecutionID, a.ExecutionID)
		}
		c.repeated++
	}
}

// gather keeps what the carrier has seen of calls that are over.
func (c *crash) gather() {
	records := c.carrier.Take()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range records {
		r.Phone, r.Left = nil, nil // recordings are not checked, and large
		c.calls[r.Number] = append(c.calls[r.Number], r)
	}
}

// follow reads the account's events through every crash.
func (c *crash) follow(ctx context.Context, following chan<- struct{}) {
	var once sync.Once
	for ctx.Err() == nil {
		err := c.follower.Follow(ctx, func() { once.Do(func() { close(following) }) }, c.journal.event)
		var status *platform.StatusError
		if errors.As(err, &status) && status.Status != http.StatusServiceUnavailable && c.up.Load() {
			c.Check(false, "the events after %s arrive: %v", c.follower.Last(), err)
			time.Sleep(time.Second)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
