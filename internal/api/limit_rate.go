package api

import (
	"math"
	"sync"
	"time"

	"ringflow/internal/keyed"
)

// maxBuckets bounds what a limiter remembers; one entry is about 100 bytes.
const maxBuckets = 20_000

// limiter holds one token bucket per key. The zero value is ready, and its
// methods may be called by several goroutines.
type limiter[K comparable] struct {
	mu      sync.Mutex
	buckets map[K]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time // when tokens was right
}

// bucketState is the state of a bucket after a request.
type bucketState struct {
	ok        bool
	remaining int           // requests that would be allowed now
	next      time.Duration // until one more is allowed, 0 if remaining is not
	full      time.Duration // until the bucket is full
}

// retryAfter is the wait in seconds for Retry-After: whole, and at least 1.
func (w bucketState) retryAfter() int { return max(1, ceilSeconds(w.next)) }

// burst returns how many requests the rate lets through at once.
func (r Rate) burst() float64 {
	if r.Burst > 0 {
		return float64(r.Burst)
	}
	return math.Max(1, math.Ceil(r.PerSecond))
}

// charge at the cost of 1 takes a token of the key's bucket, or says how long to wait; at
// 0 it takes none, and at -1 it returns the token of a request that failed. A rate of 0
// allows everything.
func (l *limiter[K]) charge(key K, rate Rate, cost float64) bucketState {
	if rate.PerSecond <= 0 {
		return bucketState{ok: true, remaining: math.MaxInt32}
	}
	burst, now := rate.burst(), time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[key]
	if b == nil {
		b = &bucket{tokens: burst, at: now}
		if l.buckets == nil {
			l.buckets = make(map[K]*bucket)
		}
		// Where there are too many, those that are full again are dropped first, which
		// changes nothing, and if none is, all.
		full := func(b *bucket) bool { return b.tokens+now.Sub(b.at).Seconds()*rate.PerSecond >= burst }
		if !keyed.MakeRoom(l.buckets, maxBuckets, full) {
			clear(l.buckets)
		}
		l.buckets[key] = b
	}
	b.tokens = math.Min(burst, b.tokens+now.Sub(b.at).Seconds()*rate.PerSecond)
	b.at = now
	w := bucketState{ok: b.tokens >= 1}
	if w.ok || cost < 0 {
		b.tokens = math.Min(burst, b.tokens-cost)
	}
	after := func(tokens float64) time.Duration {
		return time.Duration(math.Ceil(math.Max(0, tokens-b.tokens) / rate.PerSecond * float64(time.Second)))
	}
	w.remaining, w.next, w.full = int(b.tokens), after(1), after(burst)
	return w
}

// ceilSeconds rounds up to whole seconds.
func ceilSeconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
