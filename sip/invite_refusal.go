package sip

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Refusal is a final refusal of an INVITE of ours.
type Refusal struct {
	Code        int
	Reason      string // the reason phrase
	Explanation Explanation
	// RetryAfter is for how long a 503 asks for no further call (RFC 3261 §21.5.4); 0: it
	// does not.
	RetryAfter time.Duration
}

// Decision is what follows a refusal.
type Decision uint8

const (
	DecideByCode Decision = iota // as the code says, see Refusal.failsOver
	DecideNext                   // the next target, or another trunk, if failover is still allowed
	DecideFinal                  // the call ends
)

func refusalOf(res *response) Refusal {
	r := Refusal{Code: res.code, Reason: res.phrase, Explanation: explanationOf(res)}
	if res.code == 503 {
		r.RetryAfter = parseRetryAfter(field(res, "retry-after"))
	}
	return r
}

// parseRetryAfter reads the seconds of a Retry-After header field (RFC 3261 §20.33), which a
// comment and parameters may follow; 0: there are none.
func parseRetryAfter(value string) time.Duration {
	digits := strings.TrimLeft(value, " \t")
	if end := strings.IndexFunc(digits, func(c rune) bool { return c < '0' || c > '9' }); end >= 0 {
		digits = digits[:end]
	}
	seconds, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// failsOver says whether a refusal is the machine's: a 5xx, or a 408, which a proxy sends for a
// server that does not answer. A person's refusal is final, and so is a network's, whatever a
// gateway made of its code.
func (r Refusal) failsOver() bool {
	return r.Code == 408 || r.Code >= 500 && r.Code < 600
}

// goesOn decides whether another target may be tried after a refusal.
func (o *outbound) goesOn(r Refusal) bool {
	decision := DecideByCode
	if o.Decide != nil {
		decision = o.Decide(r)
	}
	switch {
	case decision == DecideFinal, blocked(r.Code, r.Reason, r.Explanation), slices.Contains(humanCodes[:], r.Code):
		return false
	case decision == DecideNext:
		return true
	}
	return r.failsOver() && (r.Code != 408 || !o.progress) // behind an 18x, 408 may be a phone's
}

// humanCodes are the refusals of the called person and of the called number, behind which
// another target would ring the same phone.
var humanCodes = [...]int{404, 410, 414, 416, 484, 485, 486, 600, 603, 604, 607, 608}

// IsFinal says whether a code is a refusal of the called person or number, which is never tried
// on another target.
func IsFinal(code int) bool { return slices.Contains(humanCodes[:], code) }

// ErrNoResponse is wrapped by the error of an Attempt that had no response in time.
var ErrNoResponse = errTimeout
