package webhook

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Pauses after failures.
const (
	firstPause = time.Second
	// longestPause is that of one execution's deliveries while others succeed.
	longestPause = 10 * time.Minute
	// longestDown is that of a hook that is down.
	longestDown = time.Minute
	// downAfter is how many failed attempts in a row make a hook down.
	downAfter = 5
)

// pause is the time before the next attempt after so many that failed: it
// doubles from first to longest, and a quarter of it is left to chance, so that
// what failed together does not come back together.
func pause(first, longest time.Duration, failures int) time.Duration {
	d := min(first<<min(failures-1, 20), longest)
	return d - rand.N(d/4+1)
}

// statusError is an answer other than success.
type statusError struct {
	status int
	wait   time.Duration // asked for by Retry-After, at most longestPause
}

// Error implements error.
func (e *statusError) Error() string { return fmt.Sprintf("it answered %d", e.status) }

// requestedPause is the pause of the response's Retry-After, 0 for none.
func requestedPause(err error) time.Duration {
	var refused *statusError
	if errors.As(err, &refused) {
		return refused.wait
	}
	return 0
}

// retryAfter reads Retry-After (RFC 9110 §10.2.3): seconds, or a date. An
// invalid value means none; longestPause bounds it, as a delivery is given up after a
// day.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, longestPause)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, min(at.Sub(now), longestPause))
	}
	return 0
}
