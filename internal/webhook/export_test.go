package webhook

import "net/http"

// UseTransport has all hooks' requests carried by rt instead of the network. Call it
// before Start.
func (d *Dispatcher) UseTransport(rt http.RoundTripper) {
	for _, l := range d.senders {
		l.target.Load().http.Transport = rt
	}
}

// Pause is the time before an attempt.
var Pause = pause

// RetryAfter is the pause that an answer asks for.
var RetryAfter = retryAfter
