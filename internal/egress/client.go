package egress

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	maxHeader    = 64 << 10 // bytes of a response's header section
	maxRedirects = 3
)

// NewClient returns an HTTP client that connects to public addresses only unless
// private, bounds the header section of responses, and follows a redirect to the
// same host and scheme alone. It uses no proxy of the environment, which would dial
// in its place. The caller bounds time and bodies.
func NewClient(private bool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer(private).DialContext, TLSHandshakeTimeout: 5 * time.Second, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: maxHeader, MaxIdleConnsPerHost: 16, MaxConnsPerHost: 64, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: sameHost,
	}
}

// sameHost allows a redirect to the host and scheme of the first request, and no
// other: its credentials are for that host alone.
func sameHost(r *http.Request, via []*http.Request) error {
	if first := via[0].URL; r.URL.Host != first.Host || r.URL.Scheme != first.Scheme {
		return errors.New("it redirects to another host")
	}
	if len(via) > maxRedirects {
		return fmt.Errorf("it redirects more than %d times", maxRedirects)
	}
	return nil
}
