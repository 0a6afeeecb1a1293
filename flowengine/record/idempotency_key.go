package record

import "time"

// IdempotencyKey makes a repeated trigger start nothing. The zero value is none.
type IdempotencyKey struct {
	// Key is the sender's name for the request, unique within the account.
	Key string
	// Digest is of the whole request: the same key with another digest is another
	// request, and an error.
	Digest string
}

// IdempotencyKeyLifetime is for how long a key is stored.
const IdempotencyKeyLifetime = 24 * time.Hour

// RepeatedError is returned by Executions.Accept when the account has used the key
// before: nothing was accepted, and First is what was then. First.IdempotencyKey says
// whether it was the same request.
type RepeatedError struct{ First Execution }

// Error names the execution that exists.
func (e *RepeatedError) Error() string {
	return "the key was used before, for execution " + string(e.First.ID)
}
