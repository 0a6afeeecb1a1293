package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"ringflow/internal/egress"
	"ringflow/internal/version"
)

// maxAnswer is how many bytes of a response are read and discarded, so that its
// connection can be used again.
const maxAnswer = 64 << 10

// newHTTP returns the client of one hook. A redirect is followed on the same
// host and only if it keeps the method: what arrives as GET was not delivered.
func newHTTP(private bool) *http.Client {
	client := egress.NewClient(private)
	sameHost := client.CheckRedirect
	client.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if r.Method != http.MethodPost {
			return errors.New("it redirects in a way that would not post again: only 307 and 308 do")
		}
		return sameHost(r, via)
	}
	return client
}

// post makes one attempt. Its error says why the delivery failed, and holds neither a
// secret nor the URL.
func (l *sender) post(ctx context.Context, d Delivery) error {
	to := l.target.Load()
	ctx, cancel := context.WithTimeoutCause(ctx, l.config.Timeout, fmt.Errorf("no answer within %s", l.config.Timeout))
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(d.Body))
	if err != nil {
		return errors.New("the url makes no address")
	}
	request.Header.Set("User-Agent", version.Product())
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(HeaderID, d.ID())
	request.Header.Set(HeaderWebhook, to.Name)
	sign(request.Header, time.Now(), d, to.Secret, to.Previous)
	answer, err := to.http.Do(request)
	if err != nil {
		return egress.Describe(ctx, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return &statusError{status: answer.StatusCode, wait: retryAfter(answer.Header, time.Now())}
	}
	// The status decides; the body cannot change it.
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer)
	return nil
}
