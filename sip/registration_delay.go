package sip

import (
	"math/rand/v2"
	"strings"
	"time"
)

// The limits of registration's timers.
const (
	defaultExpires = time.Hour
	minRefresh     = 2 * time.Second // however short the grant
	maxRefresh     = 24 * time.Hour
)

// backOff is how long the next attempt waits after failures in a row: RFC 5626 §4.5, from
// base up to most.
type backOff struct{ base, most time.Duration }

var (
	// backOffUnavailable is for a registrar that does not respond or cannot serve.
	backOffUnavailable = backOff{30 * time.Second, 5 * time.Minute}
	// backOffRefused is for one that refuses: registrars lock accounts that go on trying.
	backOffRefused = backOff{5 * time.Minute, 30 * time.Minute}
)

// after is the delay after a number of failures in a row, from 1: half of it is fixed, half
// random, so that those who failed together do not come back together.
func (b backOff) after(failures int) time.Duration {
	wait := b.most
	if failures < 16 {
		wait = min(b.most, b.base<<(failures-1))
	}
	return wait/2 + rand.N(wait/2)
}

// refreshAfter is when a binding that was granted for so long is to be refreshed: after 60
// to 80 % of it.
func refreshAfter(granted time.Duration) time.Duration {
	wait := granted*6/10 + rand.N(max(granted*2/10, 1))
	return min(max(wait, minRefresh), maxRefresh)
}

// keepAliveAfter is when the next keep-alive of a flow is due, which the edge proxy wants
// within flowTimer, 0 if it said nothing (RFC 5626 §4.4): after 80 to 100 % of the shorter
// interval. 0: none is sent.
func keepAliveAfter(interval, flowTimer time.Duration) time.Duration {
	if flowTimer > 0 && (interval == 0 || flowTimer < interval) {
		interval = flowTimer
	}
	if interval == 0 {
		return 0
	}
	return interval*8/10 + rand.N(interval*2/10)
}

// retryAfterOf is how long a response wants us to wait (RFC 3261 §20.33), 0 if it does not
// say.
func retryAfterOf(res *response) time.Duration {
	value := strings.TrimSpace(field(res, "retry-after"))
	if end := strings.IndexFunc(value, func(c rune) bool { return c < '0' || c > '9' }); end >= 0 {
		value = value[:end]
	}
	n, ok := number(value)
	if !ok {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxRetryAfter)
}
