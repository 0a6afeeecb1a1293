package web

import (
	"context"
	"net/http"
)

// NewHTTP returns a client under the rules of this package: no proxy, public
// addresses only unless private, redirects only on the same host, answers'
// headers bounded. The caller bounds time and bodies.
func NewHTTP(private bool) *http.Client { return newHTTP(private) }

// Plain tells what went wrong with a request without its address, in which a
// key may stand. If ctx has ended, that is what went wrong.
func Plain(ctx context.Context, err error) error { return plain(ctx, err) }
