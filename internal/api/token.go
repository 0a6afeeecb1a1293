package api

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/auth"
)

// tokenPath is where tokens are issued (RFC 6749 §3.2).
const tokenPath = "/oauth/token"

// formMedia is the media type of a form.
const formMedia = "application/x-www-form-urlencoded"

// tokenForm is what a request for a token may hold.
type tokenForm struct {
	GrantType     string `json:"grant_type" doc:"client_credentials"`
	Scope         string `json:"scope,omitempty" doc:"The scopes asked for, separated by spaces; without any, all that the client has."`
	ClientID      string `json:"client_id,omitempty"`
	ClientSecret  string `json:"client_secret,omitempty"`
	AssertionType string `json:"client_assertion_type,omitempty" doc:"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"`
	Assertion     string `json:"client_assertion,omitempty" doc:"A JWT signed by the client's key with ES256, ES384, RS256 or PS256."`
}

// tokenBody is the answer to a request for a token (RFC 6749 §5.1).
type tokenBody struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in" doc:"Seconds."`
	Scope       string `json:"scope"`
}

// tokenRefusalBody is how a token is refused (RFC 6749 §5.2).
type tokenRefusalBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// oauth refuses a request for a token. The reason is for the log.
func oauth(status int, code, description, reason string) *httpError {
	r := &httpError{status: status, code: code, description: describable(description), reason: reason, oauth: true}
	if status == http.StatusUnauthorized {
		r.challenge = `Basic realm="ringflow", charset="UTF-8"` // RFC 7617 §2.1
	}
	return r
}

// describable is a text with what may stand in an error_description alone: ASCII
// without control characters, double quotes and backslashes (RFC 6749 §5.2).
func describable(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '"':
			return '\''
		case c == '\\' || c < ' ' || c > '~':
			return '?'
		}
		return c
	}, text)
}

// token issues a token: POST /oauth/token.
func (a *api) token(req *request) (any, error) {
	req.answer.Header().Set("Pragma", "no-cache")
	asked, err := tokenRequest(req.Request)
	if err != nil {
		return nil, err
	}
	from := failureSource{address: addressOf(req.RemoteAddr), client: claimedClient(asked)}
	if !a.failures.charge(from, failureRate, 0).ok { // it may be right all the same
		if err := a.guesses.wait(req.Context(), from); err != nil {
			return nil, err
		}
	}
	asked.From, asked.Audiences = from.address.String(), a.audiences(req.Request)
	token, err := a.config.Issuer.Token(req.Context(), asked)
	refused, _ := errors.AsType[*auth.Error](err)
	failed := refused != nil && refused.Code == auth.InvalidClient
	if failed {
		if w := a.failures.charge(from, failureRate, 1); !w.ok {
			r := tooMany(w, "too many failed requests for a token")
			r.reason = refused.Error()
			return nil, r
		}
	}
	switch {
	case errors.Is(err, auth.ErrBusy):
		return nil, tooMany(bucketState{next: time.Second}, "too many requests for a token wait to be looked at")
	case refused != nil:
		// RFC 6749 §5.2: 401 is for the Authorization header field and for requests without
		// credentials; in response to a body it would challenge a browser.
		status := http.StatusBadRequest
		if failed && (asked.Basic != nil || !asked.InBody()) {
			status = http.StatusUnauthorized
		}
		return nil, oauth(status, refused.Code, refused.Description, refused.Error())
	case err != nil:
		return nil, fmt.Errorf("%w: %w", record.ErrUnavailable, err)
	}
	return tokenBody{
		AccessToken: token.Access, TokenType: "Bearer",
		ExpiresIn: int(token.ExpiresIn.Seconds()), Scope: strings.Join(token.Scopes, " "),
	}, nil
}

// longestClaim is the longest name that failures are counted under, in bytes:
// longer ones are not remembered.
const longestClaim = 255

// claimedClient returns which client a request says it comes from, for counting
// failures; an assertion, or a name of no client's length, is counted by address
// alone. HTTP Basic takes a name form-encoded too, and of those spellings there
// are very many: they count as the one name that they stand for.
func claimedClient(r auth.Request) string {
	name := r.ClientID
	if r.Assertion != "" {
		return ""
	}
	if r.Basic != nil {
		name = r.Basic.User
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
	}
	if len(name) > longestClaim {
		return ""
	}
	return strings.Clone(name) // a part of the body would keep all of it
}

// tokenRequest reads the form, whatever the Content-Type calls it. Grant type
// and scope may stand in the query, as one client sends them; credentials may
// not, because queries end up in logs.
func tokenRequest(r *http.Request) (auth.Request, error) {
	body, err := io.ReadAll(r.Body)
	switch _, large := errors.AsType[*http.MaxBytesError](err); {
	case large:
		return auth.Request{}, err
	case err != nil:
		return auth.Request{}, malformed("the body did not arrive whole")
	}
	if text := bytes.TrimSpace(body); len(text) > 0 && text[0] == '{' {
		return auth.Request{}, malformed("the body is JSON: send a form (application/x-www-form-urlencoded), such as grant_type=client_credentials")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return auth.Request{}, malformed("the body is not a form (application/x-www-form-urlencoded)")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return auth.Request{}, malformed("the query is malformed")
	}
	for name, values := range form {
		if len(values) > 1 {
			return auth.Request{}, malformed(fmt.Sprintf("%.64q is given more than once", name))
		}
	}
	either := func(name string) string { return cmp.Or(form.Get(name), query.Get(name)) }
	asked := auth.Request{
		GrantType: either("grant_type"), Scope: either("scope"),
		ClientID: form.Get("client_id"), Secret: form.Get("client_secret"),
		AssertionType: form.Get("client_assertion_type"), Assertion: form.Get("client_assertion"),
	}
	if fields := r.Header.Values("Authorization"); len(fields) > 1 {
		return auth.Request{}, malformed("there is more than one Authorization header field")
	} else if len(fields) == 1 {
		user, password, ok := r.BasicAuth()
		if !ok {
			return auth.Request{}, oauth(http.StatusUnauthorized, auth.InvalidClient, "the Authorization header field is not of the scheme Basic", "Authorization is not Basic")
		}
		asked.Basic = &auth.Basic{User: user, Password: password}
	}
	return asked, nil
}

func malformed(description string) error {
	return oauth(http.StatusBadRequest, auth.InvalidRequest, description, description)
}
