package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"ringflow/flowengine/record"
	"ringflow/internal/auth"
)

// Limits of failed authentications, by where they come from. They are wide: a
// guess at 256 random bits is hopeless, and many clients may share an address.
// What is right is never refused for what was wrong before: beyond the limit it
// may be delayed, see pacer, and what is wrong then is answered 429
// instead of 401.
var failureRate = Rate{PerSecond: 10, Burst: 100}

// failureSource is where a failed authentication comes from. Client is set where
// secrets can be guessed, so that guessing at one client's locks out no other
// behind the same proxy.
type failureSource struct {
	address netip.Addr
	client  string
}

// authorise sets the principal of a request, and checks that it has one of the scopes.
func (a *api) authorise(req *request) error {
	scopes := req.route.scopes
	bearer, problem := bearerOf(req.Request)
	from := failureSource{address: addressOf(req.RemoteAddr)}
	if problem == "" {
		if auth.TokenForm(bearer) && !a.config.Issuer.Remembers(bearer) && !a.failures.charge(from, failureRate, 0).ok {
			if err := a.guesses.wait(req.Context(), from); err != nil { // it costs a query
				return err
			}
		}
		p, err := a.config.Issuer.Verify(req.Context(), bearer)
		switch {
		case err == nil:
			if req.Principal = p; slices.ContainsFunc(scopes, p.May) {
				return nil
			}
			scope := strings.Join(scopes, " or ")
			return &httpError{status: http.StatusForbidden, code: codeForbidden, message: "forbidden",
				description: "the token lacks the scope " + scope,
				challenge:   fmt.Sprintf(`Bearer realm="ringflow", error="insufficient_scope", scope="%s"`, scopes[0])}
		case errors.Is(err, auth.ErrNoToken), errors.Is(err, auth.ErrTokenExpired), errors.Is(err, auth.ErrClientGone):
			problem = err.Error()
		default:
			return fmt.Errorf("%w: %w", record.ErrUnavailable, err)
		}
	}
	// A token of our form has expired, or is as good as never guessed: 401 has its
	// client get another.
	if wait := a.failures.charge(from, failureRate, 1); !wait.ok && !auth.TokenForm(bearer) {
		return tooMany(wait, "too many requests without a valid token")
	}
	challenge := `Bearer realm="ringflow"`
	if problem != missingToken {
		challenge += `, error="invalid_token", error_description="` + problem + `"`
	}
	return &httpError{status: http.StatusUnauthorized, code: codeUnauthorized, message: "unauthorized", description: problem, challenge: challenge}
}

// stillAuthorised reports whether authorise would allow the request now. An error of the
// record changes nothing.
func (a *api) stillAuthorised(req *request) bool {
	bearer, _ := bearerOf(req.Request)
	p, err := a.config.Issuer.Verify(req.Context(), bearer)
	switch {
	case err == nil:
		return slices.ContainsFunc(req.route.scopes, p.May)
	case errors.Is(err, auth.ErrNoToken), errors.Is(err, auth.ErrTokenExpired), errors.Is(err, auth.ErrClientGone):
		return false
	}
	return true
}

const missingToken = "an access token is missing: send Authorization: Bearer <token>"

// bearerOf returns the token of a request, or what is wrong with its header
// field. A token in the query is none: queries end up in logs.
func bearerOf(r *http.Request) (token, problem string) {
	fields := r.Header.Values("Authorization")
	if len(fields) > 1 {
		return "", "more than one Authorization header field"
	}
	if len(fields) == 0 {
		return "", missingToken
	}
	scheme, token, _ := strings.Cut(fields[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", "the scheme of Authorization must be Bearer"
	}
	if token = strings.TrimSpace(token); token == "" {
		return "", missingToken
	}
	return token, ""
}

// addressOf returns where a connection comes from; of an IPv6 address the half
// that one subscriber holds.
func addressOf(remote string) netip.Addr {
	from, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	address := from.Addr().Unmap().WithZone("")
	if address.Is4() {
		return address
	}
	half, err := address.Prefix(64)
	if err != nil {
		return address
	}
	return half.Addr()
}

func tooMany(w bucketState, description string) *httpError {
	return &httpError{status: http.StatusTooManyRequests, code: codeTooMany, message: "too many requests",
		description: description, retryAfter: w.retryAfter()}
}
