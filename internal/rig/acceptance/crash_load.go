package acceptance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/platform"
)

// order is one interaction that a client wants, and what it knows of it.
type order struct {
	flow      string
	arguments map[string]string
	wish      platform.Wish
	accepted  platform.Accepted // the answer, if there was one
	err       error             // of the last attempt, nil once accepted
	refused   bool              // the server refused it by its response
	attempts  int
}

// pour posts orders at the settings' rate until pouring ends, whether the
// server is there or not, and waits until each that can be repeated safely has
// been answered.
func (c *crash) pour(ctx, pouring context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	start := time.Now()
	for i := 0; ; i++ {
		select {
		case <-pouring.Done():
			return
		case <-time.After(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(c.TriggersPerSecond)))):
		}
		o := c.order()
		all.Go(func() {
			c.post(ctx, o)
			c.journal.placed(o)
		})
	}
}

// post posts an order. One with a key is posted until it is answered, as a
// client does that wants it done once; the others get one chance.
func (c *crash) post(ctx context.Context, o *order) {
	for ctx.Err() == nil {
		o.attempts++
		var status *platform.StatusError
		o.accepted, o.err = c.platform.StartAs(ctx, o.flow, o.arguments, o.wish)
		o.refused = errors.As(o.err, &status)
		if o.err == nil || o.wish.Key == "" || o.refused {
			return
		}
		time.Sleep(50*time.Millisecond + rand.N(100*time.Millisecond))
	}
}

// order is the next one: calls of every kind and length, most with a key, some
// for later.
func (c *crash) order() *order {
	quick := carrier.Answers(30 * time.Millisecond)
	quick.Mute = true
	stays := carrier.Answers(50 * time.Millisecond)
	stays.HangupAfter = time.Second + rand.N(4*time.Second)
	stays.Mute = rand.IntN(4) > 0
	rings := carrier.Behaviour{Trying: true, Provisional: 180}
	o := &order{flow: "hangup"}
	first, second := quick, carrier.Behaviour{}
	switch n := rand.IntN(100); {
	case n < 50:
	case n < 60:
		first = rings
	case n < 70:
		first = carrier.Refuses(486)
	case n < 85:
		o.flow, first = "play", stays
	default:
		o.flow, second = "forward", stays
		first.HangupAfter = 6 * time.Second
	}
	o.arguments = map[string]string{"contact_1": c.number(first)}
	if o.flow == "forward" {
		o.arguments["contact_2"] = c.number(second)
	}
	if rand.IntN(10) < 7 {
		o.wish.Key = fmt.Sprintf("%016x", rand.Uint64())
	}
	if rand.IntN(10) == 0 {
		o.wish.StartAt = time.Now().Add(500*time.Millisecond + rand.N(6*time.Second))
	}
	return o
}
