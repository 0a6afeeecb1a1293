package record

import "time"

// IdempotencyKey keeps a trigger that is sent again from starting anything again. The
// zero value asks for nothing of that kind.
type IdempotencyKey struct {
	// Key is the sender's name for the request, unique within the account.
	Key string
	// Digest stands for the request as a whole: the same key with another digest
	// is another request, and an error.
	Digest string
}

// IdempotencyKeyLifetime is for how long a key is remembered.
const IdempotencyKeyLifetime = 24 * time.Hour

// RepeatedError is returned by Executions.Accept when the account has used the key
// before: nothing was accepted, and First is what was then. Whether it was the
// same request, First.Once tells.
type RepeatedError struct{ First Execution }

// Error names the execution that exists.
func (e *RepeatedError) Error() string {
	return "the key was used before, for execution " + string(e.First.ID)
}
