package call

import (
	"fmt"
	"sync/atomic"
	"time"
)

// trunkLoad is what a trunk carries, and when it takes the next call. Guarded by the
// channelPool's mu.
type trunkLoad struct {
	inUse   int
	next    time.Time   // no call starts before
	backOff int         // how often in a row a limit of the carrier's was reached
	raised  time.Time   // when it was last
	resting atomic.Bool // backOff is not 0; read without mu
	waits   Distribution
}

// The time from one start to the next while a limit of the carrier's is reached.
const (
	backOffShort = time.Second
	backOffLong  = 32 * time.Second
)

func newTrunkLoad() *trunkLoad {
	return &trunkLoad{waits: Distribution{Bounds: []float64{0, .1, .5, 1, 2, 5, 15, 60}}}
}

// interval is the time from one start of a call to the next.
func (t *Trunk) interval() time.Duration {
	if t.CallsPerSecond == 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / t.CallsPerSecond)
}

// refusal is why the trunk takes no call now, and when its interval lets one start; an empty text: it
// takes one.
func (l *trunkLoad) refusal(t *Trunk, now time.Time) (why string, next time.Time) {
	switch {
	case t.Channels != 0 && l.inUse >= t.Channels:
		return fmt.Sprintf("%d of %d channels in use", l.inUse, t.Channels), time.Time{}
	case now.Before(l.next) && l.backOff > 0:
		return "a limit of the carrier's is reached", l.next
	case now.Before(l.next):
		return fmt.Sprintf("calls_per_second %g is used up", t.CallsPerSecond), l.next
	}
	return "", time.Time{}
}

// rest is the time from one start to the next for the limit of the carrier's.
func (l *trunkLoad) rest() time.Duration {
	if l.backOff == 0 {
		return 0
	}
	return min(backOffShort<<min(l.backOff-1, 8), backOffLong)
}

// start takes a call that has waited for so long.
func (l *trunkLoad) start(t *Trunk, now time.Time, waited time.Duration) {
	l.inUse++
	l.next = now.Add(max(t.interval(), l.rest()))
	l.waits.add(waited.Seconds())
}
