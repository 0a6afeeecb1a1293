package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/prompt"
	"ringflow/internal/resource"
	"ringflow/internal/webhook"
)

// httpError is a response other than success. Handlers return it, and writeError writes
// it.
type httpError struct {
	status      int
	code        string
	message     string
	description string
	fields      []flowfile.FieldError
	// retryAfter is in seconds, 0 for none.
	retryAfter int
	// challenge is the WWW-Authenticate header field, "" for none.
	challenge string
	// intended says that a status of 500 and more is no fault: the service is about to
	// stop.
	intended bool
	// reason is for the log alone; without one, the description is.
	reason string
	// oauth has it written in the manner of OAuth, which differs from ours.
	oauth bool
}

// Error gives what the log needs.
func (r *httpError) Error() string {
	if r.reason == "" && r.description != "" {
		return r.message + ": " + r.description
	}
	return cmp.Or(r.reason, r.message)
}

// errorBody is how a refusal is written.
type errorBody struct {
	Code        string       `json:"code"`
	Message     string       `json:"message"`
	Description string       `json:"description,omitempty"`
	Fields      []errorField `json:"fields,omitempty"`
}

type errorField struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

func (r *httpError) write(w http.ResponseWriter) {
	h := w.Header()
	if r.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(r.retryAfter))
	}
	if r.challenge != "" {
		h.Set("WWW-Authenticate", r.challenge)
	}
	if r.oauth {
		writeJSON(w, r.status, tokenRefusalBody{r.code, r.description})
		return
	}
	body := errorBody{Code: r.code, Message: r.message, Description: r.description}
	for _, f := range r.fields {
		body.Fields = append(body.Fields, errorField{f.Name, f.Description})
	}
	writeJSON(w, r.status, body)
}

// sentinels are the errors of other packages that have a response of their own.
var sentinels = []struct {
	err     error
	refusal httpError
}{
	{record.ErrNoFlow, httpError{status: http.StatusNotFound, code: codeNoFlow, message: "flow not found"}},
	{record.ErrNoDraft, *notFound("draft")},
	{record.ErrChanged, *conflict("somebody else has changed it in the meantime: read it again")},
	{record.ErrNotPublished, httpError{status: http.StatusNotFound, code: codeNotPublished, message: "flow not published", description: "the flow has no published version"}},
	{record.ErrNoReportJob, *notFound("report job")},
	{prompt.ErrNotFound, *notFound("prompt")},
	{webhook.ErrNoHook, *notFound("webhook")},
	{webhook.ErrNoDeadLetter, *notFound("dead letter")},
	{resource.ErrChanged, *preconditionFailed()},
	{record.ErrNoExecution, *notFound("execution")},
	{context.Canceled, httpError{status: http.StatusServiceUnavailable, code: codeUnavailable, message: "unavailable", retryAfter: retryUnavailable,
		intended: true, reason: "the client has gone: "}},
	{flowengine.ErrDraining, httpError{status: http.StatusServiceUnavailable, code: codeUnavailable, message: "unavailable",
		description: "no new work is taken, the service is about to stop", retryAfter: retryWhenDraining, intended: true}},
	{flowengine.ErrManyScheduled, httpError{status: http.StatusTooManyRequests, code: codeTooMany, message: "too many requests",
		description: "as many of the account's starts wait for their time as may, nothing was started", retryAfter: retryManyScheduled}},
	{flowengine.ErrQueueFull, httpError{status: http.StatusServiceUnavailable, code: codeUnavailable, message: "unavailable",
		description: "too many of the account's calls wait for a free line, nothing was started", retryAfter: retryQueueFull, intended: true}},
	{record.ErrUnavailable, httpError{status: http.StatusServiceUnavailable, code: codeUnavailable, message: "unavailable",
		description: "the request cannot be recorded now, nothing was started or changed", retryAfter: retryUnavailable}},
}

// conflicts are the errors of other packages that are a conflict, and say which.
var conflicts = []error{prompt.ErrExists, prompt.ErrReadOnly, resource.ErrFixed, resource.ErrTooMany, resource.ErrNamedSecret}

// httpErrorOf returns the response of an error. Any other error is a fault of the
// server: 500 without details.
func httpErrorOf(err error) *httpError {
	var r *httpError
	var argument *flowengine.ArgumentError
	var alias *flowfile.AliasError
	var inUse *record.InUseError
	var tooLarge *http.MaxBytesError
	var audio *prompt.AudioError
	switch {
	case errors.As(err, &r):
		return r
	case errors.As(err, &argument):
		return &httpError{status: http.StatusBadRequest, code: codeArgument, message: "bad argument",
			description: "at least one argument has a value that the flow cannot take", fields: argument.Fields, reason: err.Error()}
	case errors.As(err, &tooLarge):
		return &httpError{status: http.StatusRequestEntityTooLarge, code: codeTooLarge, message: "request too large",
			description: "the body may have " + strconv.FormatInt(tooLarge.Limit, 10) + " bytes"}
	case errors.As(err, &inUse):
		return conflict(inUse.Error())
	case errors.As(err, &alias):
		return conflict(alias.Error())
	case errors.As(err, &audio):
		return invalidAudio(audio.Error())
	case slices.ContainsFunc(conflicts, func(one error) bool { return errors.Is(err, one) }):
		return conflict(err.Error())
	case errors.Is(err, record.ErrBadCursor):
		return badParameter("cursor", err.Error())
	}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			reply := s.refusal
			if reply.status >= http.StatusInternalServerError && s.err != flowengine.ErrDraining {
				reply.reason += err.Error() // for the log alone
			}
			return &reply
		}
	}
	return &httpError{status: http.StatusInternalServerError, code: codeInternal, message: "internal error", reason: err.Error()}
}

func conflict(description string) *httpError {
	return &httpError{status: http.StatusConflict, code: codeConflict, message: "conflict", description: description}
}

// inUse refuses to delete what others use.
func inUse(description, what string, users []string) *httpError {
	r := conflict(description)
	for _, u := range users {
		r.fields = append(r.fields, flowfile.FieldError{Name: u, Description: "uses the " + what})
	}
	return r
}

// notFound says that the account has no such thing.
func notFound(what string) *httpError {
	return &httpError{status: http.StatusNotFound, code: codeNotFound, message: what + " not found"}
}

// badParameter refuses a request for one part of its query or header.
func badParameter(name, rule string) *httpError {
	return &httpError{status: http.StatusBadRequest, code: codeArgument, message: "bad parameter", description: name + ": " + rule,
		fields: []flowfile.FieldError{{Name: name, Description: rule}}}
}
