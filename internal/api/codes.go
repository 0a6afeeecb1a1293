package api

// Codes of refusals. Clients should branch on the status; the code tells apart
// what shares one.
const (
	codeBody          = "0200001" // 400: the body is no JSON object
	codeArgument      = "0200002" // 400: an argument or parameter has a bad value
	codeUnauthorized  = "0200011" // 401
	codeForbidden     = "0200013" // 403
	codeNoFlow        = "0200014" // 404
	codeNotPublished  = "0200015" // 404
	codeNotFound      = "0200016" // 404: anything but a flow
	codeMethod        = "0200018" // 405
	codeConflict      = "0200019" // 409
	codeTooLarge      = "0200023" // 413
	codeTooMany       = "0200029" // 429
	codeInternal      = "0200030" // 500
	codeUnavailable   = "0200033" // 503
	retryUnavailable  = 1         // seconds
	retryWhenDraining = 5         // seconds
)
