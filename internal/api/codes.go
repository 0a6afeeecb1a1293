package api

import "net/http"

// Codes of refusals. Clients should branch on the status; the code tells apart
// what shares one.
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
	retryUnavailable  = 1
	retryWhenDraining = 5
)

// code is a row of the table of codes.
type code struct {
	code   string
	status int
	doc    string
}

// codes are all codes, for the manual; a test holds the answers to it.
func codes() []code {
	return []code{
		{codeBody, http.StatusBadRequest, "The body is empty, did not arrive whole, or is not one JSON object."},
		{codeArgument, http.StatusBadRequest, "An argument, a parameter or a header field has a bad value; `fields` says which."},
		{codeUnauthorized, http.StatusUnauthorized, "The token is missing, unknown or expired."},
		{codeForbidden, http.StatusForbidden, "The token lacks the scope, or its client may not start the flow."},
		{codeNoFlow, http.StatusNotFound, "The account has no such flow or version."},
		{codeNotPublished, http.StatusNotFound, "The flow has no published version."},
		{codeNotFound, http.StatusNotFound, "The account has no such execution, call, leg, draft, prompt, secret, connection, function, webhook, dead letter or report job, or the path is unknown."},
		{codeMethod, http.StatusMethodNotAllowed, "The resource does not know the method; `Allow` says which it knows."},
		{codeConflict, http.StatusConflict, "An Idempotency-Key was used for another request, the draft was changed while it was published, the flow has errors, the execution or the leg has ended, the prompt exists, or what is to be changed is used or stands in the configuration; `fields` says by what it is used."},
		{codeChanged, http.StatusPreconditionFailed, "What was to be changed does not have the ETag of If-Match: somebody else has changed or removed it."},
		{codeTooLarge, http.StatusRequestEntityTooLarge, "The body is too large."},
		{codeTooMany, http.StatusTooManyRequests, "The account's rate, its share of event streams, or the address's rate of requests without a valid token, is used up; `Retry-After` says for how long. Starts that are refused do not use up the account's."},
		{codeInternal, http.StatusInternalServerError, "A fault of ours, which the log tells more about."},
		{codeUnavailable, http.StatusServiceUnavailable, "The service is about to stop, or the record cannot be written; nothing was started. `Retry-After` says when to try again."},
	}
}
