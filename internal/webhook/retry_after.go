package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

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
