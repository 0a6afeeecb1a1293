package api

import "net/http"

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
