package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"ringflow.test/apitest"
	"ringflow/internal/api"
	"ringflow/internal/auth"
)

// broken is an issuer that fails, or worse.
type broken struct {
	api.Issuer
	err error // nil: it panics
}

func (b broken) Verify(context.Context, string) (auth.Principal, error) {
	if b.err == nil {
		panic("broken")
	}
	return auth.Principal{}, b.err
}

func (b broken) Token(context.Context, auth.Request) (auth.Token, error) {
	_, err := b.Verify(context.Background(), "")
	return auth.Token{}, err
}

// Every route that can break answers as the document says: 503 when the record
// cannot be read, 500 when a part of ours breaks.
func TestEveryRouteMayFail(t *testing.T) {
	for _, c := range []struct {
		issuer broken
		ready  error
		status int
	}{{broken{err: errors.New("disk on fire")}, errors.New("disk on fire"), 503}, {broken{}, nil, 500}} {
		w := newWorld(t, func(config *api.Config) {
			config.Issuer = c.issuer
			config.Ready = func() error { return c.ready }
		})
		m := apitest.NewMaker(1)
		for _, o := range documentOf(t, w.handler).Operations {
			if _, documented := o.Responses[fmt.Sprint(c.status)]; !documented || len(o.Security) == 0 && o.Path != "/oauth/token" && (o.Path != "/readyz" || c.ready == nil) {
				continue // it asks nobody
			}
			r := httptest.NewRequest(o.Method, m.Valid(o).Path(), nil)
			r.Header.Set("Authorization", "Bearer x")
			if o.Path == "/oauth/token" {
				r.SetBasicAuth("a", "b")
			}
			answer := httptest.NewRecorder()
			w.handler.ServeHTTP(answer, r)
			conforms(t, w.handler, o.Method, r.URL.EscapedPath(), answer)
			if answer.Code != c.status {
				t.Errorf("%s %s: %d %s, want %d", o.Method, o.Path, answer.Code, answer.Body, c.status)
			}
		}
	}
}
