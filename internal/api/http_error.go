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
	{flowengine.ErrFunctionsBusy, httpError{status: http.StatusServiceUnavailable, code: codeUnavailable, message: "unavailable",
		description: "the server is busy looking at other functions, nothing was changed", retryAfter: retryUnavailable, intended: true}},
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
	var cannotRun *flowengine.CannotRunError
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
	case errors.As(err, &cannotRun):
		return &httpError{status: http.StatusInternalServerError, code: codeInternal, message: "internal error",
			description: "the published version of the flow cannot run any more, correct it and publish it again: " + cannotRun.Error()}
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

// Codes of errors. Clients should branch on the status; the code distinguishes errors of
// one status.
const (
	codeBody         = "0200001"
	codeArgument     = "0200002"
	codeUnauthorized = "0200011"
	codeForbidden    = "0200013"
	codeNoFlow       = "0200014"
	codeNotPublished = "0200015"
	codeNotFound     = "0200016"
	codeMethod       = "0200018"
	codeConflict     = "0200019"
	codeChanged      = "0200020"
	codeTooLarge     = "0200023"
	codeTooMany      = "0200029"
	codeInternal     = "0200030"
	codeUnavailable  = "0200033"
)

// Seconds of Retry-After.
const (
	retryUnavailable   = 1
	retryQueueFull     = 10
	retryWhenDraining  = 5
	retryManyScheduled = 60
)

// code is a row of the table of codes.
type code struct {
	Code   string
	Status int
	Doc    string
	Todo   string // what a client does about it
}

// codes are all codes, for the manual; a test holds the answers to it.
func codes() []code {
	return []code{
		{codeBody, http.StatusBadRequest, "The body is empty, did not arrive whole, or is not what is asked for: one JSON object, or a sound file.",
			"Mend the body; `description` says where it stops being JSON."},
		{codeArgument, http.StatusBadRequest, "An argument, a parameter or a header field has a bad value; `fields` says which.",
			"Mend what `fields` names and send it again."},
		{codeUnauthorized, http.StatusUnauthorized, "The token is missing, unknown or expired.",
			"Get a token and send the request again, once."},
		{codeForbidden, http.StatusForbidden, "The token lacks the scope, or its client may not start the flow.",
			"Ask for the scope with the token; what the client may have and start, the configuration says."},
		{codeNoFlow, http.StatusNotFound, "The account has no such flow or version.",
			"Look at `GET /v1/flows`."},
		{codeNotPublished, http.StatusNotFound, "The flow has no published version.",
			"Publish the flow."},
		{codeNotFound, http.StatusNotFound, "The account has no such execution, call, leg, draft, prompt, report job, webhook or dead letter, or the path is unknown.",
			"Nothing: it is gone, or never was the account's."},
		{codeMethod, http.StatusMethodNotAllowed, "The resource does not know the method; `Allow` says which it knows.",
			"Use one that `Allow` names."},
		{codeConflict, http.StatusConflict, "An Idempotency-Key was used for another request, the draft was changed while it was published, the flow has errors or executions that have not ended, or belongs to the configuration, the execution or the leg has ended, or the prompt exists, is used or belongs to the configuration.",
			"Read the state again and decide anew; the same request would be refused again."},
		{codeChanged, http.StatusPreconditionFailed, "What was to be changed does not have the ETag of If-Match: somebody else has changed it. Or there is one already, and If-None-Match wants none.",
			"Read it again with its new ETag, change that, send it again."},
		{codeTooLarge, http.StatusRequestEntityTooLarge, "The body is too large.",
			"Send less; `description` says how much may be."},
		{codeTooMany, http.StatusTooManyRequests, "The account's rate, its share of event streams, the number of its starts that may wait for their time, or the address's rate of requests without a valid token and of wrong secrets, is used up; `Retry-After` says for how long. Starts that are refused do not use up the account's.",
			"Wait as long as `Retry-After` says."},
		{codeInternal, http.StatusInternalServerError, "A fault of ours, which the log tells more about.",
			"Send it again with the same Idempotency-Key, and tell whoever runs the server."},
		{codeUnavailable, http.StatusServiceUnavailable, "The service is about to stop, or the record cannot be written, or too many of the account's calls wait for a free line; nothing was started. `Retry-After` says when to try again.",
			"Wait as long as `Retry-After` says and send it again, a start with the same Idempotency-Key."},
	}
}
