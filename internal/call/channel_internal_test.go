package call

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
	"ringflow/sip"
)

func oneChannel() *Account {
	a := &Account{Name: "acme", Trunks: []*Trunk{{Trunk: sip.Trunk{Name: "carrier"}, Channels: 1}}}
	a.prepare()
	return a
}

func TestASecondReleaseOfAChannelPanics(t *testing.T) {
	p := newChannelPool(func(*Trunk) error { return nil })
	c, err := p.claim(t.Context(), oneChannel(), claimOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.release()
	defer func() {
		if recover() == nil {
			t.Error("a channel was released twice")
		}
	}()
	c.release()
}

// A claim that waits ends in every way there is, also while a channel is assigned to it:
// with a channel or an error, never both, and no channel stays in use.
func TestEveryEndOfAWaitForAChannel(t *testing.T) {
	stopped := errors.New("stopped")
	type wait struct {
		pool      *channelPool
		cancel    context.CancelCauseFunc
		abandoned chan struct{}
	}
	for name, c := range map[string]struct {
		end  func(w wait)
		want error // where no channel was assigned; nil: the timeout, which has no error of its own
	}{
		"timeout":   {func(wait) { time.Sleep(time.Minute) }, nil},
		"cancel":    {func(w wait) { w.cancel(stopped) }, stopped},
		"abandoned": {func(w wait) { close(w.abandoned) }, flowengine.ErrHungUp},
		"close":     {func(w wait) { w.pool.close() }, errClosed},
	} {
		for _, order := range []string{"end", "release, end", "end, release"} {
			t.Run(name+": "+order, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					for range 20 { // each select may take another of its ready cases
						p, a := newChannelPool(func(*Trunk) error { return nil }), oneChannel()
						held, err := p.claim(t.Context(), a, claimOptions{})
						if err != nil {
							t.Fatal(err)
						}
						ctx, cancel := context.WithCancelCause(t.Context())
						w := wait{pool: p, cancel: cancel, abandoned: make(chan struct{})}
						done := make(chan struct{})
						go func() {
							defer close(done)
							got, err := p.claim(ctx, a, claimOptions{party: record.PartyContact, wait: time.Minute, abandoned: w.abandoned, queued: func() {}})
							if (got == nil) == (err == nil) || order == "end" && (err == nil || c.want != nil && !errors.Is(err, c.want)) {
								t.Errorf("claimed %v, %v", got, err)
							}
							if got != nil {
								got.release()
							}
						}()
						synctest.Wait()
						switch order {
						case "end":
							c.end(w)
							<-done
							held.release()
						case "release, end":
							held.release()
							c.end(w)
						case "end, release":
							c.end(w)
							held.release()
						}
						<-done
						p.claimed.Wait()
						if n := p.inUseBy(a.Trunks[0]) + p.waiting(); n != 0 {
							t.Errorf("%d channels in use or calls in the queue", n)
						}
						cancel(nil)
					}
				})
			})
		}
	}
}
